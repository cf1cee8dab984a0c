import { setImmediate as nextTurn } from 'node:timers/promises';

/** Measures how long the event loop is blocked: the longest time between two of its turns. */
export class LoopGaps {
  #longest = 0;
  #isWatching = false;

  /** Resolves when it has begun to watch. The loop does not sleep from then on, so a gap consists of work alone. */
  async watch() {
    this.#longest = 0;
    if (this.#isWatching) return;
    this.#isWatching = true;
    let last = performance.now();
    const turn = () => {
      const now = performance.now();
      this.#longest = Math.max(this.#longest, now - last);
      last = now;
      if (this.#isWatching) setImmediate(turn);
    };
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
    this.#longest = 0;
    setImmediate(turn);
  }

  /** The longest gap since `watch`, in ms; stops watching. */
  longest() {
    this.#isWatching = false;
    return this.#longest;
  }
}

/**
 * The longest stall of the event loop while `act` runs, in ms.
 *
 * @param {() => Promise<unknown>} act
 */
export async function longestStall(act) {
  globalThis.gc?.();
  const gaps = new LoopGaps();
  await gaps.watch();
  await act();
  // The last gap ends with the next turn.
  await nextTurn();
  return gaps.longest();
}
