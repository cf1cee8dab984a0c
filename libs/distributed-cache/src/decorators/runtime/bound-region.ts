import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { Region } from '../../cache/region.js';
import { cacheIn, declareCacheSlot } from './cache-slot.js';
import { defaultRegion } from './default-region.js';
import { contradiction, type MethodSite } from './method-site.js';

/** Which cache an operation of a decorator uses, on the instance at hand. @internal */
export type CacheOf = (instance: object) => DistributedCache;

/** Which region an operation of a decorator uses, on the instance at hand. @internal */
export type RegionOf = (instance: object) => Region;

/** Resolved once per instance: a call then pays one look-up. @internal */
export function cacheAt(site: MethodSite, cache: string | undefined): CacheOf {
  if (cache !== undefined && (typeof cache !== 'string' || cache === '')) {
    throw contradiction(
      site,
      'cache: the name of a cache is a string that is not empty. Leave it out for the unnamed cache.',
    );
  }
  const slot = declareCacheSlot(site, cache);
  return oncePerInstance((instance) => cacheIn(slot, instance, site));
}

/** Resolved once per instance: a call then pays one look-up. @internal */
export function regionAt(site: MethodSite, region: string | undefined, cacheOf: CacheOf): RegionOf {
  if (region !== undefined && (typeof region !== 'string' || region === '')) {
    throw contradiction(
      site,
      'region: the name of a region is a string that is not empty. Leave it out for <Class>.<method>.',
    );
  }
  const nameFor = (instance: object): string => {
    if (region !== undefined) return region;
    return defaultRegion(Reflect.getPrototypeOf(instance) ?? site.target, site.target, site.name);
  };
  return oncePerInstance((instance) => cacheOf(instance).region(nameFor(instance)));
}

/** Weakly, so that request-scoped instances can go. */
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
