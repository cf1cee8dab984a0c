import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { Region } from '../../cache/region.js';
import { cacheIn, declareCacheSlot } from './cache-slot.js';
import { defaultRegion } from './default-region.js';
import { contradiction, type MethodSite } from './method-site.js';

/** Gives the cache that an operation of a decorator uses on an instance. @internal */
export type CacheOf = (instance: object) => DistributedCache;

/** Gives the region that an operation of a decorator uses on an instance. @internal */
export type RegionOf = (instance: object) => Region;

/**
 * The cache named `cache`, found once per instance: each further call costs one look-up.
 *
 * @throws {InvalidOptionsError} when the name is not a non-empty string
 *
 * @internal
 */
export function cacheAt(site: MethodSite, cache: string | undefined): CacheOf {
  if (cache !== undefined && (typeof cache !== 'string' || cache === '')) {
    throw contradiction(
      site,
      'cache must be a non-empty string, the name of a cache. Leave it out to use the unnamed cache.',
    );
  }
  const slot = declareCacheSlot(site, cache);
  return oncePerInstance((instance) => cacheIn(slot, instance, site));
}

/**
 * The region named `region`, or the default region of the method, found once per instance: each further call costs one look-up.
 *
 * @throws {InvalidOptionsError} when the name is not a non-empty string
 *
 * @internal
 */
export function regionAt(site: MethodSite, region: string | undefined, cacheOf: CacheOf): RegionOf {
  if (region !== undefined && (typeof region !== 'string' || region === '')) {
    throw contradiction(
      site,
      'region must be a non-empty string, the name of a region. Leave it out to use <Class>.<method>.',
    );
  }
  const nameFor = (instance: object): string => {
    if (region !== undefined) return region;
    return defaultRegion(Reflect.getPrototypeOf(instance) ?? site.target, site.target, site.name);
  };
  return oncePerInstance((instance) => cacheOf(instance).region(nameFor(instance)));
}

/** Remembers what `bind` gave for each instance, weakly: request-scoped instances can be garbage-collected. */
function oncePerInstance<B extends object>(bind: (instance: object) => B): (instance: object) => B {
  const bindings = new WeakMap<object, B>();
  return (instance) => {
    const bound = bindings.get(instance);
    if (bound) return bound;
    const binding = bind(instance);
    bindings.set(instance, binding);
    return binding;
  };
}
