import type { BulkCacheDecorator } from './bulk-method-types.js';
import {
  type AnyCacheableManyOptions,
  bulkReadOperation,
  type CacheableManyOptions,
  checkCacheableMany,
} from './cacheable-many.options.js';
import type { AnyMethod } from './method-types.js';
import { cachedBulkRead } from './runtime/cached-bulk-read.js';
import { recordDecoratedMethod } from './runtime/decorated-methods.js';
import { methodSite, refuseBare } from './runtime/method-site.js';
import { originalOf, replaceMethod } from './runtime/replace-method.js';

/**
 * Caches the values of a method that takes a list of ids, each id by itself. The method runs once, with the ids that are neither cached
 * nor being loaded in place of its first argument; the other arguments are passed on. It does not run when no id is missing.
 *
 * ```ts
 * @CacheableMany({ region: 'products', idOf: (product) => product.id })
 * async findMany(ids: string[]): Promise<Product[]> { … }
 * ```
 *
 * | the method returns             | the caller gets                                                              |
 * | ------------------------------ | ---------------------------------------------------------------------------- |
 * | a `Map`, or an iterable of pairs | a `Map` with the ids as given, in their order; without those that have no value |
 * | a list, with an `idOf` function | the rows in the order of the ids, each once; without those that do not exist |
 * | a list, with `idOf: 'position'` | an item for each id as given, repeats included                               |
 *
 * Each id is a load of its own: other readers can join it, and it is fenced, independently of the other ids. An error that the method
 * throws goes to its callers and is never cached. So does an error that stands in the place of a value, to the callers that asked for its id.
 *
 * @throws {InvalidOptionsError} when the class is defined: an attribute is not allowed, or this is not an instance method
 * @throws {InvalidOptionsError} from the method, when it cannot be told which value belongs to which id: a list without `idOf`, or, with
 * `idOf: 'position'`, a list of another length; nothing is stored then
 * @throws {CacheNotInjectedError} from the method, when its instance has no cache
 * @throws {InvalidKeyError} from the method, when the first argument is not a list of ids, no key can be made of an id, or `key` returns
 * something that is not a key
 *
 * @publicApi
 */
export function CacheableMany<T extends object, M extends AnyMethod>(): BulkCacheDecorator<T, M, 'list'>;
export function CacheableMany<T extends object, M extends AnyMethod>(
  options: CacheableManyOptions<T, M>,
): BulkCacheDecorator<T, M>;
export function CacheableMany(options: AnyCacheableManyOptions = {}, ...rest: unknown[]): MethodDecorator {
  refuseBare('@CacheableMany', options, rest);
  return (target, name, descriptor) => {
    const site = methodSite('@CacheableMany', target, name, descriptor);
    checkCacheableMany(site, options);
    replaceMethod(site, descriptor, cachedBulkRead(site, options, originalOf(site)));
    recordDecoratedMethod(site, [bulkReadOperation(options)]);
  };
}
