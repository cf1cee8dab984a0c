import { checkHoldEvictions, type HoldEvictionsOptions, holdOperations, cachesOf } from './hold-evictions.options.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { holdingWhile } from './runtime/holding.js';
import { methodSite, refuseBare } from './runtime/method-site.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Gathers what is evicted and put while the method runs, as `cache.holdEvictions()` does: all of it takes effect once the method has
 * succeeded, and nothing of it when the method fails.
 *
 * It stands **above** the decorator that runs the method in a transaction, whatever library that is from. Below it, the evictions would be
 * sent before the commit, and another instance could load the old row again, and keep it.
 *
 * ```ts
 * @HoldEvictions()
 * @Transactional()
 * @CacheEvict({ region: 'products', key: (id) => id })
 * async rename(id: string, name: string): Promise<void> { … }
 * ```
 *
 * Other cache decorators of the method may stand above or below it.
 *
 * The promise of the method settles when the log has the evictions, as that of `region.evict()` does.
 *
 * @throws {InvalidOptionsError} when the class is defined: an attribute is not allowed, or this is not an instance method
 * @throws {CacheNotInjectedError} from the method, when its instance has no cache
 * @throws {InvalidationNotDeliveredError} from the method, with `onUndelivered: 'throw'`. The method **has** succeeded; the error
 * carries its result.
 *
 * @publicApi
 */
export function HoldEvictions<T extends object, M extends AnyMethod>(
  options?: HoldEvictionsOptions,
): CacheDecorator<T, M>;
export function HoldEvictions(options: HoldEvictionsOptions = {}, ...rest: unknown[]): MethodDecorator {
  refuseBare('@HoldEvictions', options, rest);
  return (target, name, descriptor) => {
    const site = methodSite('@HoldEvictions', target, name, descriptor);
    checkHoldEvictions(site, options);
    replaceMethod(site, descriptor, holdingWhile(site, cachesOf(options), originalOf(site)));
    recordDecoratedMethod(site, holdOperations(options));
  };
}
