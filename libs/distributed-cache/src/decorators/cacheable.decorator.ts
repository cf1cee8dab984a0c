import { type AnyCacheableOptions, type CacheableOptions, checkCacheable, readOperation } from './cacheable.options.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { cachedRead } from './runtime/cached-read.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { methodSite, refuseBare } from './runtime/method-site.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Caches the result of a method that returns a promise. The method runs only if no entry is stored under the key. Calls with the same
 * key that come while it runs wait for its result. An error that it throws goes to its callers and is never cached.
 *
 * ```ts
 * @Cacheable({ region: 'products', key: (id) => id, ttl: '10m', tags: (product) => [`category:${product.categoryId}`] })
 * async find(id: string): Promise<Product> { … }
 * ```
 *
 * The compiler checks the callbacks against the method, with two exceptions: of an overloaded method it only sees the last signature,
 * and behind `applyDecorators` or a decorator factory of your own it does not see the method.
 *
 * @throws {InvalidOptionsError} when the class is defined: an attribute is not allowed, or this is not an instance method
 * @throws {CacheNotInjectedError} from the method, when its instance has no cache
 * @throws {InvalidKeyError} from the method, when no key can be made of the arguments, or `key` returns something that is not a key
 *
 * @publicApi
 */
export function Cacheable<T extends object, M extends AnyMethod>(
  options?: CacheableOptions<T, M>,
): CacheDecorator<T, M>;
export function Cacheable(options: AnyCacheableOptions = {}, ...rest: unknown[]): MethodDecorator {
  refuseBare('@Cacheable', options, rest);
  return (target, name, descriptor) => {
    const site = methodSite('@Cacheable', target, name, descriptor);
    checkCacheable(site, options);
    replaceMethod(site, descriptor, cachedRead(site, options, originalOf(site)));
    recordDecoratedMethod(site, [readOperation(options)]);
  };
}
