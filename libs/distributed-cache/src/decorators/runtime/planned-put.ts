import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { PutEntry } from '../../cache/loading/put.js';
import { canonicalTags, computedTtl, isStorable, ttlOf } from '../../cache/store-options.js';
import { type CacheKey, canonicalKey } from '../../keys/canonical-key.js';
import type { AnyCachePutOptions } from '../cache-put.options.js';
import { cacheAt, regionAt, slotAt } from './bound-region.js';
import { label, type MethodSite, placeOf } from './method-site.js';
import { evictAnyway, staleWithoutKey } from './planned-eviction.js';

/** The put of one call. Everything that depends on the arguments alone is known. @internal */
export interface PlannedPut {
  readonly cache: DistributedCache;
  /** The entry to write, from the result; `undefined`: none. If a callback throws, the entries that may be stale are evicted. */
  entryFor(result: unknown): PutEntry | undefined;
}

/** Plans the put of one call; `undefined`: its `condition` does not hold. @internal */
export type PutPlan = (instance: object, args: unknown[]) => PlannedPut | undefined;

/** @internal */
export function putPlan(site: MethodSite, options: AnyCachePutOptions): PutPlan {
  const { condition } = options;
  const slot = slotAt(site, options.cache);
  const cacheOf = cacheAt(site, slot);
  const regionOf = regionAt(site, options.region, slot);
  const place = placeOf(site);
  const where = label(site.target, site.name);

  return (instance, args) => {
    const cache = cacheOf(instance);
    const { state: region } = regionOf(instance);
    if (condition !== undefined && !condition.apply(instance, args)) return undefined;
    const keyOf = keyOfResult(place, options, instance, args);
    return {
      cache,
      entryFor(result) {
        let key: string | undefined;
        const unless = (): boolean => options.unless?.call(instance, result, ...args) ?? false;
        try {
          const mayBeStored = isStorable(result, region.settings.policy);
          const isStored = mayBeStored && !unless();
          key = keyOf(result, () => (mayBeStored ? !isStored : unless()));
          if (key === undefined) return undefined;
          return { region, key, where, ...attributesOf(place, options, isStored, result, instance, args) };
        } catch (error) {
          // The method has changed something: the old value has to go, whatever the mistake in the callback.
          const stale = key === undefined ? staleWithoutKey(result, error) : ({ kind: 'key', key } as const);
          if (stale) evictAnyway(cache, [{ ...stale, region: region.name }]);
          throw error;
        }
      },
    };
  };
}

/** Gives the canonical key of the entry; `undefined`: there is nothing to put or to evict. */
type KeyOfResult = (result: unknown, isTurnedDown: () => boolean) => string | undefined;

/** One that depends on the arguments alone is checked before the method changes anything. */
function keyOfResult(place: string, options: AnyCachePutOptions, instance: object, args: unknown[]): KeyOfResult {
  const { keyFromResult } = options;
  if (!keyFromResult) {
    const key = canonicalKey(options.key.apply(instance, args), `${place}: key`);
    return () => key;
  }
  return (result, isTurnedDown) => {
    let key: CacheKey | undefined;
    try {
      key = keyFromResult.call(instance, result, ...args);
    } catch (error) {
      // It need not know what to do with a result that `unless` turns down.
      if (!isTurnedDown()) throw error;
    }
    return key === undefined ? undefined : canonicalKey(key, `${place}: keyFromResult`);
  };
}

function attributesOf(
  place: string,
  { ttl, tags }: AnyCachePutOptions,
  isStored: boolean,
  result: unknown,
  instance: object,
  args: unknown[],
): Pick<PutEntry, 'ttl' | 'isTtlComputed' | 'tags' | 'isStored'> {
  if (!isStored) return { ttl: undefined, tags: [], isStored: false };
  const lifetime =
    typeof ttl === 'function' ? computedTtl(ttl.call(instance, result, ...args), `${place}: ttl`) : ttlOf(ttl, place);
  const given = typeof tags === 'function' ? tags.call(instance, result, ...args) : tags;
  const isTtlComputed = typeof ttl === 'function' && lifetime !== undefined;
  return { ttl: lifetime, isTtlComputed, tags: canonicalTags(given, `${place}: tags`), isStored: lifetime !== 0 };
}
