import type { Entry } from './entry.js';
import { RegionStore } from './region-store.js';
import { TagIndex } from './tag-index.js';

/** @internal */
export interface LocalStoreBounds {
  /** Bound of the number of entries, all regions together. */
  readonly maxEntries: number;
  /** Bound of the sum of the entries' sizes; `undefined` = none. */
  readonly maxSize: number | undefined;
}

/**
 * This instance's copies: regions under one bound, and the tags that group entries across regions.
 *
 * It knows no time: whether an entry may be served is decided by who reads it.
 *
 * @internal
 */
export class LocalStore {
  readonly #bounds: LocalStoreBounds;
  readonly #crowdedOut: (entry: Entry) => void;
  readonly #regions = new Map<string, RegionStore>();
  /** Those with entries, and some that have lost theirs since: names may be many, and only these are walked. */
  readonly #occupied = new Set<RegionStore>();
  readonly #tags = new TagIndex();
  #entries = 0;
  #size = 0;
  #uses = 0;

  /** @param crowdedOut - told of every entry that a bound removes */
  constructor(bounds: LocalStoreBounds, crowdedOut: (entry: Entry) => void) {
    this.#bounds = bounds;
    this.#crowdedOut = crowdedOut;
  }

  get entries(): number {
    return this.#entries;
  }

  get size(): number {
    return this.#size;
  }

  get tags(): number {
    return this.#tags.size;
  }

  region(name: string, maxEntries: number): RegionStore {
    const known = this.#regions.get(name);
    if (known) return known;
    const region = new RegionStore(name, Math.min(maxEntries, this.#bounds.maxEntries), (entry, reason) => {
      this.#forget(entry);
      if (reason === 'evict') this.#crowdedOut(entry);
    });
    this.#regions.set(name, region);
    return region;
  }

  get(region: RegionStore, key: string): Entry | undefined {
    const entry = region.get(key);
    if (entry !== undefined) entry.usedAt = ++this.#uses;
    return entry;
  }

  /** Stores `entry` and makes room for it; one larger than the whole bound is not stored. */
  set(entry: Entry): boolean {
    if (this.#bounds.maxSize !== undefined && entry.size > this.#bounds.maxSize) {
      entry.region.delete(entry.key);
      return false;
    }
    entry.usedAt = ++this.#uses;
    this.#entries += 1;
    this.#size += entry.size;
    this.#tags.add(entry);
    entry.region.set(entry);
    this.#occupied.add(entry.region);
    while (this.#isOverBounds()) this.#leastRecentlyUsedRegion()?.deleteLeastRecentlyUsed();
    return true;
  }

  /** Removes what carries the tag and gives it. */
  deleteTag(tag: string): readonly Entry[] {
    const tagged = this.#tags.tagged(tag);
    for (const entry of tagged) entry.region.delete(entry.key);
    return tagged;
  }

  clearRegion(region: RegionStore): number {
    const cleared = region.size;
    for (const entry of region.clear()) if (entry) this.#forget(entry);
    return cleared;
  }

  clear(): void {
    for (const region of this.#regions.values()) region.clear();
    this.#tags.clear();
    this.#entries = 0;
    this.#size = 0;
  }

  #forget(entry: Entry): void {
    this.#entries -= 1;
    this.#size -= entry.size;
    this.#tags.remove(entry);
  }

  #isOverBounds(): boolean {
    return (
      this.#entries > this.#bounds.maxEntries ||
      (this.#bounds.maxSize !== undefined && this.#size > this.#bounds.maxSize)
    );
  }

  #leastRecentlyUsedRegion(): RegionStore | undefined {
    let oldest: Entry | undefined;
    for (const region of this.#occupied) {
      const candidate = region.leastRecentlyUsed();
      if (!candidate) this.#occupied.delete(region);
      else if (!oldest || candidate.usedAt < oldest.usedAt) oldest = candidate;
    }
    return oldest?.region;
  }
}
