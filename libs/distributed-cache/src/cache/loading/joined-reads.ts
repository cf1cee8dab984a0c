import type { CancelTimer, Clock } from '../../common/clock.js';
import { detached } from '../../common/detached.js';

/** How long a read inside of a load waits for a load that another read began, in ms. */
const INSIDE = 1_000;
/** How often some of the reads outside of any load stop waiting, in ms. */
const OUTSIDE = 5_000;

/** The read has waited for so long that the load may be waiting for the read. @internal */
export const TOO_LONG = Symbol('waited too long');

interface Waiting<T> {
  resolve(this: void, outcome: T | typeof TOO_LONG): void;
  reject(this: void, error: unknown): void;
  /** Cancels the end of the wait. */
  cancel: CancelTimer;
}

/**
 * The reads that have joined a load, until it ends. A read that has stopped waiting leaves nothing behind: a load that hangs would hold it
 * for ever.
 *
 * The reads outside of any load may be thousands, and the load may just be slow. So they do not all stop waiting at once: after each
 * {@link OUTSIDE} some do, those that came first, and each time twice as many.
 *
 * @internal
 */
export class JoinedReads<T> {
  readonly #clock: Clock;
  readonly #inside = new Set<Waiting<T>>();
  /** In the order in which they came. */
  readonly #outside = new Set<Waiting<T>>();
  #stopNext = 1;
  #cancelStop: CancelTimer | undefined;

  constructor(outcome: Promise<T>, clock: Clock) {
    this.#clock = clock;
    detached(() => {
      outcome.then(
        (value) => this.#end(({ resolve }) => resolve(value)),
        (error: unknown) => this.#end(({ reject }) => reject(error)),
      );
    });
  }

  waitInside(): Promise<T | typeof TOO_LONG> {
    return this.#wait(this.#inside, (waiting) => {
      waiting.cancel = this.#clock.schedule(() => this.#stop(this.#inside, waiting), INSIDE, { keepsAlive: true });
    });
  }

  waitOutside(): Promise<T | typeof TOO_LONG> {
    return this.#wait(this.#outside, () => {
      this.#cancelStop ??= this.#clock.schedule(() => this.#stopSome(), OUTSIDE, { keepsAlive: true });
    });
  }

  #wait(set: Set<Waiting<T>>, begin: (waiting: Waiting<T>) => void): Promise<T | typeof TOO_LONG> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting<T> = { resolve, reject, cancel: () => {} };
      set.add(waiting);
      begin(waiting);
    });
  }

  #stopSome(): void {
    let left = this.#stopNext;
    for (const waiting of this.#outside) {
      if (left === 0) break;
      left -= 1;
      this.#stop(this.#outside, waiting);
    }
    this.#stopNext *= 2;
    this.#cancelStop =
      this.#outside.size > 0 ? this.#clock.schedule(() => this.#stopSome(), OUTSIDE, { keepsAlive: true }) : undefined;
  }

  #stop(set: Set<Waiting<T>>, waiting: Waiting<T>): void {
    if (set.delete(waiting)) waiting.resolve(TOO_LONG);
  }

  #end(settle: (waiting: Waiting<T>) => void): void {
    this.#cancelStop?.();
    for (const waiting of [...this.#inside, ...this.#outside]) {
      waiting.cancel();
      settle(waiting);
    }
    this.#inside.clear();
    this.#outside.clear();
  }
}
