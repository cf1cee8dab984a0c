import {
  type AnyCacheEvictOptions,
  type CacheEvictOptions,
  checkCacheEvict,
  evictOperation,
} from './cache-evict.options.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { changingAfter, evictingBefore } from './runtime/invocation.js';
import { methodSite, refuseBare } from './runtime/method-site.js';
import { evictionPlan } from './runtime/planned-eviction.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Evicts entries in every instance after the method succeeded. All evictions of one call are sent together.
 *
 * ```ts
 * @CacheEvict({ region: 'products', key: (id) => id, tags: ['product-list'] })
 * async remove(id: string): Promise<void> { … }
 * ```
 *
 * The promise of the method settles when the log has the evictions, as that of `region.evict()` does.
 *
 * @throws {InvalidOptionsError} when the class is defined: attributes contradict each other, or this is not an instance method
 * @throws {CacheNotInjectedError} from the method, when its instance has no cache
 * @throws {InvalidKeyError} from the method, when a callback returns something that is not a key or a tag, or no key can be made of the
 * arguments
 * @throws {InvalidationNotDeliveredError} from the method, with `onUndelivered: 'throw'`. The method **has** succeeded (unless
 * `beforeInvocation` is set); the error carries its result.
 * @throws {InvalidationNotConfirmedError} from the method, with `everywhere`; the same holds
 *
 * @publicApi
 */
export function CacheEvict<T extends object, M extends AnyMethod>(
  // Not `options?`: with `undefined` in the union, TypeScript does not infer the types of the callbacks from the other attributes.
  ...options: [] | [options: CacheEvictOptions<T, M>]
): CacheDecorator<T, M>;
export function CacheEvict(options: AnyCacheEvictOptions = {}, ...rest: unknown[]): MethodDecorator {
  refuseBare('@CacheEvict', options, rest);
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
