import type { Frame, InstanceView, RegionView } from '../../../libs/distributed-cache/src/dashboard/frame.js';
import { coherentInstance, frameOf, SENT_AT } from './frames.js';

const INSTANCES = 200;
const REGIONS = 100;
const SENDER = idOf(1);
/** Which instance is cut off. */
const CUT_OFF = 150;

/**
 * What the page is told at most: 200 instances, of which `shop-150` is cut off, and 100 of 500 regions. `shop-1` has evicted everything, which
 * has reached all but the one that is cut off.
 */
export const CROWDED_FRAME: Frame = frameOf(
  Array.from({ length: INSTANCES }, (_, index) => (index === CUT_OFF ? cutOff(index) : coherentInstance(idOf(index)))),
  {
    regions: Array.from({ length: REGIONS }, (_, index) => region(index)),
    leftOut: { instances: 0, regions: 400 },
    invalidations: [
      {
        number: 1,
        at: SENT_AT,
        from: SENDER,
        everything: true,
        regions: [],
        regionCount: 0,
        keys: [],
        keyCount: 0,
        tagCount: 0,
        isLogged: true,
        arrivals: arrivals(),
      },
    ],
  },
);

function cutOff(index: number): InstanceView {
  return {
    id: idOf(index),
    state: null,
    isReached: false,
    refusal: null,
    flushes: 0,
    isInFlushLoop: false,
    flushReason: null,
    syncAge: 8_000,
    leaseAge: null,
    maxStaleness: 10_000,
    outbox: null,
    hitRate: null,
    reads: null,
    loads: null,
    entries: null,
    propagation: null,
    eventLoopDelay: null,
    heap: null,
    uptime: null,
  };
}

function region(index: number): RegionView {
  return {
    name: `a-region-with-quite-a-long-name-${index}`,
    entries: 10,
    hitRate: 0.9,
    reads: REGIONS - index,
    loads: 1,
    fenced: 0,
    trail: [1, 2, 3],
  };
}

function arrivals(): Record<string, number> {
  const all = Array.from({ length: INSTANCES }, (_, index) => [idOf(index), 1 + index / 10] as const);
  return Object.fromEntries(all.filter(([id]) => id !== SENDER && id !== idOf(CUT_OFF)));
}

function idOf(index: number): string {
  return `shop-${index}:1:abcdef01`;
}
