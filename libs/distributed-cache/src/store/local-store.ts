import type { Entry, NewEntry } from './entry.js';
import { RegionStore, type Totals } from './region-store.js';

/** @internal */
export interface LocalStoreBounds {
  /** Bound of the number of entries, all regions together. */
  readonly maxEntries: number;
  /** Bound of the sum of the entries' sizes; `undefined` = none. */
  readonly maxSize: number | undefined;
}

/** What became of an entry; `'refused'`: the store is as it was before. @internal */
export type StoreOutcome = 'added' | 'replaced' | 'refused';

/** Told of every entry that a bound removes. @internal */
export type OnCapacityEviction = (region: RegionStore, key: string) => void;

/**
 * This instance's copies: regions under one bound.
 *
 * It knows no time: whether an entry may be served is decided by who reads it.
 *
 * @internal
 */
export class LocalStore {
  readonly #bounds: LocalStoreBounds;
  readonly #onCapacityEviction: OnCapacityEviction;
  readonly #regions = new Map<string, RegionStore>();
  /** Those with entries, and some that have lost theirs since: names may be many, and only these are walked. */
  readonly #occupied = new Set<RegionStore>();
  readonly #totals: Totals = { entries: 0, size: 0 };
  #uses = 0;

  constructor(bounds: LocalStoreBounds, crowdedOut: OnCapacityEviction) {
    this.#bounds = bounds;
    this.#onCapacityEviction = crowdedOut;
  }

  get entries(): number {
    return this.#totals.entries;
  }

  get size(): number {
    return this.#totals.size;
  }

  region(name: string, maxEntries: number): RegionStore {
    const known = this.#regions.get(name);
    if (known) return known;
    const region = new RegionStore(name, Math.min(maxEntries, this.#bounds.maxEntries), this.#totals);
    this.#regions.set(name, region);
    return region;
  }

  get(region: RegionStore, key: string): Entry | undefined {
    const entry = region.get(key);
    if (entry !== undefined) entry.usedAt = ++this.#uses;
    return entry;
  }

  /** Stores `entry` in the place of the one under its key, and makes room for it. One above the whole bound is refused. */
  set(region: RegionStore, entry: NewEntry): StoreOutcome {
    if (this.#bounds.maxSize !== undefined && entry.size > this.#bounds.maxSize) return 'refused';
    const hasReplaced = region.set(entry, ++this.#uses);
    this.#occupied.add(region);
    if (region.size > region.maxEntries) this.#crowdOut(region);
    while (this.#isOverBounds()) this.#crowdOut(this.#leastRecentlyUsedRegion());
    return hasReplaced ? 'replaced' : 'added';
  }

  /** Removes what carries the tag and says from which regions, and how much from each. */
  deleteTag(tag: string): ReadonlyMap<RegionStore, number> {
    const deleted = new Map<RegionStore, number>();
    for (const region of this.#occupied) {
      const count = region.deleteTag(tag);
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
