/**
 * The base class of every error that this library throws.
 *
 * The message says what failed, where, and what to do about it. It never contains a password or a cached value.
 *
 * ```ts
 * if (error instanceof DistributedCacheError && error.code === 'INVALIDATION_NOT_DELIVERED') { … }
 * ```
 *
 * @publicApi
 */
export class DistributedCacheError extends Error {
  /** The kind of failure, for programs, for example `'INVALID_KEY'`. It stays the same from version to version. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An error that comes after the method of the caller has succeeded. */
abstract class ErrorWithResult extends DistributedCacheError {
  /**
   * The result of the decorated method, or of the method given to `region.update()`: it **has** succeeded. `undefined` if the error comes
   * from another call, such as `region.evict()`.
   *
   * Not enumerable: what logs an error logs its enumerable properties, and no log may hold a cached value.
   */
  declare result: unknown;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(code, message, options);
    Object.defineProperty(this, 'result', { value: undefined, writable: true, configurable: true, enumerable: false });
  }
}

/**
 * The connection string cannot be parsed, or contains something that is not supported. The message names the part and what is allowed; it
 * never repeats a secret. Thrown at boot. `code`: `'INVALID_CONNECTION_STRING'`.
 *
 * @publicApi
 */
export class InvalidConnectionStringError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_CONNECTION_STRING', message, options);
  }
}

/**
 * An option of the module, of a region, of a call or of a decorator is not allowed, or two of them contradict each other. The message
 * names the option, its value (unless that may be a secret) and what is allowed. `code`: `'INVALID_OPTIONS'`.
 *
 * @publicApi
 */
export class InvalidOptionsError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_OPTIONS', message, options);
  }
}

/**
 * Redis could not be reached at boot, and with `abortConnect` the application does not start without it. `code`: `'REDIS_UNAVAILABLE'`.
 *
 * @publicApi
 */
export class RedisUnavailableError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('REDIS_UNAVAILABLE', message, options);
  }
}

/**
 * An eviction has not reached the other instances yet; only thrown with `onUndelivered: 'throw'`. Within `publishTimeout` the log did not
 * accept the invalidation or, with `minReplicas`, too few replicas have it.
 *
 * The error means "not yet", not "lost". On this instance the eviction has taken effect. An invalidation that is not in the log waits in
 * the outbox and is delivered later. Other instances may serve the old value until then, or until the TTL of their copy ends. `code`:
 * `'INVALIDATION_NOT_DELIVERED'`.
 *
 * @publicApi
 */
export class InvalidationNotDeliveredError extends ErrorWithResult {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALIDATION_NOT_DELIVERED', message, options);
  }
}

/**
 * An eviction with `everywhere` could not be confirmed within its timeout: some instance may still serve the old value, for at most its
 * `maxStaleness` after the invalidation enters the log.
 *
 * On this instance the eviction has taken effect, and it is delivered to the others even after this error. `code`:
 * `'INVALIDATION_NOT_CONFIRMED'`.
 *
 * @publicApi
 */
export class InvalidationNotConfirmedError extends ErrorWithResult {
  /**
   * The ids of the instances that may still serve the old value. Empty in two cases, and then any instance may: the log has not accepted
   * the invalidation, or the list of instances may lack one. The message says which it is, and why the list may.
   */
  readonly missing: readonly string[];

  constructor(message: string, { missing = [], ...options }: ErrorOptions & { missing?: readonly string[] } = {}) {
    super('INVALIDATION_NOT_CONFIRMED', message, options);
    this.missing = missing;
  }
}

/**
 * A load took longer than `loadTimeout`, and there was no expired value that `staleIfError` could hand out. The source is slow or hangs; a
 * result that comes later is still stored. `code`: `'LOAD_TIMEOUT'`.
 *
 * @publicApi
 */
export class LoadTimeoutError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('LOAD_TIMEOUT', message, options);
  }
}

/**
 * A decorated method was called on an instance that has no cache, for example one made by `new` in a test, or that was given something else
 * in its place, such as an auto-mock. The message says what to do. `code`: `'CACHE_NOT_INJECTED'`.
 *
 * @publicApi
 */
export class CacheNotInjectedError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('CACHE_NOT_INJECTED', message, options);
  }
}

/**
 * A key, a tag or the name of a region is not allowed, or no default key can be made of the arguments of a decorated method. The message
 * says which, and what is allowed. `code`: `'INVALID_KEY'`.
 *
 * @publicApi
 */
export class InvalidKeyError extends DistributedCacheError {
  constructor(message: string, options?: ErrorOptions) {
    super('INVALID_KEY', message, options);
  }
}

/**
 * The cache has been shut down, so an eviction or a put can no longer reach the other instances. Reads still work: they load, and store
 * nothing. `code`: `'CACHE_CLOSED'`.
 *
 * @publicApi
 */
export class CacheClosedError extends ErrorWithResult {
  constructor(message: string, options?: ErrorOptions) {
    super('CACHE_CLOSED', message, options);
  }
}
