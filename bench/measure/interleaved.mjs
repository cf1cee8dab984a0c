import { setTimeout as pause } from 'node:timers/promises';
import { measure } from 'mitata';
import { median } from '../../tools/statistics.mjs';
import { compared } from './compared.mjs';

/**
 * One call of `run` does the measured work `times` times.
 *
 * @typedef {{ times: number, run: () => unknown }} Contender
 */

/**
 * Measures all contenders in turn, round after round, so that whatever slows the machine for a while slows all of them. Round 0 warms up
 * and is not counted.
 *
 * @template {string} Name
 * @param {Record<Name, Contender>} contenders
 * @param {{ rounds: number, milliseconds: number }} effort `milliseconds` is the time of each contender in each round
 * @returns {Promise<Interleaved<Name>>}
 */
export async function interleaved(contenders, { rounds, milliseconds }) {
  /** @type {Map<string, number[]>} */
  const nanoseconds = new Map();
  /** @type {[string, Contender][]} */
  const all = Object.entries(contenders);
  for (let round = 0; round <= rounds; round += 1) {
    // In another order each round: a contender runs on the processor caches that the one before it has left.
    for (const [name, contender] of shuffled(all)) {
      const figure = await nanosecondsOf(contender, milliseconds);
      // Microtasks never let the event loop turn. Without a turn there is no sync, the lease ends, and hits become misses.
      await pause(1);
      if (round > 0) nanoseconds.set(name, [...(nanoseconds.get(name) ?? []), figure]);
    }
  }
  return new Interleaved(nanoseconds);
}

/**
 * The mean of the samples, in ns. The median would leave out the collection of the garbage that a contender makes, which is a part of its
 * cost.
 *
 * @param {Contender} contender
 * @param {number} milliseconds
 */
async function nanosecondsOf({ times, run }, milliseconds) {
  const { avg } = await measure(run, {
    min_cpu_time: milliseconds * 1e6,
    min_samples: 5,
    batch_threshold: 0,
    warmup_samples: 1,
    warmup_threshold: 0,
    // A minor collection takes the garbage of the contender before. A full one would also throw away what the compiler has learned, and
    // slow down the contender with more code.
    gc: () => globalThis.gc?.({ type: 'minor' }),
  });
  return avg / times;
}

/**
 * @template T
 * @param {readonly T[]} items
 */
function shuffled(items) {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** The figures of all rounds, in ns. @template {string} Name */
export class Interleaved {
  #rounds;

  /** @param {ReadonlyMap<string, readonly number[]>} rounds */
  constructor(rounds) {
    this.#rounds = rounds;
  }

  /**
   * A row of the table.
   *
   * @param {Name} ours
   * @param {Name} theirs
   */
  row(ours, theirs) {
    return compared(this.#of(ours), this.#of(theirs));
  }

  /** The median of one contender, in ns. @param {Name} name */
  of(name) {
    return median(this.#of(name));
  }

  /** @param {Name} name */
  #of(name) {
    const rounds = this.#rounds.get(name);
    if (!rounds) throw new Error(`${name} was not measured.`);
    return rounds;
  }
}
