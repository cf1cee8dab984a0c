import type { Entry } from './entry.js';

/** Which entries carry a tag, so that evicting by tag costs what is evicted, not what is stored. @internal */
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

  /** The entries that carry `tag`, in a list of its own: the caller removes them while it walks. */
  tagged(tag: string): readonly Entry[] {
    return [...(this.#entries.get(tag) ?? [])];
  }

  /** How many tags have at least one entry. */
  get size(): number {
    return this.#entries.size;
  }

  clear(): void {
    this.#entries.clear();
  }
}
