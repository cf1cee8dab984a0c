import { checkedTimeout, type Everywhere } from '../cache/everywhere.js';
import type { CacheKey } from '../keys/canonical-key.js';
import type { AfterMethod, AnyMethod, BeforeMethod, CacheKeys, Tags, Unchecked } from './method-types.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';
import { checkCallbacks } from './stored-attributes.js';

/**
 * The attributes of `@CacheEvict`. In every callback `this` is the instance.
 *
 * - What is evicted: at most one of `key`, `keys`, `keyFromResult` and `all`, and `tags`. With `tags` alone, only entries with these
 *   tags. With none of these attributes, the key that is made of all arguments.
 * - When: after the method succeeded. `beforeInvocation: true` evicts before it runs; `evictOnError` can evict after it failed, too.
 *
 * @publicApi
 */
export type CacheEvictOptions<T extends object, M extends AnyMethod> =
  | ((EvictBefore<T, M> | EvictAfter<T, M> | EvictOnError<T, M>) & (EvictKey<T, M> | EvictKeys<T, M> | EvictRegion))
  | EvictByResult<T, M>;

/** One key, also the one that is made of all arguments. @publicApi */
export interface EvictKey<T extends object, M extends AnyMethod> {
  /**
   * The key of one entry, made of the method's arguments. Called before the method; if it throws, the call rejects and the method does
   * not run.
   *
   * @default a key made of all arguments, see `defaultKey`
   */
  key?: BeforeMethod<T, M, CacheKey> | undefined;
  keys?: undefined;
  all?: false | undefined;
}

/** Several keys. @publicApi */
export interface EvictKeys<T extends object, M extends AnyMethod> {
  /**
   * The keys of several entries, a list or a `Set` made of the method's arguments. Called before the method; if it throws, the call
   * rejects and the method does not run.
   */
  keys: BeforeMethod<T, M, CacheKeys>;
  key?: undefined;
  all?: false | undefined;
}

/** Everything in the region. @publicApi */
export interface EvictRegion {
  /**
   * `true`: every entry of the region.
   *
   * @default false
   */
  all: true;
  key?: undefined;
  keys?: undefined;
}

/** Before the method runs. @publicApi */
export interface EvictBefore<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  /**
   * `true`: evicts before the method runs, whether or not it succeeds. Any instance may load the old value again before the method has
   * changed it. If the eviction rejects (`everywhere`, or `onUndelivered: 'throw'`), the method does not run.
   *
   * @default false
   */
  beforeInvocation: true;
  /**
   * Evicts the entries with one of these tags, in every region. A function computes the tags from the method's arguments.
   *
   * @default no tags
   */
  tags?: Tags | BeforeMethod<T, M, Tags> | undefined;
  keyFromResult?: undefined;
  evictOnError?: undefined;
}

/** After the method succeeded. @publicApi */
export interface EvictAfter<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  beforeInvocation?: false | undefined;
  /**
   * Evicts the entries with one of these tags, in every region. A function computes the tags from the method's result.
   *
   * @default no tags
   */
  tags?: Tags | AfterMethod<T, M, Tags> | undefined;
  keyFromResult?: undefined;
  evictOnError?: undefined;
}

/** After the method succeeded, or failed. @publicApi */
export interface EvictOnError<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  beforeInvocation?: false | undefined;
  /**
   * Called with the error when the method failed: `true` evicts nevertheless, for a method that may have changed something before it
   * failed. The caller gets the method's error in either case.
   *
   * @default a method that failed evicts nothing
   */
  evictOnError: (this: T, error: unknown, ...args: Parameters<M>) => boolean;
  /**
   * Evicts the entries with one of these tags, in every region. Not a function here: a method that failed has no result.
   *
   * @default no tags
   */
  tags?: Tags | undefined;
  keyFromResult?: undefined;
}

/** A key that the result names. @publicApi */
export interface EvictByResult<T extends object, M extends AnyMethod> extends EvictAttributes<T, M> {
  /**
   * The key of one entry, made of the method's result; `undefined`: none.
   *
   * If it throws, the method has succeeded already, and the caller gets the error. The whole region is evicted, since any of its entries
   * may be out of date; nothing is when it looked for the key in a result that is `null` or `undefined`.
   */
  keyFromResult: AfterMethod<T, M, CacheKey | undefined>;
  /**
   * Evicts the entries with one of these tags, in every region. A function computes the tags from the method's result.
   *
   * @default no tags
   */
  tags?: Tags | AfterMethod<T, M, Tags> | undefined;
  key?: undefined;
  keys?: undefined;
  all?: false | undefined;
  beforeInvocation?: false | undefined;
  evictOnError?: undefined;
}

interface EvictAttributes<T extends object, M extends AnyMethod> {
  /**
   * The region in which readers look.
   *
   * @default none if only `tags` is given, else `'<class of the instance>.<method>'`, for example `'ProductsService.remove'`
   */
  region?: string | undefined;
  /**
   * Evicts only if this returns `true`; otherwise the method runs and nothing is evicted. Called before the method; if it throws, the
   * call rejects and the method does not run.
   *
   * @default every call evicts
   */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /**
   * Makes the eviction wait until no instance can serve the old value: `true` uses the default timeout (`maxStaleness` +
   * `publishTimeout`), `{ timeout }` a timeout of your own, which is to be longer than `maxStaleness`. If that cannot be confirmed in time, the promise rejects
   * with `InvalidationNotConfirmedError`. The method **has** succeeded then (unless `beforeInvocation` is set), and the error carries its
   * result.
   *
   * @default the eviction waits until the log has it
   */
  everywhere?: Everywhere | undefined;
  /**
   * The name of the cache, as given to `DistributedCacheModule.forRoot({ name })`.
   *
   * @default the unnamed cache
   */
  cache?: string | undefined;
}

/** The attributes of any `@CacheEvict`, whatever its method. @internal */
export type AnyCacheEvictOptions = CacheEvictOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when attributes contradict each other or have a value that is not allowed @internal */
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
      'beforeInvocation contradicts keyFromResult: before the method runs there is no result. Give key.',
    );
  }
  if (keyFromResult && evictOnError) {
    throw contradiction(site, 'evictOnError contradicts keyFromResult: a method that failed has no result. Give key.');
  }
  if (typeof tags === 'function' && evictOnError) {
    throw contradiction(
      site,
      'evictOnError contradicts tags that are a function of the result: a method that failed has no result. ' +
        'Give a list of tags, or use two decorators.',
    );
  }
  if (evictOnError && beforeInvocation) {
    throw contradiction(
      site,
      'evictOnError contradicts beforeInvocation, which evicts whether or not the method fails. Leave one out.',
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

/** Whether only `tags` is given, so that no region is concerned. @internal */
export function evictsOnlyTags({ region, key, keys, keyFromResult, all, tags }: AnyCacheEvictOptions): boolean {
  return tags !== undefined && region === undefined && !key && !keys && !keyFromResult && !all;
}

/** What the checks at boot have to know of a `@CacheEvict`. @internal */
export function evictOperation(options: AnyCacheEvictOptions): DecoratedOperation {
  const { cache, region, key, keys, keyFromResult, all, everywhere } = options;
  const onlyTags = evictsOnlyTags(options);
  return {
    kind: 'evict',
    cache,
    region: onlyTags ? 'none' : region === undefined ? 'default' : { named: region },
    keyOfArguments: !onlyTags && !key && !keys && !keyFromResult && !all,
    everywhereTimeout: everywhere && checkedTimeout(everywhere),
  };
}
