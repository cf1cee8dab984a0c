import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';

/** How much may wait, in ms. Beyond that, things get through faster. */
const LONGEST_QUEUE = 3_000;

/** A way on which things take turns: each of them needs a while, and the next one waits for that. */
export class Lane {
  readonly #clock: Clock;
  #freeAt = Number.NEGATIVE_INFINITY;
  /** How long each thing needs, in ms. */
  takes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `arrive` when the thing has got through; at once if nothing holds it up. */
  pass(arrive: () => void): void {
    const now = this.#clock.now();
    const free = Math.max(now, this.#freeAt);
    const at = Math.max(free, Math.min(free + this.takes, now + LONGEST_QUEUE));
    if (at <= now) {
      arrive();
      return;
    }
    this.#freeAt = at;
    this.#clock.schedule(arrive, at - now);
  }
}
