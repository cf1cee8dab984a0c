import type { AnyCacheEvictOptions } from './cache-evict.options.js';
import { type AnyCachingOptions, cachingOperations, type CachingOptions, checkCaching } from './caching.options.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { cachedRead } from './runtime/cached-read.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { changingAfter, evictingBefore } from './runtime/invocation.js';
import { methodSite, type MethodSite, refuseBare } from './runtime/method-site.js';
import { evictionPlan } from './runtime/planned-eviction.js';
import { putPlan } from './runtime/planned-put.js';
import { originalOf, type Proceed, replaceMethod } from './runtime/replace-method.js';

/**
 * Applies several cache decorators to one method, as one operation.
 *
 * ```ts
 * @Caching({ put: [{ region: 'products', key: (id) => id }], evict: [{ region: 'lists', all: true }, { tags: ['prices'] }] })
 * async reprice(id: string, price: number): Promise<Product> { … }
 * ```
 *
 * The order of a call:
 *
 * 1. Evictions with `beforeInvocation` are made, at every call.
 * 2. The cache is read, if `cacheable` is given. On a hit the call ends here: the method does not run, so nothing is put or evicted.
 * 3. The method runs once. Then its result is put, and the other evictions are made, all of it together.
 *
 * An eviction of this call that covers the entry to be stored keeps it from being stored.
 *
 * @throws {InvalidOptionsError} when the class is defined: attributes are missing or contradict each other, or this is not an instance
 * method
 * @throws from the method, what `@Cacheable`, `@CachePut` and `@CacheEvict` throw
 *
 * @publicApi
 */
export function Caching<T extends object, M extends AnyMethod>(options: CachingOptions<T, M>): CacheDecorator<T, M>;
export function Caching(options: AnyCachingOptions, ...rest: unknown[]): MethodDecorator {
  refuseBare('@Caching', options, rest);
  return (target, name, descriptor) => {
    const site = methodSite('@Caching', target, name, descriptor);
    checkCaching(site, options);
    replaceMethod(site, descriptor, combined(site, options));
    recordDecoratedMethod(site, cachingOperations(options));
  };
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
