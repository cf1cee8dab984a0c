import type { WhenDisconnected } from '../protocol/member.js';

/**
 * The bound on staleness: a copy may be served for at most `maxStaleness` after the last moment at which this instance knew of every
 * invalidation, or after its load began, if that was later.
 *
 * @see docs/coherence.md
 * @internal
 */
export class Lease {
  readonly #maxStaleness: number;
  #syncedAt = Number.NEGATIVE_INFINITY;
  /** `syncedAt` + `maxStaleness`, or `Infinity`. Precomputed: while the lease is live, a hit makes this one comparison. */
  #liveUntil = Number.NEGATIVE_INFINITY;
  /** Syncs that were sent earlier, and values whose load began earlier, are not trusted. */
  #trustedFrom = Number.NEGATIVE_INFINITY;

  constructor(maxStaleness: number) {
    this.#maxStaleness = maxStaleness;
  }

  /** Monotonic ms at which the last complete sync was sent; `-Infinity` before the first. */
  get syncedAt(): number {
    return this.#syncedAt;
  }

  /**
   * Whether the lease allows, at `now`, to serve a value whose load began at `loadedAt`, or to join that load. It does not know the TTL:
   * `Copies.find` asks about both.
   */
  mayServe(loadedAt: number, now: number, whenDisconnected: WhenDisconnected): boolean {
    return this.isLive(now) || this.#mayReload(loadedAt, now, whenDisconnected);
  }

  /** As {@link mayServe}, for a value whose TTL has ended: once the lease is over, only a cache without a bound of staleness serves it. */
  mayServeExpired(loadedAt: number, now: number, whenDisconnected: WhenDisconnected): boolean {
    return this.isLive(now) || (this.#maxStaleness === Infinity && this.#mayReload(loadedAt, now, whenDisconnected));
  }

  /** As {@link mayServe}, as if no sync after the one that was sent at `syncedAt` had been complete. */
  mayServeSince(syncedAt: number, loadedAt: number, now: number, whenDisconnected: WhenDisconnected): boolean {
    const isLive = this.isLive(now) && now - syncedAt <= this.#maxStaleness;
    return isLive || this.#mayReload(loadedAt, now, whenDisconnected);
  }

  /** Whether a sync vouches for all copies. */
  isLive(now: number): boolean {
    return now <= this.#liveUntil;
  }

  /** A sync that was sent at `syncSentAt` is complete. */
  renew(syncSentAt: number): void {
    // It was sent before the machine was suspended: its answer may be as old as the suspension was long.
    if (syncSentAt < this.#trustedFrom) return;
    this.#syncedAt = Math.max(this.#syncedAt, syncSentAt);
    this.#liveUntil = this.#syncedAt + this.#maxStaleness;
  }

  /** Distrusts everything that was loaded before `now`, until the next sync: the machine was suspended, and no clock counted that time. */
  lapse(now: number): void {
    this.#syncedAt = this.#liveUntil = Number.NEGATIVE_INFINITY;
    this.#trustedFrom = now;
  }

  /** Local mode: there is no other instance that could invalidate anything. */
  neverLapse(): void {
    this.#liveUntil = Number.POSITIVE_INFINITY;
  }

  #mayReload(loadedAt: number, now: number, whenDisconnected: WhenDisconnected): boolean {
    return whenDisconnected === 'reload' && loadedAt >= this.#trustedFrom && now - loadedAt <= this.#maxStaleness;
  }
}
