import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { EvictOptions } from '../../cache/everywhere.js';
import { canonicalTags } from '../../cache/store-options.js';
import { ignoreRejection } from '../../common/ignore-rejection.js';
import { type CacheKey, canonicalKey } from '../../keys/canonical-key.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { type AnyCacheEvictOptions, evictsOnlyTags } from '../cache-evict.options.js';
import { cacheAt, regionAt, slotAt } from './bound-region.js';
import { keyOfArguments } from './handler-arguments.js';
import type { MethodSite } from './method-site.js';

/** One eviction, ready to be carried out. @internal */
export interface Eviction {
  readonly cache: DistributedCache;
  readonly targets: readonly InvalidationTarget[];
  readonly options: EvictOptions;
}

/** The eviction of one call. Everything that depends on the arguments alone is known. @internal */
export interface PlannedEviction {
  /** The eviction, from the result of the method; nothing is evicted yet. If a callback throws, what may be stale is evicted. */
  evictionFor(result: unknown): Eviction;
  /** Whether to evict although the method failed with this error. */
  evictsAfter(error: unknown): boolean;
}

/** Plans the eviction of one call; `undefined`: its `condition` does not hold. @internal */
export type EvictionPlan = (instance: object, args: unknown[]) => PlannedEviction | undefined;

/** Gives the key of one call. */
type KeyOf = (instance: object, args: unknown[]) => CacheKey;

/** @internal */
export function evictionPlan(site: MethodSite, options: AnyCacheEvictOptions): EvictionPlan {
  const { condition, keyFromResult, tags, beforeInvocation, evictOnError, everywhere } = options;
  const isBefore = beforeInvocation === true;
  const { key } = options;
  const keyOf: KeyOf = key ? (instance, args) => key.apply(instance, args) : keyOfArguments(site);
  const slot = slotAt(site, options.cache);
  const cacheOf = cacheAt(site, slot);
  const regionOf = evictsOnlyTags(options) ? undefined : regionAt(site, options.region, slot);

  return (instance, args) => {
    const cache = cacheOf(instance);
    const region = regionOf?.(instance).name;
    if (condition !== undefined && !condition.apply(instance, args)) return undefined;
    const known = region === undefined || keyFromResult ? [] : regionTargets(region, options, keyOf, instance, args);
    const knownTags = typeof tags === 'function' ? [] : tagTargets(tags);
    return {
      evictionFor(result) {
        let inRegion = known;
        try {
          if (region !== undefined && keyFromResult) {
            inRegion = [keyTarget(region, keyFromResult.call(instance, result, ...args))];
          }
          const tagged =
            typeof tags === 'function'
              ? tagTargets(tags.apply(instance, isBefore ? args : [result, ...args]))
              : knownTags;
          return { cache, targets: [...inRegion, ...tagged], options: { everywhere } };
        } catch (error) {
          // The method has changed something: what may be stale has to go, whatever the mistake in the callback.
          const isKeyUnknown = region !== undefined && keyFromResult && inRegion === known;
          const stale = isKeyUnknown ? [{ kind: 'region' as const, region }] : inRegion;
          if (!isBefore) evictAnyway(cache, [...stale, ...knownTags]);
          throw error;
        }
      },
      evictsAfter: (error) => evictOnError?.call(instance, error, ...args) ?? false,
    };
  };
}

/** Evicts for a caller that is about to get another error, and so does not wait for it. @internal */
export function evictAnyway(cache: DistributedCache, targets: readonly InvalidationTarget[]): void {
  void ignoreRejection(cache.evictTargets(targets));
}

/** Carries out several evictions as one; settles as the slowest of them. @internal */
export function evictTogether(evictions: readonly Eviction[]): Promise<unknown> {
  // An eviction of nothing is left out: a cache that was shut down would refuse it.
  const due = evictions.filter(({ targets }) => targets.length > 0);
  const caches = new Set(due.map(({ cache }) => cache));
  const evict = (): Promise<unknown>[] =>
    due.map(({ cache, targets, options }) => cache.evictTargets(targets, options));
  return Promise.all([...caches].reduce((change, cache) => () => cache.asOne(change), evict)());
}

function regionTargets(
  region: string,
  { all, keys }: AnyCacheEvictOptions,
  keyOf: KeyOf,
  instance: object,
  args: unknown[],
): readonly InvalidationTarget[] {
  if (all) return [{ kind: 'region', region }];
  if (keys) return Array.from(keys.apply(instance, args), (each) => keyTarget(region, each));
  return [keyTarget(region, keyOf(instance, args))];
}

function keyTarget(region: string, key: CacheKey): InvalidationTarget {
  return { kind: 'key', region, key: canonicalKey(key) };
}

function tagTargets(tags: string | readonly string[] | undefined): readonly InvalidationTarget[] {
  return canonicalTags(tags).map((tag) => ({ kind: 'tag', tag }));
}
