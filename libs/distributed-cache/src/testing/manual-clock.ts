import type { CancelTimer, Clock } from '../common/clock.js';
import { milliseconds, type Duration } from '../common/duration.js';

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * A clock that moves only when the test moves it, so that a test about minutes takes no time.
 *
 * @example
 * const clock = new ManualClock();
 * const bridge = new InMemoryInvalidationBridge({ clock });
 * // DistributedCacheModule.forRoot({ bridge, clock })
 * await clock.advance('10s');
 *
 * @publicApi
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;
  #slept = 0;
  #setBack = 0;

  /** @param startsAt - the first reading of `now()`, in ms. Default: 1 000 000. */
  constructor(startsAt = 1_000_000) {
    this.#now = startsAt;
  }

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now + this.#slept - this.#setBack;
  }

  uptimeNow(): number {
    return this.#now + this.#slept;
  }

  schedule(callback: () => void, delay: number): CancelTimer {
    const timer = { due: this.#now + Math.max(0, delay), callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  nextTurn(callback: () => void): void {
    this.schedule(callback, 0);
  }

  /**
   * Lets `time` pass. Each timer that is due until then fires at its time, and every promise that needs no timer settles before the next
   * timer fires.
   */
  async advance(time: Duration): Promise<void> {
    const until = this.#now + milliseconds(time, 'time');
    await settled();
    for (let timer = this.#nextDue(until); timer; timer = this.#nextDue(until)) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.due);
      timer.callback();
      await settled();
    }
    this.#now = until;
  }

  /** Lets `time` pass at once, and only then fires the timers, as after a blocked event loop. */
  async block(time: Duration): Promise<void> {
    this.#now += milliseconds(time, 'time');
    await this.advance(0);
  }

  /** Suspends the machine for `time`: only the wall clock and the uptime move. */
  suspend(time: Duration): void {
    this.#slept += milliseconds(time, 'time');
  }

  /** Sets the wall clock back by `time`. */
  setBack(time: Duration): void {
    this.#setBack += milliseconds(time, 'time');
  }

  #nextDue(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (timer.due <= until && (!next || timer.due < next.due)) next = timer;
    return next;
  }
}

/** Promises that need neither a timer nor input have settled when the event loop has gone round once. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
