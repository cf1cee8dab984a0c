import { type AnyCachePutOptions, type CachePutOptions, checkCachePut, putOperation } from './cache-put.options.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { changingAfter } from './runtime/invocation.js';
import { methodSite } from './runtime/method-site.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { putPlan } from './runtime/planned-put.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Runs the method, always, and stores what it resolves to: here at once, while every other instance drops its copy. It is fenced from
 * the start of the method: when the key is invalidated meanwhile, its result is not stored.
 *
 * ```ts
 * @CachePut({ region: 'products', keyFromResult: (product) => product.id })
 * async update(change: ProductChange): Promise<Product> { … }
 * ```
 *
 * `undefined` and what `unless` refuses are not stored, but the key is evicted all the same: the method has changed what it stood for.
 *
 * @throws {InvalidOptionsError} when the class is defined and the attributes contradict each other
 * @throws {InvalidationNotDeliveredError} from the method, with `onUndelivered: 'throw'`: it has succeeded, the error carries its result
 *
 * @publicApi
 */
export function CachePut<T extends object, M extends AnyMethod>(options: CachePutOptions<T, M>): CacheDecorator<T, M>;
export function CachePut(options?: AnyCachePutOptions): MethodDecorator {
  return (target, name, descriptor) => {
    const site = methodSite('@CachePut', target, name, descriptor);
    checkCachePut(site, options);
    replaceMethod(site, descriptor, changingAfter(site, [putPlan(site, options)], [], originalOf(site)));
    recordDecoratedMethod(site, [putOperation(options)]);
  };
}
