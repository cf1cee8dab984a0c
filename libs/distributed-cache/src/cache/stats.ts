import type { BridgeStats } from '../coherence/bridge-stats.js';

/** What happened in one region on this instance since it started. All are counts. @publicApi */
export interface RegionStats {
  /**
   * Entries that are stored now. Expired entries count until a read finds them or a bound removes them, and of more than 2,000 entries
   * whose tag was evicted, some count for a few turns of the event loop more; none of them is served.
   */
  entries: number;
  /** Reads that were answered from memory. */
  hits: number;
  /** Reads that found nothing to serve, each counted once per call and id; those that joined a running load included. */
  misses: number;
  loads: number;
  loadErrors: number;
  /** Expired entries that were served because a load policy allowed it. */
  staleServed: number;
  /** Loads and puts whose result was not stored, because something that covers it was invalidated while they ran. */
  fenced: number;
  /** Entries removed because they may be untrue: evicted here, invalidated by another instance, or dropped by a flush. */
  invalidated: number;
  /** Entries removed because they outlived their TTL; counted when a read finds them. */
  expired: number;
  /**
   * Entries whose place a newer value took. They count even if that value was then not stored, because it is larger than `maxSize`, has a
   * negative `ttl` or cannot be cloned. A put that stores nothing (`undefined`, `unless`, a computed TTL of 0 or less, or fenced) counts
   * as `invalidated`.
   */
  replaced: number;
  /** Entries removed because a bound was reached: what `maxEntries` and `maxSize` are chosen by. */
  evicted: number;
  /** Values that were not stored because they are larger than `maxSize`, or not worth what they would have displaced. */
  rejected: number;
  /** Times an audit has found an entry that its source does not have any more, although nothing has invalidated it. */
  forgotten: number;
}

/** What `cache.stats()` gives: counts since the cache was started. @publicApi */
export interface CacheStats {
  /**
   * The regions by name. When there are more than 1,000 names, a region that has no entries, no running loads and no settings of its own
   * may be left out, and begins with zeros when it is used again.
   */
  readonly regions: Readonly<Record<string, Readonly<RegionStats>>>;
  /** The counts of the regions that were left out; not there if none was. Together with those of `regions`, no count ever falls. */
  readonly others?: Readonly<RegionStats> | undefined;
  readonly bridge: Readonly<BridgeStats>;
}

/** Why an entry was removed. @internal */
export type RemovalCause = 'invalidated' | 'expired' | 'replaced' | 'evicted';

/** @internal */
export function newRegionStats(): RegionStats {
  return {
    entries: 0,
    hits: 0,
    misses: 0,
    loads: 0,
    loadErrors: 0,
    staleServed: 0,
    fenced: 0,
    invalidated: 0,
    expired: 0,
    replaced: 0,
    evicted: 0,
    rejected: 0,
    forgotten: 0,
  };
}

/** Adds all counts of `more` to `stats`. @internal */
export function addStats(stats: RegionStats, more: Readonly<RegionStats>): void {
  let name: keyof RegionStats;
  for (name in more) stats[name] += more[name];
}
