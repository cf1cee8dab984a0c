import { checkedTimeout, type Everywhere } from '../cache/everywhere.js';
import type { CacheKey } from '../keys/canonical-key.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';
import type { AfterMethod, AnyMethod, BeforeMethod, CacheKeys, Tags, Unchecked } from './method-types.js';
import { checkCallbacks } from './stored-attributes.js';

interface EvictAttributes<T extends object, M extends AnyMethod> {
  /** The region that readers use. Default: none when only `tags` are given, else `<class of the instance>.<method>`. */
  region?: string | undefined;
  /** Without it being `true` the method runs and nothing is evicted. Default: always evict. */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /**
   * Wait until no instance can serve the old value any more, not only until the log has the eviction. When that cannot be confirmed in
   * time the method **has** succeeded, and `InvalidationNotConfirmedError` carries its result.
   */
  everywhere?: Everywhere | undefined;
  /** The name of the cache. Default: the unnamed one. */
  cache?: string | undefined;
}

interface EvictKey<T extends object, M extends AnyMethod> {
  /** The key of the one entry, from the arguments. Default: made of all arguments, see `defaultKey`. */
  key?: BeforeMethod<T, M, CacheKey> | undefined;
  keys?: undefined;
  all?: false | undefined;
}

interface EvictKeys<T extends object, M extends AnyMethod> {
  /** The keys of several entries, from the arguments. */
  keys: BeforeMethod<T, M, CacheKeys>;
  key?: undefined;
  all?: false | undefined;
}

interface EvictRegion {
  /** The whole region. */
  all: true;
  key?: undefined;
  keys?: undefined;
}

interface EvictBefore<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  /**
   * Evict before the method runs, whatever comes of it. A peer may load the old value again meanwhile. When the eviction rejects
   * (`onUndelivered: 'throw'`), the method does not run.
   */
  beforeInvocation: true;
  /** Entries of every region with one of these tags. */
  tags?: Tags | BeforeMethod<T, M, Tags> | undefined;
  keyFromResult?: undefined;
  evictOnError?: undefined;
}

interface EvictAfter<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  beforeInvocation?: false | undefined;
  /** Entries of every region with one of these tags. */
  tags?: Tags | AfterMethod<T, M, Tags> | undefined;
  keyFromResult?: undefined;
  evictOnError?: undefined;
}

interface EvictOnError<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  beforeInvocation?: false | undefined;
  /**
   * Asked when the method failed: `true` evicts all the same, and the caller gets the method's error in any case. Default: do not.
   */
  evictOnError: (this: T, error: unknown, ...args: Parameters<M>) => boolean;
  /** Entries of every region with one of these tags. Not computed: a method that failed has no result. */
  tags?: Tags | undefined;
  keyFromResult?: undefined;
}

interface EvictByResult<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  /** The key of the one entry, from what the method resolved to. */
  keyFromResult: AfterMethod<T, M, CacheKey>;
  tags?: Tags | AfterMethod<T, M, Tags> | undefined;
  key?: undefined;
  keys?: undefined;
  all?: false | undefined;
  beforeInvocation?: false | undefined;
  evictOnError?: undefined;
}

/**
 * The attributes of `@CacheEvict`. `this` is the instance in every callback.
 *
 * @publicApi
 */
export type CacheEvictOptions<T extends object, M extends AnyMethod> =
  | ((EvictBefore<T, M> | EvictAfter<T, M> | EvictOnError<T, M>) & (EvictKey<T, M> | EvictKeys<T, M> | EvictRegion))
  | EvictByResult<T, M>;

/** @internal */
export type AnyCacheEvictOptions = CacheEvictOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when they contradict each other @internal */
export function checkCacheEvict(site: MethodSite, options: AnyCacheEvictOptions): void {
  const { key, keys, keyFromResult, all, tags, beforeInvocation, evictOnError, condition, everywhere } = options;
  const given = Object.entries({ key, keys, keyFromResult, all: all || undefined }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length > 1) {
    throw contradiction(site, `${given.join(' and ')} contradict each other: give one of them.`);
  }
  if (keyFromResult && beforeInvocation) {
    throw contradiction(
      site,
      'beforeInvocation contradicts keyFromResult: before the method there is no result. Give key.',
    );
  }
  if (keyFromResult && evictOnError) {
    throw contradiction(site, 'evictOnError contradicts keyFromResult: a method that failed has no result. Give key.');
  }
  if (typeof tags === 'function' && evictOnError) {
    throw contradiction(
      site,
      'evictOnError contradicts tags that take the result: a method that failed has none. Give a list of tags, or two decorators.',
    );
  }
  if (evictOnError && beforeInvocation) {
    throw contradiction(
      site,
      'evictOnError contradicts beforeInvocation, which evicts whatever comes of the method. Leave one out.',
    );
  }
  if (everywhere !== undefined) checkEverywhere(site, everywhere);
  checkCallbacks(site, { key, keys, keyFromResult, evictOnError, condition });
}

function checkEverywhere(site: MethodSite, everywhere: Everywhere): void {
  try {
    checkedTimeout(everywhere);
  } catch (error) {
    throw contradiction(site, error instanceof Error ? error.message : String(error));
  }
}

/** Whether no region is concerned: only tags were given. @internal */
export function evictsOnlyTags({ region, key, keys, keyFromResult, all, tags }: AnyCacheEvictOptions): boolean {
  return tags !== undefined && region === undefined && !key && !keys && !keyFromResult && !all;
}

/** @internal */
export function evictOperation(options: AnyCacheEvictOptions): DecoratedOperation {
  const { cache, region, key, keys, keyFromResult, all } = options;
  const onlyTags = evictsOnlyTags(options);
  return {
    kind: 'evict',
    cache,
    region: onlyTags ? 'none' : region === undefined ? 'default' : { named: region },
    keyOfArguments: !onlyTags && !key && !keys && !keyFromResult && !all,
  };
}
