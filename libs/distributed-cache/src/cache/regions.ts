import type { RegionBounds, RegionStore } from '../store/region-store.js';
import { Flights } from './loading/flights.js';
import type { RegionState } from './region-state.js';
import type { CacheSettings, RegionSettings } from './settings.js';
import { addStats, newRegionStats, type RegionStats } from './stats.js';

/** So many names are kept whatever their regions hold. */
const FREE_NAMES = 1_000;
/** For each further name, so many regions are looked at: those that hold nothing then stay a third of the others at most. */
const LOOKED_AT = 4;

/** Finds the regions of this instance, for what only looks at them. @internal */
export interface KnownRegions {
  /** The region of this name; `undefined`: nothing has used it, or it was released. */
  known(name: string): RegionState | undefined;
  /** All regions that are known. */
  regions(): Iterable<RegionState>;
}

/** The parts of a cache that its regions work with. @internal */
export interface RegionsParts {
  readonly settings: CacheSettings;
  /** Where the entries of regions are. */
  readonly store: {
    region(name: string, bounds: RegionBounds): RegionStore;
    /** The region holds nothing and is not used any more. */
    release(region: RegionStore): void;
  };
  /** A region is there. */
  opened(region: RegionState): void;
  /** A region is there no more. */
  released(region: RegionState): void;
}

/**
 * The regions of this instance, by name.
 *
 * A name may come from the input of users: a tenant, for example. So a region that has no entries, no running loads and no settings of its
 * own is *released* when there are many names, and its counters are added to {@link others}. Nobody has to know: whoever still holds a
 * released region asks for {@link current}, and a region of that name begins anew.
 *
 * Names are looked at in turn, a few for each new one, because all of them at once would block the event loop.
 *
 * @internal
 */
export class Regions implements KnownRegions {
  /** The counters of the regions that were released. */
  readonly others: RegionStats = newRegionStats();
  hasReleased = false;
  readonly #parts: RegionsParts;
  readonly #regions = new Map<string, RegionState>();
  /** Goes round over all regions: new ones come last, and one that has gone is left out. */
  #next: Iterator<RegionState, undefined> = this.#regions.values();

  constructor(parts: RegionsParts) {
    this.#parts = parts;
  }

  known(name: string): RegionState | undefined {
    return this.#regions.get(name);
  }

  regions(): Iterable<RegionState> {
    return this.#regions.values();
  }

  /** The region of this name; made on first use. @param name - canonical */
  region(name: string): RegionState {
    const known = this.#regions.get(name);
    if (known) return known;
    if (this.#regions.size >= FREE_NAMES) this.#releaseSome();
    const region = this.#made(name);
    this.#regions.set(name, region);
    this.#parts.opened(region);
    return region;
  }

  /** The region that has the name of `region` now. Everything that holds a region across turns of the event loop asks before it uses it. */
  current(region: RegionState): RegionState {
    return region.isReleased ? this.region(region.name) : region;
  }

  #made(name: string): RegionState {
    const { settings, store } = this.#parts;
    const own: RegionSettings = settings.regions.get(name) ?? settings;
    return {
      name,
      settings: own,
      store: store.region(name, { maxEntries: own.maxEntries, keptFor: own.policy.keptFor }),
      stats: newRegionStats(),
      flights: new Flights(),
      currentLoads: 0,
      isRefreshed: false,
      isReleased: false,
      watchers: own.audit || own.remembersLoaders ? 1 : 0,
    };
  }

  #releaseSome(): void {
    for (let looks = 0; looks < LOOKED_AT; looks += 1) {
      const { value: region } = this.#next.next();
      if (region && this.#isIdle(region)) this.#release(region);
      if (!region) this.#next = this.#regions.values();
    }
  }

  #isIdle({ name, store, flights }: RegionState): boolean {
    return store.size === 0 && flights.size === 0 && !this.#parts.settings.regions.has(name);
  }

  #release(region: RegionState): void {
    this.#regions.delete(region.name);
    this.#parts.store.release(region.store);
    this.#parts.released(region);
    this.hasReleased = true;
    addStats(this.others, region.stats);
    region.isReleased = true;
    // What is still counted for it, such as a load that nobody coordinates, is not lost.
    region.stats = this.others;
  }
}
