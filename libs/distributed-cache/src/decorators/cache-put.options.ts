import type { CacheKey } from '../keys/canonical-key.js';
import type { AfterMethod, AnyMethod, BeforeMethod, Unchecked } from './method-types.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';
import { checkCallbacks, checkTtl, type StoredAttributes } from './stored-attributes.js';

/**
 * The attributes of `@CachePut`. Required are `region` and one of `key` and `keyFromResult`. In every callback `this` is the instance.
 *
 * @publicApi
 */
export type CachePutOptions<T extends object, M extends AnyMethod> = PutByKey<T, M> | PutByResult<T, M>;

/** A key made of the arguments. @publicApi */
export interface PutByKey<T extends object, M extends AnyMethod> extends PutAttributes<T, M> {
  /**
   * The key under which readers look, made of the method's arguments. Called before the method; if it throws, the call rejects and the
   * method does not run.
   */
  key: BeforeMethod<T, M, CacheKey>;
  keyFromResult?: undefined;
}

/** A key that the result names. @publicApi */
export interface PutByResult<T extends object, M extends AnyMethod> extends PutAttributes<T, M> {
  /**
   * The key under which readers look, made of the method's result; `undefined`: nothing is put or evicted. Asked after `unless`.
   *
   * If it throws, the method has succeeded already, and the caller gets the error. The whole region is evicted, since any of its entries
   * may be out of date; nothing is when it looked for the key in a result that is `null` or `undefined`.
   *
   * @example keyFromResult: (product) => product?.id
   */
  keyFromResult: AfterMethod<T, M, CacheKey | undefined>;
  key?: undefined;
}

interface PutAttributes<T extends object, M extends AnyMethod> extends StoredAttributes<T, M> {
  /** The region in which readers look. */
  region: string;
  /**
   * Puts only if this returns `true`; otherwise the method runs and nothing is stored or evicted. Called before the method; if it
   * throws, the call rejects and the method does not run.
   *
   * @default every call puts
   */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /**
   * The name of the cache, as given to `DistributedCacheModule.forRoot({ name })`.
   *
   * @default the unnamed cache
   */
  cache?: string | undefined;
}

/** The attributes of any `@CachePut`, whatever its method. @internal */
export type AnyCachePutOptions = CachePutOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when a required attribute is missing, or attributes contradict each other @internal */
export function checkCachePut(
  site: MethodSite,
  options: AnyCachePutOptions | undefined,
): asserts options is AnyCachePutOptions {
  if (options?.region === undefined) {
    throw contradiction(site, 'region is required: name the region in which readers look.');
  }
  const { key, keyFromResult, condition, unless, ttl } = options;
  if (key === undefined && keyFromResult === undefined) {
    throw contradiction(
      site,
      'a key is required: give key, which takes the arguments, or keyFromResult, which takes the result.',
    );
  }
  if (key !== undefined && keyFromResult !== undefined) {
    throw contradiction(site, 'key and keyFromResult contradict each other: give one of them.');
  }
  checkCallbacks(site, { key, keyFromResult, condition, unless });
  checkTtl(site, ttl);
}

/** What the checks at boot have to know of a `@CachePut`. @internal */
export function putOperation({ cache, region }: AnyCachePutOptions): DecoratedOperation {
  return { kind: 'put', cache, region: { named: region }, keyOfArguments: false };
}
