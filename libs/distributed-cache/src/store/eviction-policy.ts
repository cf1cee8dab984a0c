import { Ghosts } from './ghosts.js';
import { NONE, type Slots } from './slots.js';

/** The share of the weight that is left to entries that were not used again. */
const COLD_SHARE = 0.1;
/** How many entries that were used since are passed over, at most, in the search for one that was not. */
const MOST_PASSED = 8;
/** How many hot entries become cold for each one that leaves, at most: at first all are hot. */
const MOST_COOLED = 2;
/** How many hot entries are looked at, at most, before a large new one is let in. */
const MOST_COMPARED = 64;

/** What a slot may hold: see {@link EvictionPolicy}. */
const COLD = 0;
const HOT = 1;
/** Hot, and used again. */
const PROVEN = 2;

/** Slots in the order in which they were put in. */
class Queue {
  oldest = NONE;
  newest = NONE;
  weight = 0;
}

/** The hash of a key. It is a function, because it is seldom needed. */
type HashOfKey = () => number;

/** The weight of an entry, as it was let in. */
type WeightOf = (slot: number) => number;

/** The entries that share a bound. @internal */
export class Pool {
  readonly hot = new Queue();
  readonly cold = new Queue();
  entries = 0;
  /** How many entries there were when one had to leave last; `Infinity`: none had to. */
  entriesAtPressure = Infinity;
}

/**
 * The eviction policy: it decides which entry goes first when a bound is exceeded. The store tells it what is let in ({@link admit}), used
 * ({@link used}) and removed ({@link removed}), and asks for a {@link victim}.
 *
 * It keeps what comes back soon, as LIRS does (Jiang and Zhang, 2002), but lazily, as CLOCK-Pro, S3-FIFO and SIEVE do: a use leaves a mark,
 * and nothing moves before an entry has to leave.
 *
 * - What comes when a store is full is *cold*. Cold entries leave in the order in which they came, and have a tenth of the weight: a scan of
 *   a million keys passes through that tenth.
 * - A cold entry that was used becomes *hot* when its turn to leave comes. So does a key that has left and comes back after less time than
 *   the oldest hot entry has not been used for ({@link Ghosts}).
 * - The oldest hot entries become cold instead. Those that were used since are passed over.
 *
 * @see docs/architecture.md, for what else was tried
 * @internal
 */
export class EvictionPolicy {
  readonly #slots: Slots;
  readonly #pools: Pool[] = [];
  /** What is left of entries that are gone. Made when the first one has to leave: most stores never come to that. */
  #ghosts: Ghosts | undefined;
  /** For how many entries they were made. */
  #remembered = 0;
  /** How many entries were let in: the clock of the policy. */
  #now = 1;

  constructor(slots: Slots) {
    this.#slots = slots;
  }

  newPool(): Pool {
    const pool = new Pool();
    this.#pools.push(pool);
    return pool;
  }

  /** An entry was used. Hits do the same by themselves: see `RegionStore.get`. */
  used(slot: number): void {
    this.#slots.used[slot] = this.#slots.mark;
  }

  /** An entry is let in. @param weight - its size, or 1 where only the number is bounded */
  admit(slot: number, pool: Pool, hash: HashOfKey, weight: number, weightOf: WeightOf): void {
    this.#tick();
    pool.entries += 1;
    const isFilling = pool.entriesAtPressure === Infinity || pool.entries * 2 < pool.entriesAtPressure;
    if (isFilling) pool.entriesAtPressure = Infinity;
    const isHot = isFilling || this.#returnsSoon(pool, hash, weightOf);
    this.#slots.used[slot] = this.#now << 1;
    this.#put(slot, pool, isHot ? HOT : COLD, weight);
  }

  /** An entry has left, for whatever reason. @param weight - as it was let in */
  removed(slot: number, pool: Pool, hash: HashOfKey, weight: number): void {
    this.forget(slot, pool, weight);
    // What was used again and is taken out, since its value is not true any more, is wanted when it comes back.
    const isWanted = this.#slots.state[slot] === PROVEN || this.#isMarked(slot);
    this.#ghosts?.add(hash(), isWanted ? this.#now : this.#lastUse(slot), this.#now);
  }

  /** As {@link removed}, of an entry that nothing is to be remembered of. */
  forget(slot: number, pool: Pool, weight: number): void {
    pool.entries -= 1;
    this.#take(slot, pool, weight);
  }

  /**
   * The entry that leaves first.
   *
   * @param only - the pool that it is to leave; default: any
   * @returns `NONE`: there is none
   */
  victim(only: Pool | undefined, weightOf: WeightOf): number {
    const pools = only ? [only] : this.#pools;
    for (let cooled = 0; cooled < MOST_COOLED && this.#areTooManyHot(pools); cooled += 1) this.#cool(pools, weightOf);
    for (let passed = 0; ; passed += 1) {
      let pool = this.#withOldest(pools, false);
      if (!pool) {
        this.#cool(pools, weightOf);
        pool = this.#withOldest(pools, false);
      }
      if (!pool) return NONE;
      pool.entriesAtPressure = pool.entries;
      const slot = pool.cold.oldest;
      if (!this.#isMarked(slot) || passed >= MOST_PASSED) return slot;
      this.#move(slot, pool, PROVEN, weightOf(slot));
      if (this.#areTooManyHot(pools)) this.#cool(pools, weightOf);
    }
  }

  /** The size of an entry has changed. */
  reweigh(slot: number, pool: Pool, by: number): void {
    (this.#slots.state[slot] === COLD ? pool.cold : pool.hot).weight += by;
  }

  /** Remembers keys that leave from now on. @param entries - how many the store holds */
  remember(entries: number): void {
    if (this.#ghosts && entries <= this.#remembered * 2) return;
    this.#ghosts = new Ghosts(entries);
    this.#remembered = entries;
  }

  /**
   * Whether letting in a key that nobody is known to have asked for before would cost entries that were used again: a single large value is
   * not worth them. The next time the key is known.
   */
  isTooMuch(pool: Pool, hash: HashOfKey, weight: number, weightOf: WeightOf): boolean {
    if (weight <= pool.cold.weight || this.#returnsSoon(pool, hash, weightOf)) return false;
    let left = weight - pool.cold.weight;
    let slot = pool.hot.oldest;
    for (let compared = 0; compared < MOST_COMPARED && left > 0 && slot !== NONE; compared += 1) {
      if (this.#isMarked(slot) || this.#slots.state[slot] === PROVEN) {
        this.#ghosts?.add(hash(), this.#now, this.#now);
        return true;
      }
      left -= weightOf(slot);
      slot = this.#slots.newer[slot] ?? NONE;
    }
    return false;
  }

  /** The last bit of a mark tells that the entry was used since it was put into its queue. */
  #tick(): void {
    this.#now += 1;
    this.#slots.mark = (this.#now << 1) | 1;
  }

  /** Whether a key has left so lately that it is used more often than the oldest hot entry. */
  #returnsSoon(pool: Pool, hash: HashOfKey, weightOf: WeightOf): boolean {
    if (!this.#ghosts) return false;
    const age = this.#ghosts.ageOf(hash(), this.#now);
    if (age === Infinity) return false;
    this.#passMarked(pool, weightOf);
    const { oldest } = pool.hot;
    return oldest === NONE || age <= this.#unusedFor(oldest);
  }

  /** Passes over the oldest hot entries that were used since they were put in. */
  #passMarked(pool: Pool, weightOf: WeightOf): void {
    for (let passed = 0; passed < MOST_PASSED && this.#isMarked(pool.hot.oldest); passed += 1) {
      const { oldest } = pool.hot;
      this.#move(oldest, pool, PROVEN, weightOf(oldest));
    }
  }

  #areTooManyHot(pools: readonly Pool[]): boolean {
    let hot = 0;
    let all = 0;
    for (const pool of pools) {
      hot += pool.hot.weight;
      all += pool.hot.weight + pool.cold.weight;
    }
    return hot > all * (1 - COLD_SHARE);
  }

  /** Makes the oldest hot entry cold. */
  #cool(pools: readonly Pool[], weightOf: WeightOf): void {
    for (const pool of pools) this.#passMarked(pool, weightOf);
    const pool = this.#withOldest(pools, true);
    if (pool) this.#move(pool.hot.oldest, pool, COLD, weightOf(pool.hot.oldest));
  }

  /** The pool whose oldest entry has not been used for the longest time. */
  #withOldest(pools: readonly Pool[], isHot: boolean): Pool | undefined {
    let found: Pool | undefined;
    let mostAge = -1;
    for (const pool of pools) {
      const { oldest } = isHot ? pool.hot : pool.cold;
      if (oldest === NONE) continue;
      const age = this.#unusedFor(oldest);
      if (age <= mostAge) continue;
      mostAge = age;
      found = pool;
    }
    return found;
  }

  #isMarked(slot: number): boolean {
    return slot !== NONE && ((this.#slots.used[slot] ?? 0) & 1) === 1;
  }

  #lastUse(slot: number): number {
    return (this.#slots.used[slot] ?? 0) >>> 1;
  }

  /** How much was let in since its last use. A slot holds the last 31 bits of the time. */
  #unusedFor(slot: number): number {
    return (this.#now - this.#lastUse(slot)) & 0x7fff_ffff;
  }

  /** Puts an entry at the new end of a queue. In the hot one it has to be used again: its mark is taken off. */
  #move(slot: number, pool: Pool, state: number, weight: number): void {
    const { used } = this.#slots;
    this.#take(slot, pool, weight);
    if (state !== COLD) used[slot] = (used[slot] ?? 0) & ~1;
    this.#put(slot, pool, state, weight);
  }

  #put(slot: number, pool: Pool, state: number, weight: number): void {
    const { newer, older } = this.#slots;
    const queue = state === COLD ? pool.cold : pool.hot;
    this.#slots.state[slot] = state;
    newer[slot] = NONE;
    older[slot] = queue.newest;
    if (queue.newest === NONE) queue.oldest = slot;
    else newer[queue.newest] = slot;
    queue.newest = slot;
    queue.weight += weight;
  }

  #take(slot: number, pool: Pool, weight: number): void {
    const { newer, older, state } = this.#slots;
    const queue = state[slot] === COLD ? pool.cold : pool.hot;
    const next = newer[slot] ?? NONE;
    const previous = older[slot] ?? NONE;
    if (previous === NONE) queue.oldest = next;
    else newer[previous] = next;
    if (next === NONE) queue.newest = previous;
    else older[next] = previous;
    queue.weight -= weight;
  }
}
