import type { DistributedCache } from '../../cache/distributed-cache.js';
import type { EvictOptions } from '../../cache/everywhere.js';
import { canonicalTags } from '../../cache/store-options.js';
import { describeKind } from '../../common/describe-value.js';
import { errorFrom } from '../../common/error-from.js';
import { ignoreRejection } from '../../common/ignore-rejection.js';
import { InvalidKeyError } from '../../errors.js';
import { type CacheKey, canonicalKey } from '../../keys/canonical-key.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { type AnyCacheEvictOptions, evictsOnlyTags } from '../cache-evict.options.js';
import { cacheAt, regionAt, slotAt } from './bound-region.js';
import { keyOfArguments } from './handler-arguments.js';
import { type MethodSite, placeOf } from './method-site.js';

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

/** @internal */
export function evictionPlan(site: MethodSite, options: AnyCacheEvictOptions): EvictionPlan {
  const { condition, keyFromResult, tags, beforeInvocation, evictOnError, everywhere } = options;
  const isBefore = beforeInvocation === true;
  const slot = slotAt(site, options.cache);
  const cacheOf = cacheAt(site, slot);
  const regionOf = evictsOnlyTags(options) ? undefined : regionAt(site, options.region, slot);
  const targetsOf = regionTargets(site, options);
  const place = placeOf(site);

  return (instance, args) => {
    const cache = cacheOf(instance);
    const region = regionOf?.(instance).name;
    if (condition !== undefined && !condition.apply(instance, args)) return undefined;
    const known = region === undefined || keyFromResult ? [] : targetsOf(region, instance, args);
    const knownTags = typeof tags === 'function' ? [] : tagTargets(tags, place);
    return {
      evictionFor(result) {
        let inRegion: readonly InvalidationTarget[] | undefined = keyFromResult ? undefined : known;
        try {
          if (region !== undefined && keyFromResult) {
            const key = keyFromResult.call(instance, result, ...args);
            inRegion = key === undefined ? [] : [keyTarget(region, key, `${place}: keyFromResult`)];
          }
          const tagged =
            typeof tags === 'function'
              ? tagTargets(tags.apply(instance, isBefore ? args : [result, ...args]), place)
              : knownTags;
          return { cache, targets: [...(inRegion ?? []), ...tagged], options: { everywhere } };
        } catch (error) {
          // The method has changed something: what may be stale has to go, whatever the mistake in the callback.
          const stale = region === undefined ? undefined : staleWithoutKey(result, error);
          inRegion ??= stale && region !== undefined ? [{ ...stale, region }] : [];
          if (!isBefore) evictAnyway(cache, [...inRegion, ...knownTags]);
          throw error;
        }
      },
      evictsAfter: (error) => evictOnError?.call(instance, error, ...args) ?? false,
    };
  };
}

/**
 * What may be stale when a callback could not name the key of a result: any entry of the region; `undefined`: nothing, since the callback
 * has looked for the key in a result that is `null` or `undefined`, as of an id that does not exist. Whoever can ask for such an id would
 * otherwise empty the region of every instance as often as he likes.
 *
 * @internal
 */
export function staleWithoutKey(result: unknown, error: unknown): { readonly kind: 'region' } | undefined {
  const isNothing = result === undefined || result === null;
  return isNothing && errorFrom(error).name === 'TypeError' ? undefined : { kind: 'region' };
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

/** Gives what the arguments of a call name in the region. */
function regionTargets(
  site: MethodSite,
  { all, keys, key }: AnyCacheEvictOptions,
): (region: string, instance: object, args: unknown[]) => readonly InvalidationTarget[] {
  if (all) return (region) => [{ kind: 'region', region }];
  const place = placeOf(site);
  if (keys) {
    return (region, instance, args) => {
      const given = keys.apply(instance, args);
      // A text can be iterated too, letter by letter: nobody means that.
      if (!isIterableObject(given)) {
        throw new InvalidKeyError(
          `${place}: keys gave ${describeKind(given)}; allowed: a list of keys, or anything else that can be iterated.`,
        );
      }
      return Array.from(given, (each) => keyTarget(region, each, `${place}: keys`));
    };
  }
  if (key) return (region, instance, args) => [keyTarget(region, key.apply(instance, args), `${place}: key`)];
  const keyByDefault = keyOfArguments(site);
  return (region, instance, args) => [keyTarget(region, keyByDefault(instance, args), place)];
}

function keyTarget(region: string, key: CacheKey, where: string): InvalidationTarget {
  return { kind: 'key', region, key: canonicalKey(key, where) };
}

function tagTargets(tags: string | readonly string[] | undefined, place: string): readonly InvalidationTarget[] {
  return canonicalTags(tags, `${place}: tags`).map((tag) => ({ kind: 'tag', tag }));
}

function isIterableObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
