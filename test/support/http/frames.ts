import type { Frame, InstanceView } from '../../../libs/distributed-cache/src/dashboard/frame.js';

/** When every frame was sent. */
export const SENT_AT = Date.UTC(2027, 0, 15, 8);

/** What the page is told of these instances, beside nothing else. */
export function frameOf(instances: readonly InstanceView[], rest: Partial<Frame> = {}): Frame {
  return {
    isFull: true,
    at: SENT_AT,
    scope: 'cluster',
    problem: null,
    log: { length: 3, memory: 5_000, newestAge: 40 },
    instances,
    regions: [],
    leftOut: { instances: 0, regions: 0 },
    points: [],
    invalidations: [],
    ...rest,
  };
}

export function coherentInstance(id: string, rest: Partial<InstanceView> = {}): InstanceView {
  return {
    id,
    state: 'coherent',
    isReached: true,
    refusal: null,
    flushes: 0,
    isInFlushLoop: false,
    flushReason: null,
    syncAge: 900,
    leaseAge: 900,
    maxStaleness: 10_000,
    outbox: 0,
    hitRate: 0.9,
    reads: 100,
    loads: 10,
    entries: 500,
    propagation: 2,
    eventLoopDelay: 12,
    heap: 50_000_000,
    uptime: 60,
    ...rest,
  };
}
