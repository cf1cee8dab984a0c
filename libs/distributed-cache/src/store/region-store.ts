import type { Entry, NewEntry } from './entry.js';
import { Recency } from './recency.js';
import { TagIndex } from './tag-index.js';

/** How much all regions of a store hold together. @internal */
export interface Totals {
  entries: number;
  size: number;
}

/**
 * The entries of one region.
 *
 * It owns its entries by key, their order ({@link Recency}), their tags ({@link TagIndex}) and the sum of their sizes, and keeps the
 * totals of the store up to date.
 *
 * Nothing of this is shared with other regions, so that clearing a region just drops it. An index for all regions would have to remove
 * the entries one by one, which blocks the event loop when there are many.
 *
 * @internal
 */
export class RegionStore {
  readonly name: string;
  readonly maxEntries: number;
  readonly #totals: Totals;
  #entries = new Map<string, Entry>();
  #recency = new Recency();
  #tags = new TagIndex();
  #totalSize = 0;

  /** @param totals - the totals of the store; this region adds and subtracts what it holds */
  constructor(name: string, maxEntries: number, totals: Totals) {
    this.name = name;
    this.maxEntries = maxEntries;
    this.#totals = totals;
  }

  /** How many entries the region holds. */
  get size(): number {
    return this.#entries.size;
  }

  /** How many different tags the entries of the region carry. */
  get tags(): number {
    return this.#tags.size;
  }

  /** The entry to evict first when a bound is exceeded. */
  get leastRecentlyUsed(): Entry | undefined {
    return this.#recency.oldest;
  }

  /** The entry under `key`; counts as a use of it. */
  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#recency.used(entry);
    return entry;
  }

  /** The entry under `key`; does not count as a use of it. */
  peek(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** The keys of all entries, canonical. */
  keys(): Iterable<string> {
    return this.#entries.keys();
  }

  /** Stores an entry, in place of the one under the same key; `false` if there was none. */
  set({ key, value, loadedAt, expiresAt, tags, size, care }: NewEntry, usedAt: number): boolean {
    const replaced = this.#entries.get(key);
    if (replaced !== undefined) this.#forget(replaced);
    const entry: Entry = {
      key,
      value,
      loadedAt,
      expiresAt,
      tags: this.#tags.shared(tags),
      size,
      care,
      usedAt,
      promise: undefined,
      older: undefined,
      newer: undefined,
    };
    this.#entries.set(key, entry);
    this.#recency.add(entry);
    this.#tags.add(entry);
    this.#count(1, size);
    return replaced !== undefined;
  }

  /** Removes the entry under `key`; `false` if there was none. */
  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** All entries, in no particular order. */
  entries(): Iterable<Entry> {
    return this.#entries.values();
  }

  /** Removes the entries with the tag and returns their number. @param onRemoved - called for each */
  deleteTag(tag: string, onRemoved?: (region: RegionStore, entry: Entry) => void): number {
    const before = this.size;
    for (const entry of this.#tags.take(tag)) {
      this.#remove(entry);
      onRemoved?.(this, entry);
    }
    return before - this.size;
  }

  /** Removes all entries and returns their number. */
  clear(): number {
    const cleared = this.size;
    this.#count(-cleared, -this.#totalSize);
    this.#entries = new Map();
    this.#recency = new Recency();
    this.#tags = new TagIndex();
    return cleared;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#forget(entry);
  }

  #forget(entry: Entry): void {
    this.#recency.remove(entry);
    this.#tags.remove(entry);
    this.#count(-1, -entry.size);
  }

  #count(entries: number, size: number): void {
    this.#totals.entries += entries;
    this.#totals.size += size;
    this.#totalSize += size;
  }
}
