import { setTimeout as pause } from 'node:timers/promises';
import { measure } from 'mitata';
import { median, spread } from './statistics.mjs';

/** What is done `times` times by one call. @typedef {{ times: number, run: () => unknown }} Contender */

/**
 * Measures all contenders in turn, round after round, so that whatever slows the machine for a while slows all of them.
 *
 * @template {string} Name
 * @param {Record<Name, Contender>} contenders
 * @param {{ rounds: number, milliseconds: number }} effort `milliseconds` of each contender in each round
 * @returns {Promise<Interleaved<Name>>}
 */
export async function interleaved(contenders, { rounds, milliseconds }) {
  /** @type {Map<string, number[]>} */
  const nanoseconds = new Map();
  const all = Object.entries(contenders);
  // Round 0 warms up: it is the one in which the compiler decides.
  for (let round = 0; round <= rounds; round += 1) {
    // In another order each time: what the one before left in the processor's caches is not always to the same one's cost.
    for (const [name, contender] of shuffled(all)) {
      const figure = await nanosecondsOf(contender, milliseconds);
      // What is awaited in microtasks never lets the event loop turn: without a sync the lease would end, and with it the hits.
      await pause(1);
      if (round > 0) nanoseconds.set(name, [...(nanoseconds.get(name) ?? []), figure]);
    }
  }
  return new Interleaved(nanoseconds);
}

/**
 * The mean and not the median of the samples: collecting the garbage that a contender makes is part of what it costs.
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
    // The garbage of the one before, and no more: a full collection also throws away what the compiler has learned, and made whoever
    // has more code up to twice as slow.
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

/** @template {string} Name */
export class Interleaved {
  #rounds;

  /** @param {ReadonlyMap<string, readonly number[]>} rounds */
  constructor(rounds) {
    this.#rounds = rounds;
  }

  /** @param {Name} name */
  nanoseconds(name) {
    return median(this.#of(name));
  }

  /**
   * A row of the table: `ours` beside `theirs`.
   *
   * @param {Name} ours
   * @param {Name} theirs
   */
  row(ours, theirs) {
    return { ours: this.nanoseconds(ours), theirs: this.nanoseconds(theirs), ratio: this.ratio(ours, theirs) };
  }

  /**
   * How many times `name` takes what `other` takes, round by round.
   *
   * @param {Name} name
   * @param {Name} other
   */
  ratio(name, other) {
    const others = this.#of(other);
    return spread(this.#of(name).map((figure, round) => figure / (others[round] ?? NaN)));
  }

  /** @param {Name} name */
  #of(name) {
    const rounds = this.#rounds.get(name);
    if (!rounds) throw new Error(`${name} was not measured.`);
    return rounds;
  }
}
