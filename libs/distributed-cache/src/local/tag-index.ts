import type { Entry } from './entry.js';

/** Which entries of a region carry a tag, so that evicting by tag costs what is evicted, not what is stored. @internal */
export class TagIndex {
  readonly #entries = new Map<string, Set<Entry>>();

  add(entry: Entry): void {
    for (const tag of entry.tags) {
      const tagged = this.#entries.get(tag);
      if (tagged) tagged.add(entry);
      else this.#entries.set(tag, new Set([entry]));
    }
  }

  remove(entry: Entry): void {
    for (const tag of entry.tags) {
      const tagged = this.#entries.get(tag);
      tagged?.delete(entry);
      if (tagged?.size === 0) this.#entries.delete(tag);
    }
  }

  /** Forgets the tag, and gives the entries that carried it. */
  take(tag: string): Iterable<Entry> {
    const tagged = this.#entries.get(tag) ?? [];
    this.#entries.delete(tag);
    return tagged;
  }

  /** How many tags have at least one entry. */
  get size(): number {
    return this.#entries.size;
  }
}
