import type { RegionStore } from '../store/region-store.js';
import type { Flights } from './loading/flights.js';
import type { LoadingRegion } from './loading/load.js';
import type { RegionSettings } from './settings.js';
import type { RegionStats } from './stats.js';

/** One region on this instance: its settings, its copies, its running loads, its statistics. @internal */
export interface RegionState extends LoadingRegion {
  readonly name: string;
  readonly settings: RegionSettings;
  readonly store: RegionStore;
  /** Those of {@link Regions.others} once it is released. */
  stats: RegionStats;
  /** The running loads. */
  readonly flights: Flights;
  /** Whether an entry was stored that is loaded again after an invalidation. */
  isRefreshed: boolean;
  /** Whether another region has its name by now, or will have: it held nothing, and there were many names. Nothing is stored in it any more. */
  isReleased: boolean;
  /** How many want `LocalCache.watchHit` to be told of hits, with what loads them. Each adds itself, and takes itself off again. */
  watchers: number;
}
