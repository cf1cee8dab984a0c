import { NO_POLICY, policyOf, type LoadPolicies } from '../cache/policies/load-policies.js';
import { ttlOf } from '../cache/store-options.js';
import { type Duration, milliseconds } from '../common/duration.js';
import type { AfterMethod, AnyMethod, Tags } from './method-types.js';
import { contradiction, label, type MethodSite } from './runtime/method-site.js';

/**
 * The attributes that describe how a result is stored: those that `@Cacheable` and `@CachePut` share.
 *
 * @publicApi
 */
export interface StoredAttributes<T extends object, M extends AnyMethod> {
  /**
   * If this returns `true`, the caller gets the result but it is not stored. Called after the method, except with an `undefined` that is
   * not stored anyway.
   *
   * @default every result is stored
   */
  unless?: AfterMethod<T, M, boolean> | undefined;
  /**
   * Time to live of the entry, or a function that computes it after the method: milliseconds or a text such as `'10m'`; `Infinity`
   * means until evicted. A fixed `0` is refused. A result whose computed TTL is 0 or less is not stored; `undefined` means the TTL of the
   * region.
   *
   * @default the TTL of the region
   * @example ttl: (product) => (product.isOnSale ? '1m' : '1h')
   */
  ttl?: Duration | AfterMethod<T, M, Duration | undefined> | undefined;
  /**
   * Tags of the entry, or a function that computes them after the method. `evictTags` evicts all entries with a tag, in every region.
   *
   * @default no tags
   * @example tags: (product) => [`category:${product.categoryId}`]
   */
  tags?: Tags | AfterMethod<T, M, Tags> | undefined;
}

/**
 * Checks a TTL that is given as a duration. A computed TTL is checked at each call.
 *
 * @throws {InvalidOptionsError} when it is not a duration above 0
 *
 * @internal
 */
export function checkTtl(site: MethodSite, ttl: Duration | AnyMethod | undefined): void {
  if (ttl === undefined || typeof ttl === 'function') return;
  const where = `${site.decorator} on ${label(site.target, site.name)}`;
  milliseconds(ttl, `${where}: ttl`);
  ttlOf(ttl, where);
}

/** @throws {InvalidOptionsError} when a load policy is not allowed @internal */
export function checkPolicies(site: MethodSite, policies: LoadPolicies): void {
  policyOf(policies, NO_POLICY, `${site.decorator} on ${label(site.target, site.name)}: `);
}

/** @throws {InvalidOptionsError} when an attribute that must be a function is given and is not one @internal */
export function checkCallbacks(site: MethodSite, callbacks: Readonly<Record<string, unknown>>): void {
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== 'function') {
      throw contradiction(site, `${name} must be a function.`);
    }
  }
}
