import type { Invalidation } from '../protocol/invalidation.js';
import { Fingerprint } from './fingerprint.js';
import { TargetNumbers } from './target-numbers.js';
import { TargetTable } from './target-table.js';

const FEWEST_SLOTS = 512;
const MOST_SLOTS = 2 ** 15;
/** The slots of all tables: at 50,000 targets a second, enough for the loads of the last 15 seconds. */
const ALL_SLOTS = 2 ** 20;
/** How many regions are known once their keys are not, and how long their names are together, in UTF-16 units. */
const MOST_WIDE_REGIONS = 1_000;
const LONGEST_WIDE_REGIONS = 1 << 17;

/**
 * Finds the invalidations that cover an entry by their targets: the answer takes about as long for hundreds of thousands of invalidations
 * as for one. It decides as `covers` does, but it may take a target for another one.
 *
 * The targets are in tables, oldest first, and a table is dropped when nobody asks about its invalidations any more. It is bounded: the
 * oldest table is widened when there are too many targets. From then on its invalidations name whole regions, and every tag. Above
 * {@link MOST_WIDE_REGIONS}, they name everything.
 *
 * @internal
 */
export class TargetIndex {
  readonly #allSlots: number;
  readonly #fingerprint = new Fingerprint();
  #tables: TargetTable[] = [];
  #slots = 0;
  #everything = new TargetNumbers();
  readonly #wideRegions = new Map<string, TargetNumbers>();
  #wideLength = 0;
  /** The last invalidation that was widened. */
  #wideUpTo = 0;
  #anyTag = new TargetNumbers();
  /** Nobody asks about invalidations up to this number any more. */
  #askedAfter = 0;

  /** @param allSlots - bounds the memory: a slot takes 16 bytes */
  constructor(allSlots = ALL_SLOTS) {
    this.#allSlots = allSlots;
  }

  /** How many slots there are for targets, and how many regions are known whose keys are not. */
  get size(): number {
    return this.#slots + this.#wideRegions.size;
  }

  /** @param number - of the invalidation, greater than those that were added before */
  add(number: number, { everything, regions, tags, keys }: Invalidation, isReceived: boolean): void {
    const fingerprint = this.#fingerprint;
    if (everything) this.#everything.add(number, number, isReceived ? number : 0, this.#askedAfter);
    for (const region of regions) {
      fingerprint.ofRegion(region);
      this.#addTarget(region, number, isReceived);
    }
    for (const tag of tags) {
      fingerprint.ofTag(tag);
      this.#addTarget(undefined, number, isReceived);
    }
    for (const [region, its] of keys) {
      for (const key of its) {
        fingerprint.ofKey(region, key);
        this.#addTarget(region, number, isReceived);
      }
    }
  }

  /**
   * A number after `after`, and not after the first invalidation that covers the entry: the first one itself, unless several invalidations
   * or a widened one do. `undefined`: none covers it.
   *
   * @param isReceived - only those of other instances count
   */
  firstCovering(
    after: number,
    region: string,
    key: string,
    tags: readonly string[],
    isReceived: boolean,
  ): number | undefined {
    const fingerprint = this.#fingerprint;
    let first = this.#everything.firstAfter(after, isReceived);
    first = smaller(first, this.#wideRegions.get(region)?.firstAfter(after, isReceived));
    if (tags.length > 0) first = smaller(first, this.#anyTag.firstAfter(after, isReceived));
    fingerprint.ofRegion(region);
    first = smaller(first, this.#firstInTables(after, isReceived));
    fingerprint.ofKey(region, key);
    first = smaller(first, this.#firstInTables(after, isReceived));
    for (const tag of tags) {
      fingerprint.ofTag(tag);
      first = smaller(first, this.#firstInTables(after, isReceived));
    }
    return first;
  }

  /**
   * Nobody asks about invalidations up to `number` any more, and about those of this instance up to `ownNumber`, which may be greater: while a
   * group is open, what was received in it is asked for long after what was evicted here.
   */
  forget(number: number, ownNumber: number): void {
    this.#askedAfter = number;
    if (this.#wideUpTo <= number) this.#forgetWideRegions();
    const isForgotten = ({ last, lastReceived }: TargetTable): boolean => last <= ownNumber && lastReceived <= number;
    const [oldest] = this.#tables;
    if (!oldest || (ownNumber === number && !isForgotten(oldest))) return;
    if (!this.#tables.some(isForgotten)) return;
    this.#tables = this.#tables.filter((table) => !isForgotten(table));
    this.#slots = this.#tables.reduce((sum, { slots }) => sum + slots, 0);
  }

  #addTarget(region: string | undefined, number: number, isReceived: boolean): void {
    let table = this.#tables.at(-1);
    if (!table?.hasRoomFor(number)) table = this.#nextTable(number);
    table.add(this.#fingerprint, region, number, isReceived, this.#askedAfter);
  }

  /** As large as all before it, so that there are few tables, and most of their slots are used. */
  #nextTable(number: number): TargetTable {
    let slots = FEWEST_SLOTS;
    while (slots < MOST_SLOTS && slots < this.#slots) slots *= 2;
    for (let oldest = this.#tables[0]; oldest && this.#slots + slots > this.#allSlots; oldest = this.#tables[0]) {
      this.#tables.shift();
      this.#slots -= oldest.slots;
      this.#widen(oldest);
    }
    const table = new TargetTable(slots, number - 1);
    this.#tables.push(table);
    this.#slots += slots;
    return table;
  }

  #widen(table: TargetTable): void {
    this.#wideUpTo = table.last;
    if (table.hasTags) addAll(this.#anyTag, table, this.#askedAfter);
    for (const region of table.regions ?? []) {
      let numbers = this.#wideRegions.get(region);
      if (!numbers) {
        numbers = new TargetNumbers();
        this.#wideRegions.set(region, numbers);
        this.#wideLength += region.length;
      }
      addAll(numbers, table, this.#askedAfter);
    }
    const areFew = this.#wideRegions.size <= MOST_WIDE_REGIONS && this.#wideLength <= LONGEST_WIDE_REGIONS;
    if (table.regions && areFew) return;
    // The regions that are forgotten now may have had later ones of other instances than this table has.
    let { lastReceived } = table;
    for (const numbers of this.#wideRegions.values()) lastReceived = Math.max(lastReceived, numbers.lastReceived);
    this.#everything.add(this.#askedAfter + 1, table.last, lastReceived, this.#askedAfter);
    this.#forgetWideRegions();
  }

  #forgetWideRegions(): void {
    this.#wideRegions.clear();
    this.#wideLength = 0;
  }

  /** Of the target that the fingerprint names. */
  #firstInTables(after: number, isReceived: boolean): number | undefined {
    for (const table of this.#tables) {
      if ((isReceived ? table.lastReceived : table.last) <= after) continue;
      const first = table.firstAfter(this.#fingerprint, after, isReceived);
      // The tables after it hold later ones.
      if (first !== undefined) return first;
    }
    return undefined;
  }
}

function addAll(numbers: TargetNumbers, { first, last, lastReceived }: TargetTable, askedAfter: number): void {
  numbers.add(first, last, lastReceived, askedAfter);
}

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
