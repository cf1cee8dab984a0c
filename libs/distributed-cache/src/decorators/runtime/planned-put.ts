import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { PutEntry } from '../../cache/loading/put.js';
import { canonicalTags, ttlOf } from '../../cache/store-options.js';
import { type Duration, milliseconds } from '../../common/duration.js';
import { canonicalKey } from '../../keys/canonical-key.js';
import type { AnyCachePutOptions } from '../cache-put.options.js';
import { cacheAt, regionAt, slotAt } from './bound-region.js';
import type { MethodSite } from './method-site.js';
import { evictAnyway } from './planned-eviction.js';

/** The put of one call. Everything that depends on the arguments alone is known. @internal */
export interface PlannedPut {
  readonly cache: DistributedCache;
  /** The entry to write, from the result of the method. If a callback throws, the entries that may be stale are evicted. */
  entryFor(result: unknown): PutEntry;
}

/** Plans the put of one call; `undefined`: its `condition` does not hold. @internal */
export type PutPlan = (instance: object, args: unknown[]) => PlannedPut | undefined;

/** @internal */
export function putPlan(site: MethodSite, options: AnyCachePutOptions): PutPlan {
  const { condition } = options;
  const slot = slotAt(site, options.cache);
  const cacheOf = cacheAt(site, slot);
  const regionOf = regionAt(site, options.region, slot);

  return (instance, args) => {
    const cache = cacheOf(instance);
    const { state: region } = regionOf(instance);
    if (condition !== undefined && !condition.apply(instance, args)) return undefined;
    const keyOf = keyOfResult(options, instance, args);
    return {
      cache,
      entryFor(result) {
        let key: string | undefined;
        try {
          key = keyOf(result);
          return { region, key, ...attributesOf(options, result, instance, args) };
        } catch (error) {
          // The method has changed something: the old value has to go, whatever the mistake in the callback.
          const target = key === undefined ? ({ kind: 'region' } as const) : ({ kind: 'key', key } as const);
          evictAnyway(cache, [{ ...target, region: region.name }]);
          throw error;
        }
      },
    };
  };
}

/** Gives the canonical key of the entry. One that depends on the arguments alone is checked before the method changes anything. */
function keyOfResult(options: AnyCachePutOptions, instance: object, args: unknown[]): (result: unknown) => string {
  const { keyFromResult } = options;
  if (keyFromResult) return (result) => canonicalKey(keyFromResult.call(instance, result, ...args));
  const key = canonicalKey(options.key.apply(instance, args));
  return () => key;
}

function attributesOf(
  { unless, ttl, tags }: AnyCachePutOptions,
  result: unknown,
  instance: object,
  args: unknown[],
): Pick<PutEntry, 'ttl' | 'tags' | 'isStored'> {
  if (result === undefined || unless?.call(instance, result, ...args)) {
    return { ttl: undefined, tags: [], isStored: false };
  }
  const lifetime = typeof ttl === 'function' ? computedTtl(ttl.call(instance, result, ...args)) : ttlOf(ttl, 'ttl');
  const given = typeof tags === 'function' ? tags.call(instance, result, ...args) : tags;
  return { ttl: lifetime, tags: canonicalTags(given), isStored: lifetime !== 0 };
}

/** A computed TTL of 0 or less means that the value has already expired. */
function computedTtl(ttl: Duration): number {
  return typeof ttl === 'number' && ttl <= 0 ? 0 : milliseconds(ttl, 'ttl');
}
