import type { Entry } from './entry.js';

/**
 * The entries of a region in the order of their last use.
 *
 * The links are in the entries: the lists that `lru-cache` keeps beside them took 46 bytes more an entry.
 *
 * @internal
 */
export class Recency {
  #oldest: Entry | undefined;
  #newest: Entry | undefined;

  get oldest(): Entry | undefined {
    return this.#oldest;
  }

  add(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  remove({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }

  used(entry: Entry): void {
    if (entry === this.#newest) return;
    this.remove(entry);
    this.add(entry);
  }
}
