import type { CancelTimer, Clock } from '../../common/clock.js';
import { detached } from '../../common/detached.js';
import type { Execution } from './execution.js';
import type { Load, LoadOutcome } from './load.js';

/** How long a read inside of a load waits for a load that another read began, in ms. */
const INSIDE = 1_000;
/** How often some of the reads outside of any load stop waiting, in ms. */
const OUTSIDE = 5_000;

/** The read has waited for so long that the load may be waiting for the read. @internal */
export const TOO_LONG = Symbol('waited too long');

type Waited = LoadOutcome | typeof TOO_LONG;

/**
 * Waits for a load that another read began, but not for ever: the two may wait for each other without a trace. A batcher or a queue runs
 * the read outside of the context of the loader that waits for it, so the circle cannot be seen.
 *
 * @param current - the execution that the read belongs to
 * @returns the outcome, or {@link TOO_LONG}: the read has to call its own loader
 *
 * @internal
 */
export function waitPatiently(load: Load, current: Execution | undefined, clock: Clock): Promise<Waited> {
  load.joined ??= new JoinedReads(load.outcome, clock);
  return current ? waitInside(load, load.joined, current) : load.joined.waitOutside();
}

async function waitInside(load: Load, joined: JoinedReads, current: Execution): Promise<Waited> {
  current.beginWaitingFor(load);
  try {
    return await joined.waitInside();
  } finally {
    current.endWaitingFor(load);
  }
}

interface Waiting {
  resolve(this: void, outcome: Waited): void;
  reject(this: void, error: unknown): void;
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
export class JoinedReads {
  readonly #clock: Clock;
  readonly #inside = new Set<Waiting>();
  /** In the order in which they came. */
  readonly #outside = new Set<Waiting>();
  #stopNext = 1;
  #cancelStop: CancelTimer | undefined;

  constructor(outcome: Promise<LoadOutcome>, clock: Clock) {
    this.#clock = clock;
    detached(() => {
      outcome.then(
        (value) => this.#end(({ resolve }) => resolve(value)),
        (error: unknown) => this.#end(({ reject }) => reject(error)),
      );
    });
  }

  waitInside(): Promise<Waited> {
    return this.#wait(this.#inside, (waiting) => {
      // Nothing cancels it: it does nothing once the load has ended, and holds only this read.
      this.#clock.schedule(() => this.#stop(this.#inside, waiting), INSIDE);
    });
  }

  waitOutside(): Promise<Waited> {
    return this.#wait(this.#outside, () => {
      this.#cancelStop ??= this.#clock.schedule(() => this.#stopSome(), OUTSIDE);
    });
  }

  #wait(set: Set<Waiting>, begin: (waiting: Waiting) => void): Promise<Waited> {
    return new Promise((resolve, reject) => {
      const waiting = { resolve, reject };
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
    this.#cancelStop = this.#outside.size > 0 ? this.#clock.schedule(() => this.#stopSome(), OUTSIDE) : undefined;
  }

  #stop(set: Set<Waiting>, waiting: Waiting): void {
    if (set.delete(waiting)) waiting.resolve(TOO_LONG);
  }

  #end(settle: (waiting: Waiting) => void): void {
    this.#cancelStop?.();
    for (const waiting of [...this.#inside, ...this.#outside]) settle(waiting);
    this.#inside.clear();
    this.#outside.clear();
  }
}
