import type { CancelTimer, Clock } from '../../common/clock.js';

/** What an unset `publishTimeout` would be, in ms: with 0, callers do not wait, and every eviction under way would count as overdue. */
const AFTER_NO_WAIT = 1_000;

/**
 * Whether some eviction of this instance has waited for the log for longer than `publishTimeout`: what is evicted here does not get out,
 * although the instance may hear the others.
 *
 * @internal
 */
export class Overdue {
  readonly #clock: Clock;
  readonly #after: number;
  readonly #oldest: () => number | undefined;
  readonly #changed: () => void;
  #isOverdue = false;
  #cancelCheck: CancelTimer | undefined;

  /**
   * @param publishTimeout - in ms
   * @param oldest - since when the oldest eviction waits (monotonic ms); `undefined`: none does
   * @param changed - called when {@link isOverdue} has changed
   */
  constructor(clock: Clock, publishTimeout: number, oldest: () => number | undefined, changed: () => void) {
    this.#clock = clock;
    this.#after = publishTimeout === 0 ? AFTER_NO_WAIT : publishTimeout;
    this.#oldest = oldest;
    this.#changed = changed;
  }

  get isOverdue(): boolean {
    return this.#isOverdue;
  }

  /** Something waits from now on. */
  waiting(): void {
    this.#cancelCheck ??= this.#clock.schedule(() => this.#check(), this.#after);
  }

  /** Something does not wait any more. */
  delivered(): void {
    if (this.#isOverdue) this.#check();
  }

  #check(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
    const since = this.#oldest();
    const left = since === undefined ? undefined : since + this.#after - this.#clock.now();
    this.#become(left !== undefined && left <= 0);
    // While it is overdue, each delivery asks again.
    if (left !== undefined && left > 0) this.#cancelCheck = this.#clock.schedule(() => this.#check(), left);
  }

  #become(isOverdue: boolean): void {
    if (this.#isOverdue === isOverdue) return;
    this.#isOverdue = isOverdue;
    this.#changed();
  }
}
