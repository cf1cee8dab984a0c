import type { DistributedCacheOptions } from 'nestjs-distributed-cache';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startInstance } from '../support/instances/application.js';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  untilDropped,
} from '../support/instances/redis-caches.js';
import { RedisProxy } from '../support/redis/redis-proxy.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

const DRAIN_TIMEOUT = 300;

describe('an instance that shuts down', () => {
  let redis: RedisServer;
  const caches = new RedisCaches();

  beforeEach(async () => {
    redis = await startRedisServer();
  });
  afterEach(async () => {
    await caches.closeAll();
    await redis.stop();
  });

  const options = (): DistributedCacheOptions => ({
    redisConnectionString: redis.connectionString,
    drainTimeout: DRAIN_TIMEOUT,
    publishTimeout: 50,
  });

  /** Resolves with what the log of the namespace holds. */
  const logged = async (): Promise<string> =>
    JSON.stringify(await redis.client().xrange('{distributed-cache}:log', '-', '+'));

  it('has delivered what was just evicted when close() resolves', async () => {
    const { cache } = await caches.connect(options());
    for (let i = 0; i < 5_000; i += 1) void cache.region('products').evict(`key-${i}`);
    await cache.close();

    const log = await logged();
    expect(log).toContain('key-0');
    expect(log).toContain('key-4999');
  });

  it('has delivered it when the application is closed, too', async () => {
    const instance = await startInstance(options());
    void instance.cache.region('products').evict('last words');
    await instance.close();
    expect(await logged()).toContain('last words');
  });

  it('delivers to the others what it evicted while it was cut off, when the link comes back in time', async () => {
    const proxy = await RedisProxy.start(redis.port);
    const [a, b] = await Promise.all([
      caches.connect({ ...options(), redisConnectionString: proxy.connectionString, drainTimeout: '10s' }),
      caches.connect(options()),
    ]);
    await fill('1', 'one', b.cache);
    proxy.cut();
    await eventually(() => expect(a.cache.status().state).toBe('disconnected'));
    await a.cache.region('products').evict('1');

    const closed = a.cache.close();
    expect(copies('1', b.cache)).toEqual(['one']);
    proxy.restore();
    await closed;
    await untilDropped('1', b.cache);
    expect(a.log.at('error')).toEqual([]);
    await proxy.stop();
  });

  it.each([
    ['gone', (server: RedisServer) => server.kill()],
    ['frozen', async (server: RedisServer) => server.pause()],
  ])('ends within drainTimeout when Redis is %s, and says how much could not be sent', async (_, take) => {
    const { cache, log } = await caches.connect(options());
    await take(redis);
    await cache.region('products').evictMany(['1', '2', '3']);
    await cache.evictTags('tag');

    const startedAt = performance.now();
    await cache.close();
    expect(performance.now() - startedAt).toBeLessThan(DRAIN_TIMEOUT + 500);
    expect(log.at('error')).toHaveLength(1);
    expect(log.at('error')[0]?.parameters).toMatchObject({ undelivered: 4 });
  });

  it('says nothing when there was nothing to send, though Redis is gone', async () => {
    const { cache, log } = await caches.connect(options());
    await redis.kill();
    await cache.close();
    expect(log.at('error')).toEqual([]);
  });

  it('leaves no connection behind, and the others coherent', async () => {
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options())]);
    await a.cache.close();
    const client = redis.client();
    await eventually(async () =>
      // The two of b and that of this test.
      expect(
        String(await client.call('CLIENT', 'LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(3),
    );
    await untilCoherent(b.cache);
    expect(b.log.at('warn')).toEqual([]);
  });
});
