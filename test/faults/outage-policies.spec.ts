import { describe, expect, it } from 'vitest';
import type { RegionStats } from 'nestjs-distributed-cache';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import type { LabInstance } from '../support/lab/lab-instance.js';
import { lab } from '../support/lab/fault-lab.js';
import { untilRead } from '../support/lab/waits.js';

function statsOf({ cache }: LabInstance, region: string): RegionStats {
  const stats = cache.stats().regions[region];
  if (!stats) throw new Error(`no region ${region}`);
  return stats;
}

describe('an instance during an outage', () => {
  it("with onUndelivered: 'throw' rejects every eviction that is not in the log, and delivers it later", async () => {
    const shop = await lab(3).with({ onUndelivered: 'throw' }).open();
    const [ofA, ...others] = shop.traffic;
    const { a } = shop;
    const seen = await endures(shop, {
      fault: "outage with onUndelivered: 'throw'",
      done: 'one of three instances, whose callers want to be told, had its bytes swallowed for longer than its lease',
      begin: () => a.proxy.blackhole(),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    // endures() waits until all that was evicted stands in the log, whatever the callers were told.
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
    expect(ofA?.undelivered).toBeGreaterThan(0);
    expect(others.map(({ undelivered }) => undelivered)).toEqual([0, 0]);
  });

  it("loads for every read with whenDisconnected: 'bypass' once the lease is over, and once per lease with 'reload'", async () => {
    const shop = await lab(3).open();
    const { a } = shop;
    const hits: Record<'bypass' | 'reload', number> = { bypass: 0, reload: 0 };
    const seen = await endures(shop, {
      fault: "outage with whenDisconnected: 'bypass'",
      done: 'one of three instances was cut off: half of its reads in a region that bypasses, half in one that reloads',
      begin: () => a.proxy.cut(),
      lasts: async () => {
        await shop.untilPastLease(a);
        const before = { bypass: statsOf(a, 'prices').hits, reload: statsOf(a, 'goods').hits };
        await untilRead(shop.traffic, 1_000);
        hits.bypass = statsOf(a, 'prices').hits - before.bypass;
        hits.reload = statsOf(a, 'goods').hits - before.reload;
      },
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
    expect(hits.bypass).toBe(0);
    expect(hits.reload).toBeGreaterThan(0);
  });
});
