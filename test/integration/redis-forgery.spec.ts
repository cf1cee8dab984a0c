import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { eventually, fill, RedisCaches, untilCoherent, untilDropped } from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

let redis: RedisServer;
const caches = new RedisCaches();
beforeAll(async () => {
  redis = await startRedisServer();
});
afterEach(() => caches.closeAll());
afterAll(() => redis.stop());

it.each(['99999999999999999999-0', '18446744073709551615-18446744073709551615', '9999999999999-0'])(
  'a doorbell that forges the place %s in the log, right behind the newest entry, puts nobody out of action',
  async (forged) => {
    const namespace = `forged:${forged}`;
    const options = { redisConnectionString: redis.connectionString, namespace, maxStaleness: '1s' as const };
    const [a, b] = [(await caches.connect(options)).cache, (await caches.connect(options)).cache];
    await a.region('products').evict('0');
    await eventually(() => expect(b.status().position).toBe(a.status().position));

    const stranger = redis.client();
    const payload = JSON.stringify({ v: 1, k: [['products', 'x']] });
    await stranger.publish(`{${namespace}}:invalidations`, `${a.status().position} ${forged} ${payload}`);

    await untilCoherent(a, b);
    // The next sync finds the forgery out; it is a heartbeat away.
    await eventually(() => expect([a, b].every((cache) => cache.status().position !== forged)).toBe(true));
    await untilCoherent(a, b);
    await fill('1', 'old', a, b);
    await a.region('products').evict('1');
    expect(a.status().outbox).toBe(0);
    await untilDropped('1', a, b);
  },
);
