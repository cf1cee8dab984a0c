import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { Region } from '../../cache/region.js';
import { type CacheSlot, declareCacheSlot } from './cache-slot.js';
import { defaultRegion } from './default-region.js';
import { classPrototypeOf } from './prototype-list.js';
import { contradiction, type MethodSite } from './method-site.js';

/** Gives the cache that an operation of a decorator uses on an instance. @internal */
export type CacheOf = (instance: object) => DistributedCache;

/** Gives the region that an operation of a decorator uses on an instance. @internal */
export type RegionOf = (instance: object) => Region;

/**
 * The slot of the cache named `cache`, for one operation of a decorator.
 *
 * @throws {InvalidOptionsError} when the name is not a non-empty string
 *
 * @internal
 */
export function slotAt(site: MethodSite, cache: string | undefined): CacheSlot {
  if (cache !== undefined && (typeof cache !== 'string' || cache === '')) {
    throw contradiction(
      site,
      'cache must be a non-empty string, the name of a cache. Leave it out to use the unnamed cache.',
    );
  }
  return declareCacheSlot(site, cache);
}

/** The cache in a slot. @internal */
export function cacheAt(site: MethodSite, slot: CacheSlot): CacheOf {
  return (instance) => slot.cacheOf(instance, site);
}

/**
 * The region named `region`, or the default region of the method.
 *
 * @throws {InvalidOptionsError} when the name is not a non-empty string
 *
 * @internal
 */
export function regionAt(site: MethodSite, region: string | undefined, slot: CacheSlot): RegionOf {
  if (region !== undefined && (typeof region !== 'string' || region === '')) {
    throw contradiction(
      site,
      'region must be a non-empty string, the name of a region. Leave it out to use <Class>.<method>.',
    );
  }
  const operation = slot.addOperation();
  const nameFor = (instance: object): string => {
    if (region !== undefined) return region;
    return defaultRegion(classPrototypeOf(instance), site.target, site.name);
  };
  return (instance) => slot.regionOf(instance, operation, site, nameFor);
}
