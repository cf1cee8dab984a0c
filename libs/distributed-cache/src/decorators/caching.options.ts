import { type CacheEvictOptions, checkCacheEvict, evictOperation } from './cache-evict.options.js';
import { type CachePutOptions, checkCachePut, putOperation } from './cache-put.options.js';
import { type CacheableOptions, checkCacheable, readOperation } from './cacheable.options.js';
import type { AnyMethod, Unchecked } from './method-types.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';

/**
 * The attributes of `@Caching`. At least one of them has to be given.
 *
 * @publicApi
 */
export interface CachingOptions<T extends object, M extends AnyMethod> {
  /**
   * Reads from the cache first, with the attributes of `@Cacheable`.
   *
   * @default the method runs at every call
   */
  cacheable?: CacheableOptions<T, M> | undefined;
  /**
   * Puts after the method succeeded, each with the attributes of `@CachePut`.
   *
   * @default no puts
   */
  put?: readonly CachePutOptions<T, M>[] | undefined;
  /**
   * Evictions, each with the attributes of `@CacheEvict`.
   *
   * @default no evictions
   */
  evict?: readonly CacheEvictOptions<T, M>[] | undefined;
}

/** The attributes of any `@Caching`, whatever its method. @internal */
export type AnyCachingOptions = CachingOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when nothing is given, or what is given contradicts itself @internal */
export function checkCaching(site: MethodSite, { cacheable, put = [], evict = [] }: AnyCachingOptions): void {
  if (!cacheable && put.length === 0 && evict.length === 0) {
    throw contradiction(site, 'it does nothing: give cacheable, put or evict.');
  }
  if (cacheable) checkCacheable(site, cacheable);
  for (const options of put) checkCachePut(site, options);
  for (const options of evict) checkCacheEvict(site, options);
}

/** What the checks at boot have to know of a `@Caching`. @internal */
export function cachingOperations({ cacheable, put = [], evict = [] }: AnyCachingOptions): DecoratedOperation[] {
  return [
    ...(cacheable ? [readOperation(cacheable)] : []),
    ...put.map((options) => putOperation(options)),
    ...evict.map((options) => evictOperation(options)),
  ];
}
