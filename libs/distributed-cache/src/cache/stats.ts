import type { BridgeStats } from '../coherence/bridge-stats.js';

/** What happened in one region on this instance since it started. Counts, all of them. @publicApi */
export interface RegionStats {
  /** Entries held now, expired ones that nobody has asked for since included. */
  entries: number;
  hits: number;
  /** Reads that found nothing to serve; those that joined a running load included. */
  misses: number;
  loads: number;
  loadErrors: number;
  /** Hits on expired entries that a load policy allowed. */
  staleServed: number;
  /** Loads and puts whose result was not stored because an invalidation overtook them. */
  fenced: number;
  /** Entries removed before their time: evicted here, invalidated by another instance, or crowded out by a bound. */
  evictions: number;
  /** Entries found to have outlived their TTL. */
  expirations: number;
}

/** @publicApi */
export interface CacheStats {
  readonly regions: Readonly<Record<string, Readonly<RegionStats>>>;
  readonly bridge: Readonly<BridgeStats>;
}

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
    evictions: 0,
    expirations: 0,
  };
}
