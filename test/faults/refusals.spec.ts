import { describe, expect, it } from 'vitest';
import { percentile } from '../../tools/statistics.mjs';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import { lab } from '../support/lab/fault-lab.js';
import { propagation } from '../support/lab/propagation.js';
import { until } from '../support/lab/waits.js';
import type { RedisServer } from '../support/redis/redis-server.js';
import { proxyTo, startRedis } from '../support/redis/using-redis.js';

describe('instances whose Redis', () => {
  it('is out of memory drop their copies at once, and deliver to the log when there is memory', async () => {
    const shop = await lab(3).with({ invalidationLogLength: 100_000 }).open();
    const { a, b } = shop;
    let receivedWithin: number[] = [];
    const seen = await endures(shop, {
      fault: 'out of memory',
      done: 'maxmemory was reached, with noeviction, for longer than the leases of three instances: the log took nothing',
      begin: () => shop.admin.config('SET', 'maxmemory', 1),
      lasts: async () => {
        receivedWithin = await propagation(a.cache, b.cache, 20);
        await shop.untilPastLease(...shop.instances);
      },
      end: () => shop.admin.config('SET', 'maxmemory', 0),
      measured: () => ({
        receivedWithinP50: percentile(receivedWithin, 50),
        receivedWithinAtMost: percentile(receivedWithin, 100),
      }),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: 0 } });
    // Each stands in the log once, however often it was refused; the first entry is the no-op of an empty log.
    expect(await shop.admin.xlen('{lab}:log')).toBe(1 + shop.published);
    // One by one with the back-off, half of them would take longer than this.
    expect(percentile(receivedWithin, 50)).toBeLessThan(300);
  });

  it('is demoted to a replica serve nothing beyond the lease, and flush when it is promoted again', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const seen = await endures(shop, {
      fault: 'demoted and promoted',
      done: 'the server was made a replica while three instances were connected and publishing, and a primary again when their leases were over',
      begin: () => shop.admin.replicaof('127.0.0.1', 1),
      lasts: () => shop.untilPastLease(...shop.instances),
      end: () => shop.admin.replicaof('NO', 'ONE'),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: atLeast(3), reconnects: atLeast(3) } });
  });
});

describe('an instance that reaches a read-only replica', () => {
  it('serves nothing that was invalid for longer than the lease, though Redis answers it', async () => {
    const shop = await lab(3)
      .evictingEverywhere()
      .on({ args: ['--repl-diskless-sync-delay', '0'] })
      .open();
    const { a } = shop;
    const flushes = (): number[] => shop.instances.map(({ cache }) => cache.stats().bridge.flushes);
    const before = flushes();
    const { replica, cutOff } = await replicaOf(shop.redis);
    // Its first replica makes a primary begin another history, and that is another epoch: over before the fault begins.
    await until(() => expect(flushes()).toEqual(before.map((count) => count + 1)));
    const seen = await endures(shop, {
      fault: 'read-only replica',
      done: 'a replica was cut off from its primary, which nobody told it, and one of three instances was led there for longer than its lease, and back',
      begin: () => {
        cutOff();
        a.proxy.leadTo(replica.port);
      },
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.leadTo(shop.redis.port),
    });
    // It did ask there, and was refused.
    expect(await replica.admin.info('errorstats')).toContain('errorstat_READONLY');
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
  });
});

/** A replica that has caught up with `primary`, and what silences the link between them. */
async function replicaOf(primary: RedisServer): Promise<{ replica: RedisServer; cutOff: () => void }> {
  const link = await proxyTo(primary);
  const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', `${link.port}`] });
  await until(async () => expect(await replica.admin.info('replication')).toContain('master_link_status:up'));
  return { replica, cutOff: () => link.blackhole() };
}
