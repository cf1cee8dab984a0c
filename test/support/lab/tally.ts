import { sum } from '../../../tools/statistics.mjs';
import type { FaultEvidence } from './evidence.js';
import type { FaultLab } from './fault-lab.js';

/** What all instances together have done since they were started. */
export type Tally = Pick<FaultEvidence, 'reads' | 'evictions' | 'bridge'>;

export function tallyOf({ instances, traffic }: FaultLab): Tally {
  const bridges = instances.map(({ cache }) => cache.stats().bridge);
  return {
    reads: sum(traffic.map(({ reads }) => reads)),
    evictions: sum(traffic.map(({ evictions }) => evictions)),
    bridge: {
      flushes: sum(bridges.map(({ flushes }) => flushes)),
      replayed: sum(bridges.map(({ replayed }) => replayed)),
      missed: sum(bridges.map(({ missed }) => missed)),
      reconnects: sum(bridges.map(({ reconnects }) => reconnects)),
    },
  };
}

/** What they have done in between. */
export function difference(after: Tally, before: Tally): Tally {
  return {
    reads: after.reads - before.reads,
    evictions: after.evictions - before.evictions,
    bridge: {
      flushes: after.bridge.flushes - before.bridge.flushes,
      replayed: after.bridge.replayed - before.bridge.replayed,
      missed: after.bridge.missed - before.bridge.missed,
      reconnects: after.bridge.reconnects - before.bridge.reconnects,
    },
  };
}
