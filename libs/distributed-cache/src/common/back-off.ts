const FIRST_DELAY = 50;
const LONGEST_DELAY = 2_000;

/**
 * The pauses between tries, in ms: doubling, capped and jittered, so that instances that were cut off together do not come back together
 * ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015: equal jitter).
 *
 * @internal
 */
export class BackOff {
  #tries = 0;

  /** The pause before the next try. */
  next(): number {
    const ceiling = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#tries);
    this.#tries = Math.min(this.#tries + 1, 16);
    return ceiling / 2 + Math.random() * (ceiling / 2);
  }

  /** A try has succeeded: the next pause is short again. */
  reset(): void {
    this.#tries = 0;
  }
}
