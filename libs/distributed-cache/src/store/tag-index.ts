import type { Entry } from './entry.js';

/**
 * Finds the entries of a region by tag, so that the cost of an eviction by tag depends on the entries with that tag, not on all that are
 * stored. `RegionStore` owns the index, and adds and removes every entry.
 *
 * @internal
 */
export class TagIndex {
  /** The entries by tag. A single entry is held without a `Set`: tags such as `user:17` often have one entry, and a `Set` takes memory. */
  readonly #entries = new Map<string, Entry | Set<Entry>>();

  /**
   * The list of tags to store in an entry: `tags`, or, for a single tag, the equal list of another entry. One list for all entries of a
   * tag takes less memory, and saves three scattered memory reads per evicted entry.
   */
  shared(tags: readonly string[]): readonly string[] {
    const [tag] = tags;
    if (tag === undefined || tags.length > 1) return tags;
    const known = first(this.#entries.get(tag))?.tags;
    return known?.length === 1 ? known : tags;
  }

  add(entry: Entry): void {
    for (const tag of entry.tags) {
      const tagged = this.#entries.get(tag);
      if (tagged === undefined) this.#entries.set(tag, entry);
      else if (tagged instanceof Set) tagged.add(entry);
      else this.#entries.set(tag, new Set([tagged, entry]));
    }
  }

  remove(entry: Entry): void {
    for (const tag of entry.tags) {
      const tagged = this.#entries.get(tag);
      if (tagged instanceof Set) {
        tagged.delete(entry);
        if (tagged.size === 0) this.#entries.delete(tag);
      } else if (tagged === entry) this.#entries.delete(tag);
    }
  }

  /** Removes the tag from the index and returns its entries. */
  take(tag: string): Iterable<Entry> {
    const tagged = this.#entries.get(tag);
    if (tagged === undefined) return [];
    this.#entries.delete(tag);
    return tagged instanceof Set ? tagged : [tagged];
  }

  /** How many tags have at least one entry. */
  get size(): number {
    return this.#entries.size;
  }
}

function first(tagged: Entry | Set<Entry> | undefined): Entry | undefined {
  return tagged instanceof Set ? tagged.values().next().value : tagged;
}
