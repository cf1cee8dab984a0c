import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DistributedCacheOptions } from 'nestjs-distributed-cache';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  untilDropped,
  type CacheOnRedis,
} from '../support/instances/redis-caches.js';
import { RedisProxy } from '../support/redis/redis-proxy.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

const COMMAND_TIMEOUT = 300;
const PUBLISH_TIMEOUT = 100;

let redis: RedisServer;
const caches = new RedisCaches();

beforeAll(async () => {
  redis = await startRedisServer();
});
afterAll(() => redis.stop());
afterEach(() => caches.closeAll());

const options = (connectionString = redis.connectionString): DistributedCacheOptions => ({
  redisConnectionString: connectionString,
  namespace: 'dead-links',
  redis: { connectTimeout: 500 },
  commandTimeout: COMMAND_TIMEOUT,
  publishTimeout: PUBLISH_TIMEOUT,
});

const connectTwo = (): Promise<[CacheOnRedis, CacheOnRedis]> =>
  Promise.all([caches.connect(options()), caches.connect(options())]);

/** Keeps the event loop from turning. */
function block(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

async function timeTaken(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

describe('while Redis is frozen', () => {
  afterEach(() => redis.resume());

  it('reads go on, and an eviction takes no longer than publishTimeout', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    await fill('2', 'two', a.cache, b.cache);
    redis.pause();

    expect(copies('1', a.cache, b.cache)).toEqual(['one', 'one']);
    const took = await timeTaken(() => a.cache.region('products').evict('1'));
    expect(took).toBeGreaterThanOrEqual(PUBLISH_TIMEOUT - 5);
    expect(took).toBeLessThan(COMMAND_TIMEOUT);
    expect(copies('1', a.cache)).toEqual([undefined]);
    expect(copies('2', a.cache, b.cache)).toEqual(['two', 'two']);
    expect(a.cache.status().outbox).toBe(1);
  });

  it('the link is given up after commandTimeout, and an eviction then does not wait at all', async () => {
    const [a] = await connectTwo();
    redis.pause();
    const took = await timeTaken(async () => {
      void a.cache.region('products').evict('1');
      await eventually(() => expect(a.cache.status().state).toBe('disconnected'));
    });
    expect(took).toBeGreaterThanOrEqual(COMMAND_TIMEOUT - 5);
    expect(took).toBeLessThan(COMMAND_TIMEOUT + 700);
    expect(await timeTaken(() => a.cache.region('products').evict('2'))).toBeLessThan(PUBLISH_TIMEOUT);
  });

  it('nothing is lost: once it goes on, all are coherent and what waited is delivered', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    redis.pause();
    await a.cache.region('products').evict('1');
    await eventually(() => expect(a.cache.status().state).toBe('disconnected'));
    redis.resume();

    await untilCoherent(a.cache, b.cache);
    await untilDropped('1', b.cache);
    await eventually(() => expect(a.cache.status().outbox).toBe(0));
  });
});

describe('while the link of one instance is half-open', () => {
  let proxy: RedisProxy;

  beforeEach(async () => {
    proxy = await RedisProxy.start(redis.port);
  });
  afterEach(() => proxy.stop());

  it('the lease bounds how stale its reads get', async () => {
    const maxStaleness = 600;
    const lease: DistributedCacheOptions = {
      maxStaleness,
      commandTimeout: '1m',
      regions: { strict: { whenDisconnected: 'bypass' } },
    };
    const [a, b] = await Promise.all([
      caches.connect({ ...options(), ...lease }),
      caches.connect({ ...options(proxy.connectionString), ...lease }),
    ]);
    let truth = 'old';
    const read = (region: string): Promise<string> => b.cache.region<string>(region).getOrLoad('1', () => truth);
    expect([await read('products'), await read('strict')]).toEqual(['old', 'old']);

    proxy.blackhole();
    truth = 'new';
    await a.cache.region('products').evict('1');
    await a.cache.region('strict').evict('1');
    const evictedAt = performance.now();
    const tooStale: unknown[] = [];
    await eventually(async () => {
      const staleFor = performance.now() - evictedAt;
      const values = [await read('products'), await read('strict')];
      if (staleFor > maxStaleness && values.includes('old')) tooStale.push({ staleFor, values });
      expect(values).toEqual(['new', 'new']);
    });
    expect(tooStale).toEqual([]);
    expect(b.cache.status().state).toBe('disconnected');
  });

  it('the instance dials again by itself, and is coherent without having missed anything', async () => {
    const [a, b] = await Promise.all([
      caches.connect({ ...options(), maxStaleness: 600 }),
      caches.connect({ ...options(proxy.connectionString), maxStaleness: 600 }),
    ]);
    await fill('1', 'one', b.cache);
    proxy.blackhole();
    await a.cache.region('products').evict('1');
    await eventually(() => expect(b.log.at('warn')).not.toEqual([]));
    expect(proxy.swallowed).toBeGreaterThan(0);

    proxy.restore();
    await untilCoherent(b.cache);
    expect(copies('1', b.cache)).toEqual([undefined]);
    expect(b.cache.stats().bridge).toMatchObject({ reconnects: 1, flushes: 1, replayed: 1 });
  });

  it('what it evicts is delivered once the link is restored', async () => {
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options(proxy.connectionString))]);
    await fill('1', 'one', a.cache);
    proxy.blackhole();
    await b.cache.region('products').evict('1');
    await eventually(() => expect(b.cache.status().state).toBe('disconnected'));
    expect(copies('1', a.cache)).toEqual(['one']);

    proxy.restore();
    await untilDropped('1', a.cache);
  });
});

describe('an instance whose own event loop was blocked for longer than commandTimeout', () => {
  it('keeps its link: the answer lay in the socket all the while', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', b.cache);
    const evicted = a.cache.region('products').evict('1');
    // So that the message is on its way.
    await Promise.resolve();
    block(COMMAND_TIMEOUT + 200);
    await evicted;

    await untilDropped('1', b.cache);
    expect(a.cache.status()).toMatchObject({ state: 'coherent', outbox: 0 });
    expect([a, b].map(({ cache }) => cache.stats().bridge.reconnects)).toEqual([0, 0]);
    expect(a.log.at('warn')).toEqual([]);
  });
});

describe('instances whose connections were killed', () => {
  it('are coherent again within a second, and have missed nothing', async () => {
    const [a, b] = await connectTwo();
    await fill('1', 'one', a.cache, b.cache);
    await fill('untouched', 'one', a.cache, b.cache);
    const admin = redis.client();

    const took = await timeTaken(async () => {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await a.cache.region('products').evict('1');
      await untilDropped('1', b.cache);
      await untilCoherent(a.cache, b.cache);
    });
    expect(took).toBeLessThan(1_000);
    expect(copies('untouched', a.cache, b.cache)).toEqual(['one', 'one']);
    expect([a, b].map(({ cache }) => cache.stats().bridge.flushes)).toEqual([1, 1]);
  });

  it.each(['pubsub', 'normal'])('lose both when one is killed (%s), and dial both again', async (type) => {
    const [a, b] = await connectTwo();
    const admin = redis.client();
    await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    await eventually(() => expect([a, b].map(({ cache }) => cache.stats().bridge.reconnects)).toEqual([1, 1]));

    await fill('1', 'one', a.cache, b.cache);
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    await eventually(async () => {
      const clients = String(await admin.call('CLIENT', 'LIST'))
        .trim()
        .split('\n');
      expect(clients.filter((line) => line.includes('sub=1'))).toHaveLength(2);
      expect(clients.filter((line) => line.includes('cmd=evalsha'))).toHaveLength(2);
    });
  });
});
