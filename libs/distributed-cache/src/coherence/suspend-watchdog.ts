import type { CancelTimer, Clock } from '../common/clock.js';

/** How often the clocks are compared, in ms. */
const INTERVAL = 250;
/** By how much the wall clock may run ahead within one interval, in ms: it is also set by hand and by NTP. */
const TOLERANCE = 1_000;

/**
 * Notices that the machine was suspended. The monotonic clock stands still meanwhile and the wall clock does not, so a lease would be live
 * after the suspension as if no time had passed. The uptime of the machine is asked as well, since the wall clock may be set back meanwhile.
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
    const before = this.#times();
    this.#cancel = this.#clock.schedule(() => {
      const after = this.#times();
      const passed = after.monotonic - before.monotonic;
      // Each of the two may be set back, the wall clock also during the suspension.
      const slept = Math.max(after.wall - before.wall, after.uptime - before.uptime) - passed;
      if (slept >= TOLERANCE) this.#suspended(slept);
      this.start();
    }, INTERVAL);
  }

  stop(): void {
    this.#cancel?.();
  }

  #times(): { readonly monotonic: number; readonly wall: number; readonly uptime: number } {
    const monotonic = this.#clock.now();
    return { monotonic, wall: this.#clock.wallNow(), uptime: this.#clock.uptimeNow?.() ?? monotonic };
  }
}
