import type { CacheStats } from '../../libs/distributed-cache/src/cache/stats.js';

/** A count that is not known exactly. */
interface Range {
  least: number;
  most: number;
}

/** What happened in one region, as the application saw it. */
class Counts {
  reads = 0;
  loads = 0;
  /** A load that takes about as long as its readers wait may have timed out. */
  readonly loadErrors: Range = { least: 0, most: 0 };
  /** Reads that were handed an expired value. A value may expire while a read waits for others. */
  readonly staleServed: Range = { least: 0, most: 0 };
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
  *differencesFrom(stats: CacheStats): Generator<[string, Record<string, unknown>]> {
    for (const [region, expected] of this.#regions) {
      const counted = stats.regions[region];
      const { hits = 0, misses = 0, loads = 0, loadErrors = 0, staleServed = 0, fenced = 0 } = counted ?? {};
      // A read that is handed an expired value in place of an error counts as a miss and as a hit.
      const answers = { least: expected.reads, most: expected.reads + expected.staleServed.most };
      if (!isIn(answers, hits + misses)) yield [region, { hits, misses, expected: answers }];
      if (loads !== expected.loads) yield [region, { loads, expected: expected.loads }];
      if (!isIn(expected.loadErrors, loadErrors)) yield [region, { loadErrors, expected: expected.loadErrors }];
      if (!isIn(expected.staleServed, staleServed)) yield [region, { staleServed, expected: expected.staleServed }];
      // Invalidations that came within the turn in which a loader ended are not among those expected.
      if (fenced < expected.fenced) yield [region, { fenced, expectedAtLeast: expected.fenced }];
    }
  }
}

function isIn({ least, most }: Range, value: number): boolean {
  return least <= value && value <= most;
}
