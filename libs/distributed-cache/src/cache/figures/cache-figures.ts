import type { CoherenceState } from '../../coherence/coherence.js';
import type { FlushReason } from '../../coherence/follow/log-follower.js';
import type { BridgeStats } from '../../coherence/bridge-stats.js';
import { sizeUnits } from '../../store/local-store.js';
import type { LocalCache } from '../local-cache.js';
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
  /** In ms; `undefined`: there is none. */
  readonly leaseAge: number | undefined;
}

/** @internal */
export function figuresOf({ clock, coherence, copies, settings }: LocalCache): CacheFigures {
  const regions = new Map<string, RegionFigures>();
  for (const { name, stats, store } of copies.regions())
    regions.set(name, { ...stats, entries: store.size, size: store.totalSize / sizeUnits(1) });
  const { state } = coherence;
  const leaseAge = state === 'local' ? 0 : clock.now() - coherence.lease.syncedAt;
  return {
    namespace: settings.namespace,
    regions,
    others: { ...(copies.others ?? newRegionStats()), size: 0 },
    bridge: coherence.stats,
    flushes: coherence.flushes,
    state,
    outbox: coherence.waiting,
    outboxAge: coherence.outboxAge,
    leaseAge: Number.isFinite(leaseAge) ? leaseAge : undefined,
  };
}
