import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { Redis } from 'ioredis';
import { atLeast } from '../support/common/at-least.js';
import { eventually } from '../support/common/eventually.js';
import { fill, untilDropped } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { holdToContract } from '../support/bridges/hold-to-contract.js';
import { redisBridgeHarness } from '../support/bridges/redis-bridge-under-test.js';
import { usingRedis } from '../support/redis/using-redis.js';

// The whole library, and the test, then run on the older of the two versions that the peer range allows.
vi.mock('ioredis', () => import('ioredis-5'));

const redis = usingRedis({ persistent: true });

holdToContract('RedisInvalidationBridge on ioredis 5', () => redisBridgeHarness(redis));

describe('the cache on ioredis 5', () => {
  it('runs on ioredis 5', () => {
    const { version } = createRequire(import.meta.url)('ioredis-5/package.json');
    expect(version).toMatch(/^5\./);
    expect(new Redis({ lazyConnect: true }).options).not.toHaveProperty('replyMapping');
  });

  it('keeps all connections of a link in use, and goes on receiving', async () => {
    const { a, b, log } = await instances(2).on(redis).with({ maxStaleness: 300, minReplicas: 1 }).connected();
    const times = async (command: string): Promise<number> =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.admin.info('commandstats'))?.[1] ?? 0);
    const before = [await times('subscribe'), await times('wait')];
    await eventually(async () =>
      expect([await times('subscribe'), await times('wait')]).toEqual(before.map((each) => atLeast(each + 10))),
    );
    await fill('1', 'one', b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
    expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([0, 0]);
    expect(log.at('warn')).toEqual([]);
  });

  it('uses a client of the application and leaves it usable', async () => {
    const client = redis.client();
    const both = await instances(2).on({ redis: client }).connected();
    const { a, b } = both;
    await fill('1', 'one', a, b);

    await a.region('products').evict('1');
    await untilDropped('1', b);
    await both.close();

    expect(await client.ping()).toBe('PONG');
  });
});
