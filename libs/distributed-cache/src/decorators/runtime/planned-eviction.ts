import type { DistributedCache } from '../../cache/distributed-cache.js';
import { heard } from '../../cache/delivered-result.js';
import { defaultKey } from '../../keys/default-key.js';
import { type CacheKey, canonicalKey } from '../../keys/canonical-key.js';
import type { AnyEvictOptions, Everywhere } from '../../cache/everywhere.js';
import type { Region } from '../../cache/region.js';
import { canonicalTags } from '../../cache/store-options.js';
import { cacheAt, regionAt } from './bound-region.js';
import { type AnyCacheEvictOptions, evictsOnlyTags } from '../cache-evict.options.js';
import type { MethodSite } from './method-site.js';
import type { Tags } from '../method-types.js';

/** What one eviction removes. @internal */
export interface EvictionTarget {
  readonly cache: DistributedCache;
  /** `undefined`: it only evicts tags. */
  readonly region: Region | undefined;
  readonly keys: readonly CacheKey[] | 'all';
  readonly tags: Tags;
  readonly everywhere: Everywhere | undefined;
}

/** An eviction of one call, once everything that only depends on the arguments is known. @internal */
export interface PlannedEviction {
  /** Asks the callbacks that are still to be asked; nothing is evicted yet. */
  target(result: unknown): EvictionTarget;
  evictsAfter(error: unknown): boolean;
}

/** Plans the eviction for one call; `undefined` when its condition does not hold. @internal */
export type EvictionPlan = (instance: object, args: unknown[]) => PlannedEviction | undefined;

/** @internal */
export function evictionPlan(site: MethodSite, options: AnyCacheEvictOptions): EvictionPlan {
  const { condition, keyFromResult, tags, beforeInvocation, evictOnError, everywhere } = options;
  const isBefore = beforeInvocation === true;
  const cacheOf = cacheAt(site, options.cache);
  const regionOf = evictsOnlyTags(options) ? undefined : regionAt(site, options.region, cacheOf);

  return (instance, args) => {
    const cache = cacheOf(instance);
    const region = regionOf?.(instance);
    if (condition !== undefined && !condition.apply(instance, args)) return undefined;
    const known = region && !keyFromResult ? keysOf(options, instance, args) : [];
    return {
      target(result) {
        let keys = known;
        try {
          if (keyFromResult) keys = checked([keyFromResult.call(instance, result, ...args)]);
          return { cache, region, keys, tags: tagsOf(tags, instance, isBefore ? args : [result, ...args]), everywhere };
        } catch (error) {
          // The method has changed something already: what may be concerned must go, whatever the callback's mistake.
          if (!isBefore) evictAnyway(region, keyFromResult && keys === known ? 'all' : keys);
          throw error;
        }
      },
      evictsAfter: (error) => evictOnError?.call(instance, error, ...args) ?? false,
    };
  };
}

/** Evicts although the caller is about to get another error. @internal */
export function evictAnyway(region: Region | undefined, keys: readonly CacheKey[] | 'all'): void {
  if (region) void heard(keys === 'all' ? region.clear() : region.evictMany(keys));
}

/** Evicts all of it at once, so that it leaves in one message; settles as its slowest part does. @internal */
export function evictTogether(targets: readonly EvictionTarget[]): Promise<unknown> {
  return Promise.all(targets.flatMap(evict));
}

function evict({ cache, region, keys, tags, everywhere }: EvictionTarget): Promise<unknown>[] {
  const evictions: Promise<unknown>[] = [];
  const options: AnyEvictOptions = everywhere === undefined ? {} : { everywhere };
  if (region && keys === 'all') evictions.push(region.clear(options));
  else if (region && keys !== 'all' && keys.length > 0) evictions.push(region.evictMany(keys, options));
  if (tags.length > 0) evictions.push(cache.evictTags(tags, options));
  return evictions;
}

function keysOf(
  { all, keys, key }: AnyCacheEvictOptions,
  instance: object,
  args: unknown[],
): readonly CacheKey[] | 'all' {
  if (all) return 'all';
  if (keys) return checked([...keys.apply(instance, args)]);
  return checked([key ? key.apply(instance, args) : defaultKey(...args)]);
}

function tagsOf(tags: AnyCacheEvictOptions['tags'], instance: object, args: unknown[]): Tags {
  const given = typeof tags === 'function' ? tags.apply(instance, args) : (tags ?? []);
  // A tag that cannot be one is refused before anything is evicted, or half of it would be.
  canonicalTags(given);
  return given;
}

function checked(keys: readonly CacheKey[]): readonly CacheKey[] {
  keys.forEach(canonicalKey);
  return keys;
}
