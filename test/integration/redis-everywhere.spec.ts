import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { copies, eventually, fill, RedisCaches } from '../support/instances/redis-caches.js';
import { RedisProxy } from '../support/redis/redis-proxy.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

const MEMBERS = '{shop}:members';
const TEN_MINUTES = 600_000;

describe('an eviction everywhere on Redis', () => {
  let redis: RedisServer;
  let admin: Redis;
  let proxy: RedisProxy;
  const caches = new RedisCaches();

  beforeAll(async () => {
    redis = await startRedisServer();
    admin = redis.client();
    proxy = await RedisProxy.start(redis.port);
  });
  afterAll(async () => {
    await proxy.stop();
    await redis.stop();
  });
  beforeEach(() => admin.flushall());
  afterEach(async () => {
    await caches.closeAll();
    proxy.restore();
  });

  const options = (maxStaleness: '10s' | '600ms', port = redis.port) => ({
    redisConnectionString: `redis://127.0.0.1:${port}`,
    namespace: 'shop',
    maxStaleness,
  });

  /** The server has known all members for ten minutes. */
  const aged = async (): Promise<void> => {
    const { cache } = await caches.connect(options('10s'));
    await cache.close();
    const [run = '', since] = await admin.zrangebyscore(MEMBERS, '-inf', '(0', 'WITHSCORES');
    await admin.zadd(MEMBERS, Number(since) + TEN_MINUTES, run);
  };

  it('takes a round trip in health', async () => {
    await aged();
    const [a, b, c] = await Promise.all(['10s', '10s', '10s'].map(() => caches.connect(options('10s'))));
    if (!a || !b || !c) throw new Error('three caches were asked for');
    await fill('1', 'old', a.cache, b.cache, c.cache);

    const evicted = await a.cache.region('products').evict('1', { everywhere: true });
    expect(evicted.instances).toBe(3);
    // Far below the lease: nobody was waited for until it was over.
    expect(evicted.waited).toBeLessThan(2_000);
    expect(copies('1', a.cache, b.cache, c.cache)).toEqual([undefined, undefined, undefined]);
  });

  it('waits for the lease of a half-open instance, which then serves nothing older', async () => {
    await aged();
    const a = await caches.connect(options('600ms'));
    const b = await caches.connect(options('600ms', proxy.port));
    await fill('1', 'old', a.cache, b.cache);
    proxy.blackhole();

    const { waited } = await a.cache.region('products').evict('1', { everywhere: true });
    expect(copies('1', b.cache)).toEqual([undefined]);
    expect(waited).toBeGreaterThan(600);
  });

  it('takes at least the lease while the server may have forgotten an instance', async () => {
    const [a, b] = await Promise.all([caches.connect(options('600ms')), caches.connect(options('600ms'))]);
    await fill('1', 'old', a.cache, b.cache);
    const { waited } = await a.cache.region('products').evict('1', { everywhere: true });
    expect(waited).toBeGreaterThan(600);
  });

  it('does so always where the server will not say which run it is', async () => {
    await aged();
    await admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', '~*', '&*', '+@all', '-info');
    const { cache } = await caches.connect({
      ...options('600ms'),
      redisConnectionString: `redis://shop:secret@127.0.0.1:${redis.port}`,
    });
    expect((await cache.region('products').evict('1', { everywhere: true })).waited).toBeGreaterThan(600);
  });

  it('lists an instance with its lease, and no more once it has left', async () => {
    const a = await caches.connect(options('10s'));
    const b = await caches.connect({ ...options('10s'), regions: { prices: { whenDisconnected: 'bypass' } } });
    const { instanceId } = b.cache.status();
    const listed = async (): Promise<string[]> => admin.zrangebyscore(MEMBERS, 0, '+inf');
    expect(await listed()).toContain(`{"i":${JSON.stringify(instanceId)},"s":10000,"x":["prices"]}`);

    await b.cache.close();
    expect(await listed()).toHaveLength(1);
    await a.cache.close();
    await eventually(async () => expect(await listed()).toEqual([]));
  });
});
