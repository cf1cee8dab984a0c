import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { Redis } from 'ioredis';
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
