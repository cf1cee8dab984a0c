import type { LoadPolicies } from '../cache/policies/load-policies.js';
import type { Duration } from '../common/duration.js';
import type { CacheKey } from '../keys/canonical-key.js';
import type { AfterEach, BeforeEach, BulkId, BulkShape, BulkValue, IsKey } from './bulk-method-types.js';
import { readOperation } from './cacheable.options.js';
import type { AnyMethod, BeforeMethod, Tags, Unchecked } from './method-types.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';
import { checkCallbacks, checkPolicies, checkTtl } from './stored-attributes.js';

/**
 * The attributes of `@CacheableMany`. In every callback `this` is the instance.
 *
 * @publicApi
 */
export type CacheableManyOptions<T extends object, M extends AnyMethod> = PerIdAttributes<T, M> &
  KeyOfEach<T, M> &
  IdOfEach<M>;

/** What holds for each id. @publicApi */
export interface PerIdAttributes<T extends object, M extends AnyMethod> extends Omit<LoadPolicies, 'cacheUndefined'> {
  /**
   * The region that holds the values: a named group of entries with settings of its own.
   *
   * @default `'<class of the instance>.<method>'`, for example `'ProductsService.findMany'`
   */
  region?: string | undefined;
  /**
   * Uses the cache only if this returns `true`; otherwise the method is called directly, with all ids. It takes the arguments of the
   * method. If it throws, the call rejects and the method does not run.
   *
   * @default every call is cached
   */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /**
   * If this returns `true` for a value, the caller gets it but it is not stored. Called after the method, for each id that has a value;
   * `null` is one.
   *
   * @default every value is stored
   */
  unless?: AfterEach<T, M, boolean> | undefined;
  /**
   * Time to live of each entry, or a function that computes it after the method: milliseconds or a text such as `'10m'`; `Infinity`
   * means until evicted. A fixed `0` is refused. A value whose computed TTL is 0 or less is not stored; `undefined` means the TTL of the
   * region.
   *
   * @default the TTL of the region
   */
  ttl?: Duration | AfterEach<T, M, Duration | undefined> | undefined;
  /**
   * Tags of each entry, or a function that computes them after the method. `evictTags` evicts all entries with a tag, in every region.
   *
   * @default no tags
   * @example tags: (product) => [`category:${product.categoryId}`]
   */
  tags?: Tags | AfterEach<T, M, Tags> | undefined;
  /**
   * `true`: the cache remembers, too, which ids have no value. Computed attributes are not asked about those. By default the next call
   * asks for them again. `null` is always stored.
   *
   * @default false
   */
  cacheUndefined?: boolean | undefined;
  /**
   * The name of the cache, as given to `DistributedCacheModule.forRoot({ name })`.
   *
   * @default the unnamed cache
   */
  cache?: string | undefined;
}

/**
 * The key of one id, made of the id and the arguments after the ids. It must contain everything that the value depends on. Called before
 * the method, for each id; if it throws, the call rejects and the method does not run. With `idOf`, or a `Map`, it is called with the ids of
 * the result, too: values and ids with the same key belong together.
 *
 * @default the id; if the call has further arguments, `defaultKey(id, ...rest)`
 * @example key: (id, locale) => [id, locale]
 * @publicApi
 */
export type KeyOfEach<T extends object, M extends AnyMethod> =
  IsKey<M> extends true ? { key?: BeforeEach<T, M, CacheKey> | undefined } : { key: BeforeEach<T, M, CacheKey> };

/**
 * For a method that returns a list: the id of a row, or `'position'`, which says that the list has one item per id, in the same order. ORMs
 * reorder rows and omit those they do not find, so a list without this could store one row under the id of another. A `Map` needs none.
 *
 * @publicApi
 */
export type IdOfEach<M extends AnyMethod> =
  'list' extends BulkShape<M>
    ? {
        /** Gives the id of a row. */
        idOf: ((value: NonNullable<BulkValue<M>>) => IsKey<M> extends true ? CacheKey : BulkId<M>) | 'position';
      }
    : 'map' extends BulkShape<M>
      ? { idOf?: undefined }
      : {
          /** Gives the id of a row, if the method returns a list. */
          idOf?: ((value: Unchecked) => Unchecked) | 'position' | undefined;
        };

/** The attributes of any `@CacheableMany`, whatever its method. @internal */
export type AnyCacheableManyOptions = CacheableManyOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when an attribute has a value that is not allowed @internal */
export function checkCacheableMany(site: MethodSite, options: AnyCacheableManyOptions): void {
  const { key, condition, unless, ttl, idOf } = options;
  checkCallbacks(site, { key, condition, unless });
  if (idOf !== undefined && idOf !== 'position' && typeof idOf !== 'function') {
    throw contradiction(site, `idOf must be a function that takes a value and gives its id, or 'position'.`);
  }
  checkTtl(site, ttl);
  checkPolicies(site, options);
}

/** What the checks at boot have to know of a `@CacheableMany`. @internal */
export function bulkReadOperation({ cache, region, key }: AnyCacheableManyOptions): DecoratedOperation {
  return { ...readOperation({ cache, region, key }), isPerId: true };
}
