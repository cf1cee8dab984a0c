import type { TimeSummary } from '../common/recent-times.js';

/** What this instance exchanged with the others. All but `propagation` are counts since it started. @publicApi */
export interface BridgeStats extends BridgeCounts {
  /**
   * How long messages of this instance took in the last minute, in ms: from sending one until the channel, or a sync, brought it back.
   * `null`: there was none.
   */
  propagation: TimeSummary;
}

/** What has passed between the cache and its bridge, counted since the cache was started. @publicApi */
export interface BridgeCounts {
  /** Messages of this instance that the log accepted. */
  published: number;
  /** Messages of others that were applied, whether the channel or a sync brought them. */
  received: number;
  /** Log entries that a sync brought although the channel should have brought them before. */
  missed: number;
  /** Messages that the channel brought again after they had been applied. */
  duplicates: number;
  /** Payloads that are no message, and were ignored. */
  malformed: number;
  /** How often the channel skipped an entry of the log. */
  gaps: number;
  /** Log entries applied by a sync. */
  replayed: number;
  /** How often all copies were removed because the log could not be proven to continue the position. */
  flushes: number;
  /** Links opened after the first. */
  reconnects: number;
}

/** @internal */
export function newBridgeCounts(): BridgeCounts {
  return {
    published: 0,
    received: 0,
    missed: 0,
    duplicates: 0,
    malformed: 0,
    gaps: 0,
    replayed: 0,
    flushes: 0,
    reconnects: 0,
  };
}
