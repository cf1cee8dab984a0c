import type { CancelTimer, Clock } from '../common/clock.js';

const INTERVAL = 250;
const TOLERANCE = 1_000;

/**
 * Notices that the machine was suspended: the monotonic clock stands still meanwhile, the wall clock does not. Without it a lease
 * would outlive the sleep by all of its length.
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
