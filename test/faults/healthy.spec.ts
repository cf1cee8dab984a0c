import { describe, expect, it } from 'vitest';
import { percentile } from '../../tools/statistics.mjs';
import { endures } from '../support/lab/endures.js';
import { lab, MAX_STALENESS } from '../support/lab/fault-lab.js';
import { propagation } from '../support/lab/propagation.js';

const EVICTIONS = 2_000;
const HEARTBEAT = MAX_STALENESS / 3;

describe('an eviction over a healthy link', () => {
  it('is applied by a peer when the doorbell rings, not at the next heartbeat', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const { a, b } = shop;
    let inTraffic: number[] = [];
    let alone: number[] = [];
    const seen = await endures(shop, {
      fault: 'none',
      done: `${EVICTIONS} evictions by one of three instances, one after the other, until another had applied each: in traffic, all in one process, and once more without any`,
      begin: () => {},
      lasts: async () => {
        inTraffic = await propagation(a.cache, b.cache, EVICTIONS);
      },
      measured: async () => {
        alone = await propagation(a.cache, b.cache, EVICTIONS);
        return {
          propagationP50: percentile(alone, 50),
          propagationP99: percentile(alone, 99),
          propagationP50InTraffic: percentile(inTraffic, 50),
          propagationP99InTraffic: percentile(inTraffic, 99),
        };
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, missed: 0, reconnects: 0 } });
    // The evidence holds what was measured. Here only what no load on the machine excuses: it was the doorbell that brought them, not a heartbeat.
    expect(percentile(alone, 99)).toBeLessThan(HEARTBEAT / 2);
    expect(percentile(inTraffic, 99)).toBeLessThan(HEARTBEAT / 2);
  });
});
