import { ttlOf } from '../cache/store-options.js';
import { type Duration, milliseconds } from '../common/duration.js';
import { contradiction, label, type MethodSite } from './runtime/method-site.js';
import type { AfterMethod, AnyMethod, Tags } from './method-types.js';

/**
 * What a decorator says about the value it stores.
 *
 * @publicApi
 */
export interface StoredAttributes<T extends object, M extends AnyMethod> {
  /** The result is not stored when this gives `true`. Not asked about `undefined`, which is not stored anyway. Default: store. */
  unless?: AfterMethod<T, M, boolean> | undefined;
  /** Time to live, or how to compute it; a computed one that is 0 or less: do not store. Default: the region's. */
  ttl?: Duration | AfterMethod<T, M, Duration> | undefined;
  /** Tags by which `evictTags` finds the entry, or how to compute them. Default: none. */
  tags?: Tags | AfterMethod<T, M, Tags> | undefined;
}

/** @throws {InvalidOptionsError} when the TTL that is written there is not one @internal */
export function checkTtl(site: MethodSite, ttl: Duration | AnyMethod | undefined): void {
  if (ttl === undefined || typeof ttl === 'function') return;
  const where = `${site.decorator} on ${label(site.target, site.name)}`;
  milliseconds(ttl, `${where}: ttl`);
  ttlOf(ttl, where);
}

/** @throws {InvalidOptionsError} when one of these is given and is not a function @internal */
export function checkCallbacks(site: MethodSite, callbacks: Readonly<Record<string, unknown>>): void {
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== 'function') throw contradiction(site, `${name} is a function.`);
  }
}
