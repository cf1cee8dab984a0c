import type { WhenDisconnected } from '../protocol/member.js';

/**
 * The bound on staleness: for how long a copy may be served since this instance last knew what had been invalidated.
 *
 * @see docs/coherence.md
 * @internal
 */
export class Lease {
  readonly #maxStaleness: number;
  #syncedAt = Number.NEGATIVE_INFINITY;
  /** `syncedAt` + `maxStaleness`, or `Infinity`: a hit compares it with the clock, and nothing else while all is well. */
  #liveUntil = Number.NEGATIVE_INFINITY;
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
    if (this.isLive(now)) return true;
    return whenDisconnected === 'reload' && loadedAt >= this.#trustedFrom && now - loadedAt <= this.#maxStaleness;
  }

  /** Whether copies are vouched for by a sync. */
  isLive(now: number): boolean {
    return now <= this.#liveUntil;
  }

  renew(syncSentAt: number): void {
    // Sent before the machine slept: the answer may be as old as the sleep was long.
    if (syncSentAt < this.#trustedFrom) return;
    this.#syncedAt = Math.max(this.#syncedAt, syncSentAt);
    this.#liveUntil = this.#syncedAt + this.#maxStaleness;
  }

  /** Distrusts all that was loaded before `now`, until the next sync: the machine slept, and nobody counted that time. */
  lapse(now: number): void {
    this.#syncedAt = this.#liveUntil = Number.NEGATIVE_INFINITY;
    this.#trustedFrom = now;
  }

  /** There is nobody else who could change anything: local mode. */
  neverLapse(): void {
    this.#liveUntil = Number.POSITIVE_INFINITY;
  }
}
