import type { CoherenceState } from '../coherence/coherence.js';

/** What `cache.health()` tells. @publicApi */
export interface CacheHealth {
  /**
   * - `'up'`: the instance is alone or coherent.
   * - `'degraded'`: it serves, and something needs attention: Redis cannot be reached, or does not take what was evicted here.
   * - `'down'`: only with `abortConnect`, until the first sync has succeeded: the application has not started. Never later: when Redis dies,
   *   every instance notices it, and a load balancer must not take all of them out.
   */
  readonly status: 'up' | 'degraded' | 'down';
  /** As in `cache.status()`. */
  readonly state: CoherenceState;
  /** As in `cache.status()`, in whole ms. */
  readonly leaseAge: number | null;
  /** As in `cache.status()`. */
  readonly outbox: number;
}

/**
 * @param isAwaited - whether the application does not start before the first sync, which has not succeeded yet
 *
 * @internal
 */
export function healthOf(state: CoherenceState, isAwaited: boolean): CacheHealth['status'] {
  if (isAwaited && state !== 'local') return 'down';
  return state === 'local' || state === 'coherent' ? 'up' : 'degraded';
}
