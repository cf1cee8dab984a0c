import type { CacheStats } from '../../libs/distributed-cache/src/cache/stats.js';

/** Counts the calls of loaders, to compare them with what the library counted. */
export class LoadCounts {
  /** By region; `perhaps`: calls that the library need not have counted, since they may have been uncoordinated loads. */
  readonly #calls = new Map<string, { surely: number; perhaps: number }>();

  called(region: string, isPerhapsAlone: boolean): void {
    const known = this.#calls.get(region);
    const calls = known ?? { surely: 0, perhaps: 0 };
    if (isPerhapsAlone) calls.perhaps += 1;
    else calls.surely += 1;
    if (!known) this.#calls.set(region, calls);
  }

  /** The regions in which the library counted another number. */
  *differencesFrom(stats: CacheStats): Generator<[string, Record<string, number>]> {
    for (const [region, { surely, perhaps }] of this.#calls) {
      const counted = stats.regions[region]?.loads ?? 0;
      if (counted < surely || counted > surely + perhaps) yield [region, { counted, surely, perhaps }];
    }
  }
}
