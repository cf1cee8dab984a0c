import type { CacheKey } from '../keys/canonical-key.js';
import type { DecoratedOperation } from './runtime/decorated-methods.js';
import type { MethodSite } from './runtime/method-site.js';
import type { AnyMethod, BeforeMethod, Unchecked } from './method-types.js';
import { checkCallbacks, checkTtl, type StoredAttributes } from './stored-attributes.js';

/**
 * The attributes of `@Cacheable`. `this` is the instance in every callback.
 *
 * @publicApi
 */
export interface CacheableOptions<T extends object, M extends AnyMethod> extends StoredAttributes<T, M> {
  /** Default: `<class of the instance>.<method>`. */
  region?: string | undefined;
  /** The key of a call. Default: made of all arguments, see `defaultKey`. */
  key?: BeforeMethod<T, M, CacheKey> | undefined;
  /** Without it being `true` the call goes to the method and the cache is left out. Default: always cached. */
  condition?: BeforeMethod<T, M, boolean> | undefined;
  /** Store `undefined` too, which otherwise means "there is nothing". Default: `false`. */
  cacheUndefined?: boolean | undefined;
  /** The name of the cache. Default: the unnamed one. */
  cache?: string | undefined;
}

/** @internal */
export type AnyCacheableOptions = CacheableOptions<Unchecked, AnyMethod>;

/** @throws {InvalidOptionsError} when they cannot be meant @internal */
export function checkCacheable(site: MethodSite, { key, condition, unless, ttl }: AnyCacheableOptions): void {
  checkCallbacks(site, { key, condition, unless });
  checkTtl(site, ttl);
}

/** @internal */
export function readOperation({ cache, region, key }: AnyCacheableOptions): DecoratedOperation {
  return {
    kind: 'read',
    cache,
    region: region === undefined ? 'default' : { named: region },
    keyOfArguments: key === undefined,
  };
}
