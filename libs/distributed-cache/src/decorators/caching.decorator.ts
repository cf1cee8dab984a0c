import {
  type AnyCacheEvictOptions,
  type CacheEvictOptions,
  checkCacheEvict,
  evictOperation,
} from './cache-evict.options.js';
import { type CachePutOptions, checkCachePut, putOperation } from './cache-put.options.js';
import { type CacheableOptions, checkCacheable, readOperation } from './cacheable.options.js';
import { cachedRead } from './runtime/cached-read.js';
import { type DecoratedOperation, recordDecoratedMethod } from './runtime/decorated-methods.js';
import { changingAfter, evictingBefore } from './runtime/invocation.js';
import { contradiction, methodSite, type MethodSite } from './runtime/method-site.js';
import type { AnyMethod, CacheDecorator, Unchecked } from './method-types.js';
import { evictionPlan } from './runtime/planned-eviction.js';
import { putPlan } from './runtime/planned-put.js';
import { originalOf, type Proceed, replaceMethod } from './runtime/replace-method.js';

/**
 * The attributes of `@Caching`: at least one of them.
 *
 * @publicApi
 */
export interface CachingOptions<T extends object, M extends AnyMethod> {
  cacheable?: CacheableOptions<T, M> | undefined;
  put?: readonly CachePutOptions<T, M>[] | undefined;
  evict?: readonly CacheEvictOptions<T, M>[] | undefined;
}

type AnyCachingOptions = CachingOptions<Unchecked, AnyMethod>;

/**
 * Several cache decorators on one method, as one.
 *
 * ```ts
 * @Caching({ put: [{ region: 'products', key: (id) => id }], evict: [{ region: 'lists', all: true }, { tags: ['prices'] }] })
 * async reprice(id: string, price: number): Promise<Product> { … }
 * ```
 *
 * 1. Evictions with `beforeInvocation` come first, at every call.
 * 2. `cacheable` is asked. On a hit nothing else happens, since the method is not called.
 * 3. Otherwise the method runs, once, and what it resolves to is put and evicted, all of it together. An eviction that covers what is
 *    being loaded or put keeps it from being stored.
 *
 * @throws {InvalidOptionsError} when the class is defined and the attributes contradict each other
 * @throws {InvalidationNotDeliveredError} from the method, with `onUndelivered: 'throw'`: it has succeeded, the error carries its result
 *
 * @publicApi
 */
export function Caching<T extends object, M extends AnyMethod>(options: CachingOptions<T, M>): CacheDecorator<T, M>;
export function Caching(options: AnyCachingOptions): MethodDecorator {
  return (target, name, descriptor) => {
    const site = methodSite('@Caching', target, name, descriptor);
    const operations = check(site, options);
    replaceMethod(site, descriptor, combined(site, options));
    recordDecoratedMethod(site, operations);
  };
}

function check(site: MethodSite, { cacheable, put = [], evict = [] }: AnyCachingOptions): DecoratedOperation[] {
  if (cacheable) checkCacheable(site, cacheable);
  for (const options of put) checkCachePut(site, options);
  for (const options of evict) checkCacheEvict(site, options);
  const operations = [
    ...(cacheable ? [readOperation(cacheable)] : []),
    ...put.map(putOperation),
    ...evict.map(evictOperation),
  ];
  if (operations.length === 0) throw contradiction(site, 'it does nothing: give cacheable, put or evict.');
  return operations;
}

function combined(site: MethodSite, { cacheable, put = [], evict = [] }: AnyCachingOptions): Proceed {
  const puts = put.map((options) => putPlan(site, options));
  const evictionsWhere = (isBefore: boolean) =>
    evict
      .filter((options: AnyCacheEvictOptions) => (options.beforeInvocation === true) === isBefore)
      .map((options) => evictionPlan(site, options));
  const before = evictionsWhere(true);
  const after = evictionsWhere(false);

  let proceed = originalOf(site);
  if (puts.length > 0 || after.length > 0) proceed = changingAfter(site, puts, after, proceed);
  if (cacheable) proceed = cachedRead(site, cacheable, proceed);
  return before.length > 0 ? evictingBefore(before, proceed) : proceed;
}
