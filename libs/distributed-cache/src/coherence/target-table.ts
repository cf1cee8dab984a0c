import type { Fingerprint } from './fingerprint.js';

/** The words of a slot: both halves of the fingerprint, the first number, and the last one with the mark of a received one. */
const WORDS = 4;
/** Above this share of its slots, looking for a free one takes long. */
const FULL = 0.75;
/** Numbers are kept relative to the first one of the table, in 31 bits. */
const MOST_NUMBERS = 2 ** 31 - 1;
/** How many regions a table names, and how long their names are together, in UTF-16 units; above that, it may be any. */
const MOST_REGIONS = 1_000;
const LONGEST_REGIONS = 1 << 16;

/**
 * The targets of invalidations that follow each other, by their fingerprints: for each, the first and the last number. It is an array of a
 * fixed size, because a map of that many texts would take several times the memory, and the garbage collector would have to walk it.
 *
 * @internal
 */
export class TargetTable {
  readonly slots: number;
  readonly #words: Uint32Array;
  /** The number before the first one. */
  readonly #base: number;
  #used = 0;
  #last: number;
  #lastReceived = 0;
  #regions: Set<string> | undefined = new Set();
  #regionsLength = 0;
  #newestRegion: string | undefined;
  #hasTags = false;

  /**
   * @param slots - a power of 2
   * @param base - the number before the first one that is added
   */
  constructor(slots: number, base: number) {
    this.slots = slots;
    this.#words = new Uint32Array(slots * WORDS);
    this.#base = base;
    this.#last = base;
  }

  /** The first number that it may hold. */
  get first(): number {
    return this.#base + 1;
  }

  /** The last number that it holds. */
  get last(): number {
    return this.#last;
  }

  /** The last number of another instance that it holds; 0: there is none. */
  get lastReceived(): number {
    return this.#lastReceived;
  }

  /** The regions that are named, or whose keys are; `undefined`: it may be any. */
  get regions(): ReadonlySet<string> | undefined {
    return this.#regions;
  }

  /** Whether tags are named. */
  get hasTags(): boolean {
    return this.#hasTags;
  }

  /** Whether it takes the invalidation with this number. */
  hasRoomFor(number: number): boolean {
    return this.#used < this.slots * FULL && number - this.#base <= MOST_NUMBERS;
  }

  /**
   * A target in `region`, or a tag, is named by the invalidation with this number, which is not smaller than those before.
   *
   * @param region - `undefined`: it is a tag
   * @param askedAfter - nobody asks about numbers up to this one any more
   */
  add(
    { one, other }: Fingerprint,
    region: string | undefined,
    number: number,
    isReceived: boolean,
    askedAfter: number,
  ): void {
    if (region === undefined) this.#hasTags = true;
    else if (region !== this.#newestRegion) this.#addRegion(region);
    this.#last = number;
    if (isReceived) this.#lastReceived = number;
    const words = this.#words;
    const at = this.#find(one, other);
    const relative = number - this.#base;
    const before = words[at + 3] ?? 0;
    if (before === 0) {
      this.#used += 1;
      words[at] = one;
      words[at + 1] = other;
    }
    // Not earlier: between the first and the last there may be one that is asked for.
    if (before === 0 || this.#base + (before >>> 1) <= askedAfter) words[at + 2] = relative;
    // One that was received marks the target for good: an answer too many does no harm.
    words[at + 3] = relative * 2 + (isReceived ? 1 : before & 1);
  }

  /** As `TargetNumbers.firstAfter`, for one target. */
  firstAfter({ one, other }: Fingerprint, after: number, isReceived: boolean): number | undefined {
    const at = this.#find(one, other);
    const word = this.#words[at + 3] ?? 0;
    if (word === 0 || this.#base + (word >>> 1) <= after || (isReceived && (word & 1) === 0)) return undefined;
    return Math.max(this.#base + (this.#words[at + 2] ?? 0), after + 1);
  }

  /** The slot of a target: its own, or the free one that it would get. */
  #find(one: number, other: number): number {
    const words = this.#words;
    const mask = this.slots - 1;
    for (let slot = one & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (words[at + 3] === 0 || (words[at] === one && words[at + 1] === other)) return at;
    }
  }

  #addRegion(region: string): void {
    const regions = this.#regions;
    if (!regions) return;
    this.#newestRegion = region;
    if (regions.has(region)) return;
    regions.add(region);
    this.#regionsLength += region.length;
    if (regions.size <= MOST_REGIONS && this.#regionsLength <= LONGEST_REGIONS) return;
    this.#regions = undefined;
    this.#newestRegion = undefined;
  }
}
