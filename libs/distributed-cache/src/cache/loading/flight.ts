import type { Load } from './load.js';

/** The loads of one key while at least one of them runs. */
export interface Flight {
  /** The one that readers may join. */
  joinable: Load | undefined;
  /** The one that began last. */
  latest: Load | undefined;
  running: number;
  /** How many were fenced since one was stored. */
  fenced: number;
}
