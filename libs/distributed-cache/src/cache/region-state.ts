import type { RegionStore } from '../store/region-store.js';
import type { Flight } from './loading/flight.js';
import type { RegionSettings } from './settings.js';
import type { RegionStats } from './stats.js';

/** All that is known of one region on this instance. @internal */
export interface RegionState {
  readonly name: string;
  readonly settings: RegionSettings;
  readonly store: RegionStore;
  readonly stats: RegionStats;
  /** The loads that run, by key. */
  readonly flights: Map<string, Flight>;
}
