import { type AnyCacheableOptions, type CacheableOptions, checkCacheable, readOperation } from './cacheable.options.js';
import { cachedRead } from './runtime/cached-read.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { methodSite } from './runtime/method-site.js';
import type { AnyMethod, CacheDecorator } from './method-types.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Caches what the method resolves to. The method is called when nothing is cached under the key; calls that come while it runs wait
 * for the same result. What it throws is passed on and never cached.
 *
 * ```ts
 * @Cacheable({ region: 'products', key: (id) => id, ttl: '10m', tags: (product) => [`category:${product.categoryId}`] })
 * async find(id: string): Promise<Product> { … }
 * ```
 *
 * Not checked by the compiler: all but the last signature of an overloaded method, and everything behind `applyDecorators` or a
 * decorator factory of one's own.
 *
 * @throws {InvalidOptionsError} when the class is defined and the decorator cannot be meant
 *
 * @publicApi
 */
export function Cacheable<T extends object, M extends AnyMethod>(
  options?: CacheableOptions<T, M>,
): CacheDecorator<T, M>;
export function Cacheable(options: AnyCacheableOptions = {}): MethodDecorator {
  return (target, name, descriptor) => {
    const site = methodSite('@Cacheable', target, name, descriptor);
    checkCacheable(site, options);
    replaceMethod(site, descriptor, cachedRead(site, options, originalOf(site)));
    recordDecoratedMethod(site, [readOperation(options)]);
  };
}
