import type { Entry, NewEntry } from './entry.js';
import { RegionStore, type Totals } from './region-store.js';

/** The bounds of a store; they hold for all regions together. @internal */
export interface LocalStoreBounds {
  /** The largest number of entries. */
  readonly maxEntries: number;
  /** The largest sum of the entries' sizes, in {@link sizeUnits}; `undefined`: no bound. */
  readonly maxSize: number | undefined;
}

/**
 * A size as it is added up: in whole units of 2^-20. Sums of fractions would drift: after many additions and subtractions, an empty store
 * would not have the size 0, and would refuse, or drop at once, a value as large as the bound.
 *
 * @internal
 */
export function sizeUnits(size: number): number {
  return Math.round(size * 2 ** 20);
}

/** What became of an entry; `'refused'`: the store is as it was before. @internal */
export type StoreOutcome = 'added' | 'replaced' | 'refused';

/** Called for every entry that is removed because a bound was exceeded. @internal */
export type OnCapacityEviction = (region: RegionStore, key: string) => void;

/**
 * The cached values of this instance.
 *
 * It owns the regions ({@link RegionStore}), the counter that orders uses across regions, and the bounds over all regions. Each region
 * owns its entries. Nobody owns the values: callers may hold the same references.
 *
 * The store does not know the time. It returns an expired entry like any other, and the reader decides whether it may be served.
 *
 * @internal
 */
export class LocalStore {
  readonly #bounds: LocalStoreBounds;
  readonly #onCapacityEviction: OnCapacityEviction;
  readonly #regions = new Map<string, RegionStore>();
  /** All regions with entries, and some that have lost theirs since. Only these are walked, because there may be very many regions. */
  readonly #occupied = new Set<RegionStore>();
  readonly #totals: Totals = { entries: 0, size: 0 };
  #uses = 0;

  constructor(bounds: LocalStoreBounds, onCapacityEviction: OnCapacityEviction) {
    this.#bounds = bounds;
    this.#onCapacityEviction = onCapacityEviction;
  }

  get entries(): number {
    return this.#totals.entries;
  }

  get size(): number {
    return this.#totals.size;
  }

  /** The region with this name; it is made on first use, and only then `maxEntries` counts. */
  region(name: string, maxEntries: number): RegionStore {
    const known = this.#regions.get(name);
    if (known) return known;
    const region = new RegionStore(name, Math.min(maxEntries, this.#bounds.maxEntries), this.#totals);
    this.#regions.set(name, region);
    return region;
  }

  /** Forgets a region that has no entries and is not used any more; its name may be used again. */
  release(region: RegionStore): void {
    this.#regions.delete(region.name);
    this.#occupied.delete(region);
  }

  /** The entry under `key`; counts as a use of it. */
  get(region: RegionStore, key: string): Entry | undefined {
    const entry = region.get(key);
    if (entry !== undefined) entry.usedAt = ++this.#uses;
    return entry;
  }

  /**
   * Stores `entry` in place of the one under its key, and evicts others until the bounds hold again. An entry that is larger than `maxSize`
   * is refused.
   */
  set(region: RegionStore, entry: NewEntry): StoreOutcome {
    if (this.#bounds.maxSize !== undefined && entry.size > this.#bounds.maxSize) return 'refused';
    const hasReplaced = region.set(entry, ++this.#uses);
    this.#occupied.add(region);
    if (region.size > region.maxEntries) this.#crowdOut(region);
    while (this.#isOverBounds()) this.#crowdOut(this.#leastRecentlyUsedRegion());
    return hasReplaced ? 'replaced' : 'added';
  }

  /**
   * Removes the entries with the tag in every region, and returns the number of each region that had some.
   *
   * @param onRemoved - called for each entry
   */
  deleteTag(tag: string, onRemoved?: (region: RegionStore, entry: Entry) => void): ReadonlyMap<RegionStore, number> {
    const deleted = new Map<RegionStore, number>();
    for (const region of this.#occupied) {
      const count = region.deleteTag(tag, onRemoved);
      if (count > 0) deleted.set(region, count);
      if (region.size === 0) this.#occupied.delete(region);
    }
    return deleted;
  }

  clear(): void {
    for (const region of this.#occupied) region.clear();
    this.#occupied.clear();
  }

  #isOverBounds(): boolean {
    const { entries, size } = this.#totals;
    return entries > this.#bounds.maxEntries || (this.#bounds.maxSize !== undefined && size > this.#bounds.maxSize);
  }

  #crowdOut(region: RegionStore | undefined): void {
    const oldest = region?.leastRecentlyUsed;
    if (region === undefined || oldest === undefined) return;
    region.delete(oldest.key);
    this.#onCapacityEviction(region, oldest.key);
  }

  #leastRecentlyUsedRegion(): RegionStore | undefined {
    let found: RegionStore | undefined;
    let usedAt = Infinity;
    for (const region of this.#occupied) {
      const candidate = region.leastRecentlyUsed;
      if (candidate === undefined) this.#occupied.delete(region);
      else if (candidate.usedAt < usedAt) {
        found = region;
        ({ usedAt } = candidate);
      }
    }
    return found;
  }
}
