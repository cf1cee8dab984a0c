import type { LoadPolicies } from '../cache/policies/load-policies.js';
import type { CacheKey } from '../keys/canonical-key.js';
import type { AnyMethod, BeforeMethod, Unchecked } from './method-types.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import type { MethodSite } from './runtime/method-site.js';
import { checkCallbacks, checkPolicies, checkTtl, type StoredAttributes } from './stored-attributes.js';

/**
 * The attributes of `@Cacheable`. In every callback `this` is the instance.
 *
 * @publicApi
 */
export interface CacheableOptions<T extends object, M extends AnyMethod> extends StoredAttributes<T, M>, LoadPolicies {
  /**
   * The region that holds the results: a named group of entries with settings of its own.
   *
   * @default `'<class of the instance>.<method>'`, for example `'ProductsService.find'`
   */
  region?: string | undefined;
  /**
   * The key of a call, made of the method's arguments. It must contain everything that the result depends on. Called before the method;
   * if it throws, the call rejects and the method does not run.
   *
   * @default a key made of all arguments, see `defaultKey`
   * @example key: (id, locale) => [id, locale]
   */
  key?: BeforeMethod<T, M, CacheKey> | undefined;
  /**
   * Caches only if this returns `true`; otherwise the method is called directly. Called before the method; if it throws, the call
   * rejects and the method does not run.
   *
   * @default every call is cached
   */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /**
   * The name of the cache, as given to `DistributedCacheModule.forRoot({ name })`.
   *
   * @default the unnamed cache
   */
  cache?: string | undefined;
}

/** The attributes of any `@Cacheable`, whatever its method. @internal */
export type AnyCacheableOptions = CacheableOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when an attribute has a value that is not allowed @internal */
export function checkCacheable(site: MethodSite, options: AnyCacheableOptions): void {
  const { key, condition, unless, ttl } = options;
  checkCallbacks(site, { key, condition, unless });
  checkTtl(site, ttl);
  checkPolicies(site, options);
}

/** What the checks at boot have to know of a `@Cacheable`. @internal */
export function readOperation({ cache, region, key }: AnyCacheableOptions): DecoratedOperation {
  return {
    kind: 'read',
    cache,
    region: region === undefined ? 'default' : { named: region },
    keyOfArguments: key === undefined,
  };
}
