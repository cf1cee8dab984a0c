import * as fc from 'fast-check';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { advance } from '../../libs/distributed-cache/src/protocol/position.js';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { bridgeMember } from '../support/bridge-member.js';
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

const DAY = 86_400_000;

describe('the log in Redis', () => {
  let redis: RedisServer;
  let admin: Redis;
  let namespace: string;
  const caches = new RedisCaches();

  beforeAll(async () => {
    redis = await startRedisServer();
    admin = redis.client();
  });
  afterAll(() => redis.stop());
  beforeEach(() => (namespace = `log-${crypto.randomUUID()}`));
  afterEach(() => caches.closeAll());

  const options = () => ({ redisConnectionString: redis.connectionString, namespace });

  it('holds the hash chain that the instances compute, whatever the payloads hold', async () => {
    const bridge = new RedisInvalidationBridge({ connectionString: redis.connectionString });
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    const member = bridgeMember({ namespace });
    const link = await bridge.dial(member, listener, new AbortController().signal);
    let { newest } = await link.sync({ position: undefined, epoch: undefined, noOp: 'begin' });

    const anyText = fc.string({ unit: 'binary', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 5 }), async (payloads) => {
        for (const payload of payloads) newest = advance(newest.hash, await link.publish(payload), payload);
        const reply = await link.sync({ position: undefined, epoch: undefined, noOp: 'unused' });
        expect(reply.newest).toEqual(newest);
      }),
      { numRuns: 60 },
    );
    link.close();
  });

  it('is trimmed to about invalidationLogLength entries', async () => {
    const { cache } = await caches.connect({ ...options(), invalidationLogLength: 200 });
    for (let i = 0; i < 1_000; i += 1) await cache.region('products').evict(i);

    const length = await admin.xlen(`{${namespace}}:log`);
    expect(length).toBeGreaterThanOrEqual(200);
    // Redis trims whole nodes of a hundred entries.
    expect(length).toBeLessThan(400);
  });

  it('makes an instance that was away for longer than it reaches back start empty', async () => {
    const proxy = await RedisProxy.start(redis.port);
    const lengths = { ...options(), invalidationLogLength: 100 };
    const [a, b] = await Promise.all([
      caches.connect(lengths),
      caches.connect({ ...lengths, redisConnectionString: proxy.connectionString }),
    ]);
    await fill('untouched', 'one', b.cache);
    proxy.cut();
    await eventually(() => expect(b.cache.status().state).toBe('disconnected'));
    for (let i = 0; i < 500; i += 1) await a.cache.region('products').evict(i);

    proxy.restore();
    await untilCoherent(b.cache);
    expect(copies('untouched', b.cache)).toEqual([undefined]);
    expect(b.cache.stats().bridge).toMatchObject({ flushes: 2, replayed: 0 });
    await proxy.stop();
  });

  it('gives an instance that was away for less just what it missed', async () => {
    const proxy = await RedisProxy.start(redis.port);
    const [a, b] = await Promise.all([
      caches.connect(options()),
      caches.connect({ ...options(), redisConnectionString: proxy.connectionString }),
    ]);
    await fill('1', 'one', b.cache);
    await fill('untouched', 'one', b.cache);
    proxy.cut();
    await eventually(() => expect(b.cache.status().state).toBe('disconnected'));
    await a.cache.region('products').evict('1');

    proxy.restore();
    await untilCoherent(b.cache);
    expect(copies('1', b.cache)).toEqual([undefined]);
    expect(copies('untouched', b.cache)).toEqual(['one']);
    expect(b.cache.stats().bridge).toMatchObject({ flushes: 1, replayed: 1 });
    await proxy.stop();
  });

  it('makes every instance start empty when somebody deleted it', async () => {
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options())]);
    await fill('untouched', 'one', a.cache, b.cache);
    await admin.del(`{${namespace}}:log`);

    // The next entry does not continue what they know, and they ask at once.
    await a.cache.region('products').evict('1');
    await untilDropped('untouched', a.cache, b.cache);
    await untilCoherent(a.cache, b.cache);

    await fill('1', 'one', a.cache, b.cache);
    await b.cache.region('products').evict('1');
    await untilDropped('1', a.cache);
    expect([a.cache, b.cache].map((cache) => cache.stats().bridge.flushes)).toEqual([2, 2]);
  });

  it('survives that the scripts are flushed in the middle of traffic', async () => {
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options())]);
    await fill('untouched', 'one', b.cache);
    const evictions: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i += 1) {
      await fill(`${i}`, 'one', b.cache);
      evictions.push(a.cache.region('products').evict(i));
      if (i % 50 === 0) await admin.call('SCRIPT', 'FLUSH');
    }
    await Promise.all(evictions);

    for (let i = 0; i < 300; i += 1) await untilDropped(`${i}`, b.cache);
    expect(copies('untouched', b.cache)).toEqual(['one']);
    expect(a.log.at('warn').concat(a.log.at('error'), b.log.at('warn'), b.log.at('error'))).toEqual([]);
  });

  it('expires a day after the last instance synced, and so does the list of members', async () => {
    await caches.connect(options());
    for (const key of [`{${namespace}}:log`, `{${namespace}}:members`]) {
      const left = await admin.pttl(key);
      expect(left).toBeGreaterThan(DAY - 60_000);
      expect(left).toBeLessThanOrEqual(DAY);
    }
  });

  it('gets its expiry from every sync anew', async () => {
    await caches.connect({ ...options(), maxStaleness: 300 });
    const keys = [`{${namespace}}:log`, `{${namespace}}:members`];
    for (const key of keys) await admin.persist(key);
    await eventually(async () => {
      for (const key of keys) expect(await admin.pttl(key)).toBeGreaterThan(DAY - 60_000);
    });
  });
});

describe('a Redis that was restarted', () => {
  const caches = new RedisCaches();
  afterEach(() => caches.closeAll());

  it.each([
    { persistent: false, how: 'empty' },
    { persistent: true, how: 'from its append-only file' },
  ])('$how, makes every instance start empty, and delivers what was evicted meanwhile', async ({ persistent }) => {
    const redis = await startRedisServer({ persistent });
    const options = { redisConnectionString: redis.connectionString };
    const [a, b] = await Promise.all([caches.connect(options), caches.connect(options)]);
    await fill('untouched', 'one', a.cache, b.cache);
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    const before = await redis.client().xlen('{distributed-cache}:log');

    await redis.kill();
    await eventually(() => expect([a.cache, b.cache].map((cache) => cache.status().state)).not.toContain('coherent'));
    await a.cache.region('products').evict('2');
    expect(a.cache.status().outbox).toBe(1);
    await redis.restart();

    await untilCoherent(a.cache, b.cache);
    await eventually(() => expect(a.cache.status().outbox).toBe(0));
    expect(copies('untouched', a.cache, b.cache)).toEqual([undefined, undefined]);
    // Whichever synced first wrote something to hold into the empty log; a persistent one goes on.
    expect(await redis.client().xlen('{distributed-cache}:log')).toBe(persistent ? before + 1 : 2);

    await fill('3', 'three', a.cache, b.cache);
    await b.cache.region('products').evict('3');
    await untilDropped('3', a.cache);
    await caches.closeAll();
    await redis.stop();
  });
});
