import type { History } from '../../coherence/history.js';
import { isMadeValue, type MadeValue, type Part } from '../../coherence/made-value.js';
import type { Moment } from '../../coherence/moments.js';

interface StaleRead {
  readonly value: MadeValue;
  readonly part: Part;
  /** When that part was replaced in the source. */
  readonly replaced: Moment;
  readonly beganAt: number;
}

/**
 * Reads that were given an old value. The history judges each at once by what is known to be in the log; these are judged once more in the
 * end: what entered a log that then was frozen, or whose answer was lost, is only found out later.
 */
export class StaleReads {
  readonly #history: History;
  readonly #reads: StaleRead[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  /** A read that began at `beganAt` was given `value`. */
  add(value: unknown, beganAt: number): void {
    if (!isMadeValue(value)) return;
    for (const part of value.parts) {
      const replaced = this.#history.source.replacedAt(part.row, part.version);
      if (replaced && replaced.time < beganAt) this.#reads.push({ value, part, replaced, beganAt });
    }
  }

  /** For how long the stalest value had been invalid in the log when the read that was given it began, in ms. */
  worst(): number {
    let worst = 0;
    for (const { value, part, replaced, beganAt } of this.#reads) {
      const loggedAt = this.#history.loggedSince(value, part, replaced) ?? Infinity;
      worst = Math.max(worst, beganAt - loggedAt);
    }
    return worst;
  }
}
