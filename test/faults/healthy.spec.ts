import { describe, expect, it } from 'vitest';
import { endures } from '../support/lab/endures.js';
import { lab } from '../support/lab/fault-lab.js';
import { percentile, propagation } from '../support/lab/propagation.js';

const EVICTIONS = 2_000;

describe('with a healthy link', () => {
  it('an eviction is applied by a peer within milliseconds', async () => {
    const shop = await lab(3).open();
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
          propagationP50: percentile(alone, 0.5),
          propagationP99: percentile(alone, 0.99),
          propagationP50InTraffic: percentile(inTraffic, 0.5),
          propagationP99InTraffic: percentile(inTraffic, 0.99),
        };
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, missed: 0, reconnects: 0 } });
    // How fast is in the evidence: that depends on what else the machine does.
    expect([inTraffic.length, alone.length]).toEqual([EVICTIONS, EVICTIONS]);
  });
});
