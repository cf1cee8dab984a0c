/** What passed between this instance and the others since it started. Counts, all of them. @publicApi */
export interface BridgeStats {
  /** Messages of ours that the log accepted. */
  published: number;
  /** Messages of others that were applied, whichever way they came. */
  received: number;
  /** Log entries that a sync found although the channel should have brought them. */
  missed: number;
  /** Messages heard again after they had been applied. */
  duplicates: number;
  /** Messages that could not be understood. */
  malformed: number;
  /** Times the channel skipped an entry. */
  gaps: number;
  /** Log entries applied by a sync. */
  replayed: number;
  /** Times the whole local store was dropped because the log could not be proven to continue. */
  flushes: number;
  /** Links opened after the first. */
  reconnects: number;
}

/** @internal */
export function newBridgeStats(): BridgeStats {
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
