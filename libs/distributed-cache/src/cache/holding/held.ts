import type { FoundEntry } from '../../store/found-entry.js';
import type { RegionState } from '../region-state.js';

/** What a read has to know of the hold that it runs in. @internal */
export interface Held {
  /** Whether the hold has gathered an eviction of this entry: it may be served to nobody in the hold. */
  covers(region: string, key: string, tags: readonly string[]): boolean;
  /** The copy that was loaded or put inside the hold, and that nobody outside may be served; `undefined`: there is none. */
  copyOf(region: RegionState, key: string): FoundEntry | undefined;
}

/** @internal */
export interface CurrentHold {
  /** Whether any hold is open. Every hit asks this. */
  readonly areOpen: boolean;
  /** The hold that the running code belongs to; `undefined`: none. */
  readonly current: Held | undefined;
}
