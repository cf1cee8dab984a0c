import type { Entry } from './entry.js';

/** Which entries of a region carry a tag, so that evicting by tag costs what is evicted, not what is stored. @internal */
export class TagIndex {
  /** A tag's only entry stands for itself: a `Set` of one would cost more than the entry, and tags like `user:17` are often of one. */
  readonly #entries = new Map<string, Entry | Set<Entry>>();

  /**
   * `tags`, or, for a single tag, the equal list that another entry carries: a group then has one list, which saves each of its entries
   * 80 bytes, and its eviction three reads from all over the memory an entry.
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

  /** Forgets the tag, and gives the entries that carried it. */
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
