import type { CancelTimer, Clock } from '../common/clock.js';

/** Silence begins when no sync has been complete for this share of `maxStaleness`. */
const BEGINS_AFTER = 1 / 3;
/** The same, while the link seems to work: its heartbeats may be as far apart, and the answer to the next one may be on its way. */
const BEGINS_AFTER_HEARTBEAT = BEGINS_AFTER + 1 / 12;

/** @internal */
export interface SilenceEvents {
  /** There has been no news for a third of `maxStaleness`. */
  began(): void;
  /** A sync is complete again. Called only after `began`. */
  ended(): void;
  /** The lease that the last complete sync has renewed is over. Called at most once in one silence. */
  leaseEnded(): void;
}

/**
 * Notices that there has been no news for long: no complete sync, whatever the link looks like. Loads can then be spread before the lease
 * ends. A lease without an end knows no silence.
 *
 * @internal
 */
export class Silence {
  readonly #clock: Clock;
  readonly #maxStaleness: number;
  readonly #events: SilenceEvents;
  #cancel: CancelTimer | undefined;
  /** Monotonic ms of the last news. */
  #since = 0;
  #isSilent = false;
  #isLinkLost = false;
  /** Whether there is a lease that has not ended yet. */
  #hasLease = false;
  #isOn = false;

  constructor(clock: Clock, maxStaleness: number, events: SilenceEvents) {
    this.#clock = clock;
    this.#maxStaleness = maxStaleness;
    this.#events = events;
  }

  start(): void {
    if (this.#maxStaleness === Infinity) return;
    this.#isOn = true;
    this.#since = this.#clock.now();
    this.#await();
  }

  /** A sync is complete. @param syncedAt - when the newest one that renews the lease was sent; `-Infinity`: none does */
  heard(syncedAt: number): void {
    if (!this.#isOn || syncedAt === Number.NEGATIVE_INFINITY) return;
    this.#since = syncedAt;
    this.#hasLease = true;
    this.#isLinkLost = false;
    this.#await();
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#events.ended();
  }

  /** The link is lost: no heartbeat is on its way. */
  linkLost(): void {
    if (this.#isLinkLost) return;
    this.#isLinkLost = true;
    if (this.#isOn && !this.#isSilent) this.#await();
  }

  /** The lease was taken away, and operators know why. */
  leaseLapsed(): void {
    if (!this.#isOn) return;
    this.#hasLease = false;
    this.#cancel?.();
    this.#since = this.#clock.now();
    if (!this.#isSilent) this.#await();
  }

  stop(): void {
    this.#isOn = false;
    this.#cancel?.();
  }

  #await(): void {
    const share = this.#isLinkLost ? BEGINS_AFTER : BEGINS_AFTER_HEARTBEAT;
    this.#at(this.#since + this.#maxStaleness * share, () => {
      this.#isSilent = true;
      if (this.#hasLease) this.#awaitEndOfLease();
      this.#events.began();
    });
  }

  #awaitEndOfLease(): void {
    // The lease covers the moment at which it ends.
    this.#at(this.#since + this.#maxStaleness + 1, () => {
      this.#hasLease = false;
      this.#events.leaseEnded();
    });
  }

  #at(time: number, callback: () => void): void {
    this.#cancel?.();
    this.#cancel = this.#clock.schedule(callback, time - this.#clock.now());
  }
}
