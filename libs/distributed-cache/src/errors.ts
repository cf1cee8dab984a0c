/**
 * Every failure this library raises, so that `catch` can ask for one base class and then for `code`.
 *
 * A message says what failed, where, and how to mend it. It never holds a password or a cached value.
 *
 * @publicApi
 */
export class DistributedCacheError extends Error {
  /** Stable, machine-readable name of the failure, e.g. `'INVALID_KEY'`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/**
 * The connection string cannot be understood, or asks for something that is not supported.
 * The message names the key and what is allowed; it never repeats a secret.
 *
 * @publicApi
 */
export class InvalidConnectionStringError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_CONNECTION_STRING', message, options);
  }
}

/**
 * An option of the module, of a region or of a decorator is not allowed. The message names it, its value and what is allowed.
 *
 * @publicApi
 */
export class InvalidOptionsError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_OPTIONS', message, options);
  }
}

/**
 * Redis could not be reached at boot and `abortConnect` forbids to start without it.
 *
 * @publicApi
 */
export class RedisUnavailableError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('REDIS_UNAVAILABLE', message, options);
  }
}

/**
 * With `onUndelivered: 'throw'`: the invalidation is not known to be in the log yet, or, with `minReplicas`, on enough replicas. It was
 * applied here; what is not in the log is kept in the outbox and will be delivered later.
 *
 * @publicApi
 */
export class InvalidationNotDeliveredError extends DistributedCacheError {
  /** What the decorated method returned: it **has** succeeded. `undefined` when no method was involved. */
  result: unknown;

  constructor(message: string, options?: ErrorOptions) {
    super('INVALIDATION_NOT_DELIVERED', message, options);
  }
}

/**
 * An eviction everywhere could not be confirmed in time: an instance may still serve the old value, for at most its `maxStaleness`
 * after the invalidation enters the log. It was applied here and will be delivered.
 *
 * @publicApi
 */
export class InvalidationNotConfirmedError extends DistributedCacheError {
  /** The ids of the instances that may still serve the old value. Empty while the log does not have it: then any may. */
  readonly missing: readonly string[];
  /** What the decorated method returned: it **has** succeeded. `undefined` when no method was involved. */
  result: unknown;

  constructor(message: string, { missing = [], ...options }: ErrorOptions & { missing?: readonly string[] } = {}) {
    super('INVALIDATION_NOT_CONFIRMED', message, options);
    this.missing = missing;
  }
}

/**
 * A decorated method runs on an instance that holds no cache, or something that is not one.
 *
 * @publicApi
 */
export class CacheNotInjectedError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('CACHE_NOT_INJECTED', message, options);
  }
}

/**
 * A key, tag or region name that cannot be used, or an argument that no default key can be made of.
 *
 * @publicApi
 */
export class InvalidKeyError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_KEY', message, options);
  }
}

/**
 * The cache was shut down; what was asked for could no longer reach the other instances.
 *
 * @publicApi
 */
export class CacheClosedError extends DistributedCacheError {
  /** What the decorated method returned: it **has** succeeded. `undefined` when no method was involved. */
  result: unknown;

  constructor(message: string, options?: ErrorOptions) {
    super('CACHE_CLOSED', message, options);
  }
}
