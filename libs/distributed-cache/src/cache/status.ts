import type { Coherence, CoherenceState } from '../coherence/coherence.js';
import type { Clock } from '../common/clock.js';
import type { CacheTrace } from '../common/tracing-channels.js';
import type { Copies } from './copies.js';
import type { RegionState } from './region-state.js';
import type { CacheStats, RegionStats } from './stats.js';

/** What `cache.status()` gives: how the cache is at this moment. @publicApi */
export interface CacheStatus {
  /**
   * `'local'`: there are no other instances. `'connecting'`: the first sync is not complete. `'coherent'`: every invalidation arrives.
   * `'undelivered'`: so it is, but something that was evicted here has waited longer than `publishTimeout` and has not reached the log.
   * `'disconnected'`: invalidations may be missed; copies are served until the lease ends.
   */
  readonly state: CoherenceState;
  /** Whether what is evicted here gets out: nothing has waited for the log for longer than `publishTimeout`. `true` in local mode. */
  readonly delivering: boolean;
  /** `<host>:<pid>:<random>` */
  readonly instanceId: string;
  /** What separates applications that share a Redis. */
  readonly namespace: string;
  /**
   * Age of the lease: how long ago, in ms, the last complete sync was sent. 0 in local mode, `null` before the first sync, and after a
   * suspension of the machine until the next one.
   */
  readonly leaseAge: number | null;
  /** How many invalidation targets wait in the outbox: the log does not have them yet. */
  readonly outbox: number;
  /** The id of the newest log entry up to which everything is applied; `undefined` before the first sync. */
  readonly position: string | undefined;
}

/** The parts of a cache that its status is read from. @internal */
export interface StatusParts {
  readonly coherence: Coherence;
  readonly clock: Clock;
  readonly copies: Copies;
  readonly identity: Pick<CacheTrace, 'namespace' | 'instanceId'>;
}

/** @internal */
export function statusOf({ coherence, clock, identity }: StatusParts): CacheStatus {
  const { state } = coherence;
  const leaseAge = clock.now() - coherence.lease.syncedAt;
  return {
    state,
    delivering: coherence.isDelivering,
    instanceId: identity.instanceId,
    namespace: identity.namespace,
    leaseAge: state === 'local' ? 0 : Number.isFinite(leaseAge) ? leaseAge : null,
    outbox: coherence.waiting,
    position: coherence.position,
  };
}

/** @internal */
export function statsOf({ copies, coherence }: StatusParts): CacheStats {
  const regions: [string, RegionStats][] = [];
  for (const region of copies.regions()) regions.push([region.name, statsOfRegion(region)]);
  const { others } = copies;
  return {
    regions: Object.fromEntries(regions),
    ...(others && { others: { ...others } }),
    bridge: coherence.stats,
  };
}

/** @internal */
export function statsOfRegion({ stats, store }: Pick<RegionState, 'stats' | 'store'>): RegionStats {
  return { ...stats, entries: store.size };
}
