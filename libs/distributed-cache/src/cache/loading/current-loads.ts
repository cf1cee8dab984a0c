import type { Invalidation } from '../../protocol/invalidation.js';
import type { RegionState } from '../region-state.js';
import type { KnownRegions } from '../regions.js';
import type { Flight, Load } from './load.js';

/** The loads that run and that nothing has overtaken, found by what an invalidation names: an invalidation that covers one fences it. @internal */
export class CurrentLoads {
  readonly #regions: KnownRegions;
  /** The loads that an invalidation of a tag would fence, by that tag: there may be many loads, and many invalidations. */
  readonly #byTag = new Map<string, Set<Load>>();

  constructor(regions: KnownRegions) {
    this.#regions = regions;
  }

  /** From now on, invalidations fence it. */
  add(load: Load): void {
    load.region.currentLoads += 1;
    for (const tag of load.tags) {
      const tagged = this.#byTag.get(tag);
      if (tagged) tagged.add(load);
      else this.#byTag.set(tag, new Set([load]));
    }
  }

  applyInvalidation({ everything, regions, tags, keys }: Invalidation): void {
    if (everything) for (const region of this.#regions.regions()) this.#fenceAll(region);
    for (const name of regions) this.#fenceAll(this.#regions.known(name));
    for (const tag of tags) for (const load of this.#byTag.get(tag) ?? []) this.fence(load);
    for (const [name, its] of keys) {
      const region = this.#regions.known(name);
      if (!region || region.currentLoads === 0) continue;
      // There may be many loads, and many keys: the smaller collection is walked.
      if (its.size > region.flights.size) {
        for (const flight of region.flights) if (its.has(flight.key)) this.#fenceLatest(flight);
      } else for (const key of its) this.#fenceLatest(region.flights.get(key));
    }
  }

  /** An invalidation has overtaken the load. */
  fence(load: Load): void {
    if (!load.isCurrent) return;
    load.isFenced = true;
    load.flight.fenced += 1;
    this.abandon(load);
  }

  /** Nobody joins the load any more, and its result is not stored. */
  abandon(load: Load): void {
    const { flight, region } = load;
    if (flight.joinable === load) flight.joinable = undefined;
    if (!load.isCurrent) return;
    load.isCurrent = false;
    if (!load.mark) return;
    region.currentLoads -= 1;
    for (const tag of load.tags) {
      const tagged = this.#byTag.get(tag);
      tagged?.delete(load);
      if (tagged?.size === 0) this.#byTag.delete(tag);
    }
  }

  #fenceAll(region: RegionState | undefined): void {
    if (!region || region.currentLoads === 0) return;
    for (const flight of region.flights) this.#fenceLatest(flight);
  }

  /** Only the newest load of a key can be current: a newer one starts only after the previous one was abandoned. */
  #fenceLatest(flight: Flight | undefined): void {
    const load = flight?.latest;
    if (load?.mark) this.fence(load);
  }
}
