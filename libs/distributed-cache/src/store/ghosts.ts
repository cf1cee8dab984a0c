/** How many ghosts share a place in the table. */
const WAYS = 8;
/** For how many entries of the store there is a ghost, at least. */
const PER_ENTRY = 3;
/** A fingerprint is 16 bits of the hash, and the time the 16 bits beside it, which are the lower ones. */
const HALF = 16;
const TIME = 0xffff;
/** The age of a ghost that is not there: greater than any other. */
const FREE = TIME + 1;
const LEAST = 16;

/**
 * Remembers when keys that have left the store were last used, so that a key that comes back soon is known to be wanted.
 *
 * Four bytes each, in a table of places of eight: a fingerprint of the key and a coarse time. Another key with the same fingerprint in the
 * same place is taken for it, one of about eight thousand; that costs a wrong guess.
 *
 * @internal
 */
export class Ghosts {
  readonly #table: Uint32Array;
  readonly #places: number;
  /** A step of the coarse time, in steps of the exact one. */
  readonly #step: number;

  /** @param entries - how many the store holds */
  constructor(entries: number) {
    const places = 2 ** Math.ceil(Math.log2(Math.max(LEAST, (entries * PER_ENTRY) / WAYS)));
    this.#places = places;
    this.#table = new Uint32Array(places * WAYS);
    this.#step = Math.max(1, 2 ** Math.ceil(Math.log2(entries / 256)));
  }

  /** @param usedAt - when the key was last used @param now - the time, by the clock of the policy, a whole number */
  add(hash: number, usedAt: number, now: number): void {
    const first = this.#firstOf(hash);
    const fingerprint = fingerprintOf(hash);
    const time = this.#timeOf(now);
    let oldest = first;
    let mostAge = -1;
    for (let index = first; index < first + WAYS; index += 1) {
      const ghost = this.#table[index] ?? 0;
      const isFree = ghost === 0 || ghost >>> HALF === fingerprint;
      const age = isFree ? FREE : (time - ghost) & TIME;
      if (age > mostAge) {
        mostAge = age;
        oldest = index;
      }
    }
    this.#table[oldest] = (fingerprint << HALF) | this.#timeOf(usedAt);
  }

  /** How long ago a key was last used, in coarse steps; `Infinity`: it is not known. */
  ageOf(hash: number, now: number): number {
    const first = this.#firstOf(hash);
    const fingerprint = fingerprintOf(hash);
    for (let index = first; index < first + WAYS; index += 1) {
      const ghost = this.#table[index] ?? 0;
      if (ghost >>> HALF === fingerprint) return ((this.#timeOf(now) - ghost) & TIME) * this.#step;
    }
    return Infinity;
  }

  #firstOf(hash: number): number {
    return (hash & (this.#places - 1)) * WAYS;
  }

  #timeOf(moment: number): number {
    return (moment / this.#step) & TIME;
  }
}

/** Never 0, which means that there is no ghost. */
function fingerprintOf(hash: number): number {
  return hash >>> HALF || 1;
}

/** 32 bits that depend on all of `key`, and on the region. @internal */
export function hashOf(key: string, seed: number): number {
  let hash = Math.imul(0x811c9dc5 ^ seed, 0x9e3779b1);
  for (let index = 0; index < key.length; index += 1) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x7feb352d);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
