import { LRUCache } from 'lru-cache';
import type { Entry } from './entry.js';

/** Told of every entry that leaves a region, whatever the reason. @internal */
export type EntryLeft = (entry: Entry, reason: LRUCache.DisposeReason) => void;

/**
 * The entries of one region, least recently used first.
 *
 * One `lru-cache` a region rather than one for all: a lookup then needs no composed key, and a region keeps its own bound.
 *
 * @internal
 */
export class RegionStore {
  readonly name: string;
  readonly #maxEntries: number;
  readonly #left: EntryLeft;
  #entries: LRUCache<string, Entry>;

  constructor(name: string, maxEntries: number, left: EntryLeft) {
    this.name = name;
    this.#maxEntries = maxEntries;
    this.#left = left;
    this.#entries = this.#empty();
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** The entry without counting as a use of it. */
  peek(key: string): Entry | undefined {
    return this.#entries.peek(key);
  }

  set(entry: Entry): void {
    this.#entries.set(entry.key, entry);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  deleteLeastRecentlyUsed(): void {
    this.#entries.pop();
  }

  leastRecentlyUsed(): Entry | undefined {
    const oldest = this.#entries.rvalues().next();
    return oldest.done === true ? undefined : oldest.value;
  }

  /** Empties the region and gives what was in it: a new `lru-cache` is made, since emptying one costs a walk over all of it. */
  clear(): Iterable<Entry | undefined> {
    const cleared = this.#entries;
    this.#entries = this.#empty();
    return cleared.values();
  }

  #empty(): LRUCache<string, Entry> {
    // Bounded through `maxSize` with a size of 1 each: `max` would allocate its lists for a full cache in every region.
    return new LRUCache({
      maxSize: this.#maxEntries,
      sizeCalculation: () => 1,
      dispose: (entry, _key, reason) => this.#left(entry, reason),
    });
  }
}
