import type { Invalidation } from '../../protocol/invalidation.js';
import type { Entry, NewEntry } from '../../store/entry.js';
import type { FoundEntry } from '../../store/found-entry.js';
import { LocalStore, sizeUnits, type StoreListener } from '../../store/local-store.js';
import type { RegionStore } from '../../store/region-store.js';
import type { RegionState } from '../region-state.js';
import type { CacheSettings } from '../settings.js';

/** Nothing that leaves a hold is counted or loaded again. */
const NOBODY: StoreListener = { crowdedOut: () => {}, tagEvicted: () => {} };

interface HeldRegion {
  readonly region: RegionState;
  readonly store: RegionStore;
}

/**
 * The values that were loaded or put inside a hold. They may never have been committed, so they are kept apart from the copies that
 * everybody is served, under the same bounds.
 *
 * @internal
 */
export class HeldCopies {
  readonly #store: LocalStore;
  readonly #regions = new Map<string, HeldRegion>();

  constructor({ maxEntries, maxSize }: Pick<CacheSettings, 'maxEntries' | 'maxSize'>) {
    const bounds = { maxEntries, maxSize: maxSize === undefined ? undefined : sizeUnits(maxSize) };
    this.#store = new LocalStore(bounds, NOBODY);
  }

  get size(): number {
    return this.#store.entries;
  }

  get(region: RegionState, key: string): FoundEntry | undefined {
    const held = this.#regions.get(region.name);
    return held?.store.get(key);
  }

  set(region: RegionState, entry: NewEntry): void {
    const { store } = this.#held(region);
    // A value that is too large must not leave an older one in its place.
    if (this.#store.set(store, entry, Number.NEGATIVE_INFINITY) === 'refused') store.delete(entry.key);
  }

  delete(region: RegionState, key: string): void {
    this.#regions.get(region.name)?.store.delete(key);
  }

  /** Removes what `invalidation` covers. */
  drop({ everything, regions, tags, keys }: Invalidation): void {
    if (everything) {
      this.#store.clear();
      return;
    }
    for (const name of regions) this.#regions.get(name)?.store.clear();
    for (const tag of tags) this.#store.evictTag(tag);
    for (const [name, its] of keys) {
      const store = this.#regions.get(name)?.store;
      if (store) for (const key of its) store.delete(key);
    }
  }

  *entries(): Generator<readonly [RegionState, Entry], void> {
    for (const { region, store } of this.#regions.values()) {
      for (const entry of store.entries()) yield [region, entry];
    }
  }

  #held(region: RegionState): HeldRegion {
    const known = this.#regions.get(region.name);
    if (known) return known;
    const held = {
      region,
      store: this.#store.region(region.name, { maxEntries: region.settings.maxEntries, keptFor: 0 }),
    };
    this.#regions.set(region.name, held);
    return held;
  }
}
