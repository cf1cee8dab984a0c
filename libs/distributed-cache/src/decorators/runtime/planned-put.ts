import type { DistributedCache, PutTarget } from '../../cache/distributed-cache.js';
import { type CacheKey, canonicalKey } from '../../keys/canonical-key.js';
import { type Duration, milliseconds } from '../../common/duration.js';
import { canonicalTags } from '../../cache/store-options.js';
import { cacheAt, regionAt } from './bound-region.js';
import type { AnyCachePutOptions } from '../cache-put.options.js';
import type { MethodSite } from './method-site.js';
import { evictAnyway } from './planned-eviction.js';

/** A put of one call, once everything that only depends on the arguments is known. @internal */
export interface PlannedPut {
  readonly cache: DistributedCache;
  target(result: unknown): PutTarget;
}

/** Plans the put for one call; `undefined` when its condition does not hold. @internal */
export type PutPlan = (instance: object, args: unknown[]) => PlannedPut | undefined;

/** @internal */
export function putPlan(site: MethodSite, options: AnyCachePutOptions): PutPlan {
  const { condition, unless, ttl, tags } = options;
  const cacheOf = cacheAt(site, options.cache);
  const regionOf = regionAt(site, options.region, cacheOf);

  const storing = (result: unknown, instance: object, args: unknown[]): Omit<PutTarget, 'region' | 'key'> => {
    if (result === undefined || unless?.call(instance, result, ...args)) return { skip: true };
    const lifetime = typeof ttl === 'function' ? computed(ttl.call(instance, result, ...args)) : ttl;
    const given = typeof tags === 'function' ? tags.call(instance, result, ...args) : tags;
    // A tag that cannot be one is refused here, where the key is known and can still be evicted.
    canonicalTags(given);
    return { ttl: lifetime === 0 ? undefined : lifetime, tags: given, skip: lifetime === 0 };
  };

  return (instance, args) => {
    const cache = cacheOf(instance);
    const region = regionOf(instance);
    if (condition !== undefined && !condition.apply(instance, args)) return undefined;
    const keyOf = keyOfResult(options, instance, args);
    return {
      cache,
      target(result) {
        let key: CacheKey | undefined;
        try {
          key = keyOf(result);
          return { region, key, ...storing(result, instance, args) };
        } catch (error) {
          // The method has changed something already: the old value must go, whatever the callback's mistake.
          evictAnyway(region, key === undefined ? 'all' : [key]);
          throw error;
        }
      },
    };
  };
}

function keyOfResult(options: AnyCachePutOptions, instance: object, args: unknown[]): (result: unknown) => CacheKey {
  const { keyFromResult } = options;
  // A key that cannot be one is refused before anything is evicted, or half of it would be.
  if (keyFromResult) return (result) => checked(keyFromResult.call(instance, result, ...args));
  // And, where that can be, before the method changes anything.
  const key = checked(options.key.apply(instance, args));
  return () => key;
}

function checked(key: CacheKey): CacheKey {
  canonicalKey(key);
  return key;
}

/** A computed TTL of 0 or less says that the value is already over. */
function computed(ttl: Duration): number {
  return typeof ttl === 'number' && ttl <= 0 ? 0 : milliseconds(ttl, 'ttl');
}
