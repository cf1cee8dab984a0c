import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Redis } from 'ioredis';
import { fill, RedisCaches, untilDropped } from '../support/instances/redis-caches.js';
import { holdToContract } from '../support/hold-to-contract.js';
import { redisBridgeHarness } from '../support/bridges/redis-bridge-under-test.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

// The whole library, and the test, then run on the older of the two versions that the peer range allows.
vi.mock('ioredis', () => import('ioredis-5'));

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer({ persistent: true });
});
afterAll(() => redis.stop());

holdToContract('RedisInvalidationBridge on ioredis 5', () => redisBridgeHarness(redis));

describe('the cache on ioredis 5', () => {
  it('runs on ioredis 5', () => {
    const { version } = createRequire(import.meta.url)('ioredis-5/package.json');
    expect(version).toMatch(/^5\./);
    expect(new Redis({ lazyConnect: true }).options).not.toHaveProperty('replyMapping');
  });

  it('takes a client of the application and leaves it usable', async () => {
    const client = redis.client();
    const caches = new RedisCaches();
    const [a, b] = await Promise.all([caches.connect({ redis: client }), caches.connect({ redis: client })]);
    await fill('1', 'one', a.cache, b.cache);

    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    await caches.closeAll();

    expect(await client.ping()).toBe('PONG');
  });
});
