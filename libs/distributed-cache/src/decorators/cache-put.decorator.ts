import { type AnyCachePutOptions, type CachePutOptions, checkCachePut, putOperation } from './cache-put.options.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { changingAfter } from './runtime/invocation.js';
import { methodSite, refuseBare } from './runtime/method-site.js';
import { putPlan } from './runtime/planned-put.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Runs the method at every call and stores its result. The other instances are not sent the value: they drop their copies, and load
 * when somebody asks.
 *
 * ```ts
 * @CachePut({ region: 'products', keyFromResult: (product) => product.id })
 * async update(change: ProductChange): Promise<Product> { … }
 * ```
 *
 * The put is fenced from the **start** of the method: if any instance evicts the key while the method runs, the result goes to the
 * caller but is not stored, since a newer value may be behind that eviction.
 *
 * A result that is `undefined`, or that `unless` rejects, is not stored. Its key is evicted nevertheless, because the method has changed
 * the data behind it.
 *
 * The promise of the method settles when the log has the eviction, as that of `region.evict()` does.
 *
 * @throws {InvalidOptionsError} when the class is defined: attributes are missing or contradict each other, or this is not an instance
 * method
 * @throws {CacheNotInjectedError} from the method, when its instance has no cache
 * @throws {InvalidKeyError} from the method, when `key` or `keyFromResult` returns something that is not a key
 * @throws {InvalidationNotDeliveredError} from the method, with `onUndelivered: 'throw'`. The method **has** succeeded; the error
 * carries its result.
 *
 * @publicApi
 */
export function CachePut<T extends object, M extends AnyMethod>(options: CachePutOptions<T, M>): CacheDecorator<T, M>;
export function CachePut(options?: AnyCachePutOptions, ...rest: unknown[]): MethodDecorator {
  refuseBare('@CachePut', options, rest);
  return (target, name, descriptor) => {
    const site = methodSite('@CachePut', target, name, descriptor);
    checkCachePut(site, options);
    replaceMethod(site, descriptor, changingAfter(site, [putPlan(site, options)], [], originalOf(site)));
    recordDecoratedMethod(site, [putOperation(options)]);
  };
}
