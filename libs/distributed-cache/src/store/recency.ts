import type { Entry } from './entry.js';

/**
 * The eviction policy, which is one file that can be exchanged: it decides which entry of a region goes first when a bound is exceeded.
 * Another policy needs the same four members, which `RegionStore` calls. Among the regions, `LocalStore` evicts from the one whose first
 * entry to go was used least recently (`usedAt`).
 *
 * The policy is least recently used: a list of the entries in the order of their last use. Its links are fields of the entries, because
 * lists beside them, as `lru-cache` has them, take more memory per entry.
 *
 * @internal
 */
export class Recency {
  #oldest: Entry | undefined;
  #newest: Entry | undefined;

  /** The entry that goes first; `undefined` if there is none. */
  get oldest(): Entry | undefined {
    return this.#oldest;
  }

  /** A new entry was stored; storing counts as a use. */
  add(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  /** An entry left the region, for whatever reason. */
  remove({ older, newer }: Entry): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }

  /** An entry was read. Every hit calls this. */
  used(entry: Entry): void {
    if (entry === this.#newest) return;
    this.remove(entry);
    this.add(entry);
  }
}
