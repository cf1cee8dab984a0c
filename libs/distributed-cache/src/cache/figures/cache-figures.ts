import type { CoherenceState } from '../../coherence/coherence.js';
import type { FlushReason } from '../../coherence/follow/log-follower.js';
import type { BridgeStats } from '../../coherence/bridge-stats.js';
import { sizeUnits } from '../../store/local-store.js';
import { statsOfRegion, statusOf, type StatusParts } from '../status.js';
import { newRegionStats, type RegionStats } from '../stats.js';

/** What one region holds and has counted. @internal */
export interface RegionFigures extends RegionStats {
  /** The sum of what `sizeOf` gave for its entries; 0 without `sizeOf`. */
  size: number;
}

/** Everything that is measured of one cache at one moment. @internal */
export interface CacheFigures {
  readonly namespace: string;
  /** The regions by name, those that were left out of `cache.stats()` not among them. */
  readonly regions: ReadonlyMap<string, RegionFigures>;
  /** The counts of the regions that were left out. */
  readonly others: RegionFigures;
  readonly bridge: BridgeStats;
  readonly flushes: ReadonlyMap<FlushReason, number>;
  readonly state: CoherenceState;
  /** How many targets are not in the log yet. */
  readonly outbox: number;
  /** For how long the oldest of them has waited, in ms. */
  readonly outboxAge: number;
  /** How many instances the list of members had lately; `undefined`: that is not known now. */
  readonly members: number | undefined;
  /** In ms; `null`: there is none. */
  readonly leaseAge: number | null;
}

/** @internal */
export function figuresOf(cache: StatusParts): CacheFigures {
  const { coherence, copies } = cache;
  const regions = new Map<string, RegionFigures>();
  for (const { name, stats, store } of copies.regions())
    regions.set(name, { ...statsOfRegion({ stats, store }), size: store.totalSize / sizeUnits(1) });
  const { namespace, state, outbox, leaseAge } = statusOf(cache);
  return {
    namespace,
    regions,
    others: { ...(copies.others ?? newRegionStats()), size: 0 },
    bridge: coherence.stats,
    flushes: coherence.flushes,
    state,
    outbox,
    outboxAge: coherence.outboxAge,
    members: coherence.members,
    leaseAge,
  };
}
