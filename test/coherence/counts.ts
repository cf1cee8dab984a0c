import type { CacheStats } from '../../libs/distributed-cache/src/cache/stats.js';

/** What happened in one region, as the application saw it. */
class Counts {
  reads = 0;
  loads = 0;
  loadErrors = 0;
  /** Loads and puts that an invalidation overtook before their end. */
  fenced = 0;
}

/** Counts what an instance was asked for, to compare it with its statistics. */
export class ExpectedCounts {
  readonly #regions = new Map<string, Counts>();

  of(region: string): Counts {
    const known = this.#regions.get(region);
    if (known) return known;
    const counts = new Counts();
    this.#regions.set(region, counts);
    return counts;
  }

  /** The regions of which the statistics say something else. */
  *differencesFrom(stats: CacheStats): Generator<[string, Record<string, number>]> {
    for (const [region, expected] of this.#regions) {
      const { hits = 0, misses = 0, loads = 0, loadErrors = 0, fenced = 0 } = stats.regions[region] ?? {};
      if (hits + misses !== expected.reads) yield [region, { hits, misses, expected: expected.reads }];
      if (loads !== expected.loads) yield [region, { loads, expected: expected.loads }];
      if (loadErrors !== expected.loadErrors) yield [region, { loadErrors, expected: expected.loadErrors }];
      // Invalidations that came within the turn in which a loader ended are not among those expected.
      if (fenced < expected.fenced) yield [region, { fenced, expectedAtLeast: expected.fenced }];
    }
  }
}
