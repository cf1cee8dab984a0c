import type { Entry, NewEntry } from './entry.js';
import { Recency } from './recency.js';
import { TagIndex } from './tag-index.js';

/** What the regions of a store hold together. @internal */
export interface Totals {
  entries: number;
  size: number;
}

/**
 * The entries of one region.
 *
 * It has a tag index and a sum of sizes of its own, so that clearing it is to let go of them. A common index would have to be cleaned
 * of each entry: a region of a million, tagged, then held the event loop up for two seconds.
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

  /** @param totals - of the store that the region is in; kept up to date here */
  constructor(name: string, maxEntries: number, totals: Totals) {
    this.name = name;
    this.maxEntries = maxEntries;
    this.#totals = totals;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many tags its entries carry. */
  get tags(): number {
    return this.#tags.size;
  }

  get leastRecentlyUsed(): Entry | undefined {
    return this.#recency.oldest;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#recency.used(entry);
    return entry;
  }

  /** The entry without counting as a use of it. */
  peek(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Stores `entry` in the place of what was there under its key. Returns whether there was something. */
  set({ key, value, loadedAt, expiresAt, tags, size }: NewEntry, usedAt: number): boolean {
    const replaced = this.#entries.get(key);
    if (replaced !== undefined) this.#forget(replaced);
    const entry: Entry = {
      key,
      value,
      loadedAt,
      expiresAt,
      tags: this.#tags.shared(tags),
      size,
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

  delete(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#remove(entry);
    return true;
  }

  /** Removes what carries the tag and says how much that was. */
  deleteTag(tag: string): number {
    const before = this.size;
    for (const entry of this.#tags.take(tag)) this.#remove(entry);
    return before - this.size;
  }

  /** Empties the region and says how much was in it. */
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
