import type { Clock } from '../../common/clock.js';
import type { Execution } from './execution.js';
import type { Load, LoadOutcome } from './load.js';

/** How long a read inside of a load waits for a load that another read began, in ms. */
const INSIDE = 1_000;
/** How often one of the reads outside of any load stops waiting, in ms. */
const OUTSIDE = 10_000;

/** The read has waited for so long that the load may be waiting for the read. @internal */
export const TOO_LONG = Symbol('waited too long');

/**
 * Waits for a load that another read began, but not for ever: the two may wait for each other without a trace. A batcher or a queue runs
 * the read outside of the context of the loader that waits for it, so the circle cannot be seen.
 *
 * @param current - the execution that the read belongs to
 * @returns the outcome, or {@link TOO_LONG}: the read has to call its own loader
 *
 * @internal
 */
export function waitPatiently(
  load: Load,
  current: Execution | undefined,
  clock: Clock,
): Promise<LoadOutcome | typeof TOO_LONG> {
  if (current) return waitInside(load, current, clock);
  load.outsideReaders ??= new OutsideReaders(load.outcome, clock);
  return load.outsideReaders.wait();
}

async function waitInside(load: Load, current: Execution, clock: Clock): Promise<LoadOutcome | typeof TOO_LONG> {
  current.beginWaitingFor(load);
  let cancel = (): void => {};
  const tooLong = new Promise<typeof TOO_LONG>((resolve) => {
    cancel = clock.schedule(() => resolve(TOO_LONG), INSIDE);
  });
  try {
    return await Promise.race([load.outcome, tooLong]);
  } finally {
    cancel();
    current.endWaitingFor(load);
  }
}

/**
 * The reads outside of any load that wait for the same load. They may be thousands, and the load may just be slow, so they do not all call
 * their loaders: after each {@link OUTSIDE}, the one that has waited longest does.
 *
 * @internal
 */
export class OutsideReaders {
  readonly #outcome: Promise<LoadOutcome>;
  readonly #clock: Clock;
  /** In the order in which they came. */
  readonly #waiting = new Set<(outcome: typeof TOO_LONG) => void>();
  #hasEnded = false;

  constructor(outcome: Promise<LoadOutcome>, clock: Clock) {
    this.#outcome = outcome;
    this.#clock = clock;
    this.#giveOneUpLater();
  }

  wait(): Promise<LoadOutcome | typeof TOO_LONG> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      const finish = (): void => void this.#waiting.delete(resolve);
      this.#outcome.then(
        (outcome) => {
          finish();
          resolve(outcome);
        },
        (error: unknown) => {
          finish();
          // As the loader threw it, whatever that is.
          // oxlint-disable-next-line typescript/prefer-promise-reject-errors
          reject(error);
        },
      );
    });
  }

  #giveOneUpLater(): void {
    const cancel = this.#clock.schedule(() => {
      if (this.#hasEnded) return;
      const [longest] = this.#waiting;
      if (longest) {
        this.#waiting.delete(longest);
        longest(TOO_LONG);
      }
      this.#giveOneUpLater();
    }, OUTSIDE);
    const end = (): void => {
      this.#hasEnded = true;
      cancel();
    };
    this.#outcome.then(end, end);
  }
}
