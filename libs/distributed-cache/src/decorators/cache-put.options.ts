import type { CacheKey } from '../keys/canonical-key.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';
import type { AfterMethod, AnyMethod, BeforeMethod, Unchecked } from './method-types.js';
import { checkCallbacks, checkTtl, type StoredAttributes } from './stored-attributes.js';

interface PutAttributes<T extends object, M extends AnyMethod> extends StoredAttributes<T, M> {
  /** The region that readers use. */
  region: string;
  /** Without it being `true` the method runs and the cache is left out. Default: always put. */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /** The name of the cache. Default: the unnamed one. */
  cache?: string | undefined;
}

interface PutByKey<T extends object, M extends AnyMethod> extends PutAttributes<T, M> {
  /** The key, from the arguments. */
  key: BeforeMethod<T, M, CacheKey>;
  keyFromResult?: undefined;
}

interface PutByResult<T extends object, M extends AnyMethod> extends PutAttributes<T, M> {
  /** The key, from what the method resolved to. */
  keyFromResult: AfterMethod<T, M, CacheKey>;
  key?: undefined;
}

/**
 * The attributes of `@CachePut`: `region` and one of `key` and `keyFromResult` are required. `this` is the instance in every callback.
 *
 * @publicApi
 */
export type CachePutOptions<T extends object, M extends AnyMethod> = PutByKey<T, M> | PutByResult<T, M>;

/** @internal */
export type AnyCachePutOptions = CachePutOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when they contradict each other @internal */
export function checkCachePut(
  site: MethodSite,
  options: AnyCachePutOptions | undefined,
): asserts options is AnyCachePutOptions {
  if (options?.region === undefined) {
    throw contradiction(site, 'region is required: name the region that readers use.');
  }
  const { key, keyFromResult, condition, unless, ttl } = options;
  if (key === undefined && keyFromResult === undefined) {
    throw contradiction(site, 'a key is required: give key, from the arguments, or keyFromResult.');
  }
  if (key !== undefined && keyFromResult !== undefined) {
    throw contradiction(site, 'key and keyFromResult contradict each other: give one of them.');
  }
  checkCallbacks(site, { key, keyFromResult, condition, unless });
  checkTtl(site, ttl);
}

/** @internal */
export function putOperation({ cache, region }: AnyCachePutOptions): DecoratedOperation {
  return { kind: 'put', cache, region: { named: region }, keyOfArguments: false };
}
