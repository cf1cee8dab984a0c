import {
  type AnyCacheEvictOptions,
  type CacheEvictOptions,
  checkCacheEvict,
  evictOperation,
} from './cache-evict.options.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { changingAfter, evictingBefore } from './runtime/invocation.js';
import { methodSite } from './runtime/method-site.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { evictionPlan } from './runtime/planned-eviction.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Evicts in every instance, after the method succeeded, all of it together. The promise waits as `region.evict()` does.
 *
 * ```ts
 * @CacheEvict({ region: 'products', key: (id) => id, tags: ['product-list'] })
 * async remove(id: string): Promise<void> { … }
 * ```
 *
 * With `tags` alone only these are evicted; otherwise, without `key`, `keys`, `keyFromResult` or `all`, the key is made of all arguments.
 *
 * @throws {InvalidOptionsError} when the class is defined and the attributes contradict each other
 * @throws {InvalidationNotConfirmedError} from the method, with `everywhere`: as the next
 * @throws {InvalidationNotDeliveredError} from the method, with `onUndelivered: 'throw'`: it has succeeded, the error carries its result
 *
 * @publicApi
 */
export function CacheEvict<T extends object, M extends AnyMethod>(
  // Not `options?`: with `undefined` in the union, TypeScript does not find the callbacks' types by what else is given.
  ...options: [] | [options: CacheEvictOptions<T, M>]
): CacheDecorator<T, M>;
export function CacheEvict(options: AnyCacheEvictOptions = {}): MethodDecorator {
  return (target, name, descriptor) => {
    const site = methodSite('@CacheEvict', target, name, descriptor);
    checkCacheEvict(site, options);
    const eviction = evictionPlan(site, options);
    const original = originalOf(site);
    const proceed = options.beforeInvocation
      ? evictingBefore([eviction], original)
      : changingAfter(site, [], [eviction], original);
    replaceMethod(site, descriptor, proceed);
    recordDecoratedMethod(site, [evictOperation(options)]);
  };
}
