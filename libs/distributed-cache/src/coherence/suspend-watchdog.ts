import type { CancelTimer, Clock } from '../common/clock.js';

/** How often the clocks are compared, in ms. */
const INTERVAL = 250;
/** By how much the wall clock may run ahead within one interval, in ms: it is also set by hand and by NTP. */
const TOLERANCE = 1_000;

/**
 * Notices that the machine was suspended. The monotonic clock stands still meanwhile and the wall clock does not, so a lease would be live
 * after the suspension as if no time had passed.
 *
 * @internal
 */
export class SuspendWatchdog {
  readonly #clock: Clock;
  readonly #suspended: (milliseconds: number) => void;
  #cancel: CancelTimer | undefined;

  constructor(clock: Clock, suspended: (milliseconds: number) => void) {
    this.#clock = clock;
    this.#suspended = suspended;
  }

  start(): void {
    const now = this.#clock.now();
    const wallNow = this.#clock.wallNow();
    this.#cancel = this.#clock.schedule(() => {
      const slept = this.#clock.wallNow() - wallNow - (this.#clock.now() - now);
      if (slept >= TOLERANCE) this.#suspended(slept);
      this.start();
    }, INTERVAL);
  }

  stop(): void {
    this.#cancel?.();
  }
}
