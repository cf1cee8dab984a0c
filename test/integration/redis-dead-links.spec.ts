import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DistributedCacheOptions } from 'nestjs-distributed-cache';
import type { RedisProxy } from '../support/redis/redis-proxy.js';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf, type Instances, type Place } from '../support/instances/instances.js';
import { proxyTo, usingRedis } from '../support/redis/using-redis.js';

const COMMAND_TIMEOUT = 300;
const PUBLISH_TIMEOUT = 100;

const redis = usingRedis();

/** Two instances that do not wait for long. */
const two = (...places: readonly [Place, ...Place[]]): Instances =>
  instances(2)
    .on(...places)
    .with({
      redis: { connectTimeout: 500 },
      commandTimeout: COMMAND_TIMEOUT,
      publishTimeout: PUBLISH_TIMEOUT,
    });

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

describe('an instance whose Redis is frozen', () => {
  afterEach(() => redis.resume());

  it('serves reads, and resolves an eviction after publishTimeout', async () => {
    const { a, b } = await two(redis).connected();
    await fill('1', 'one', a, b);
    await fill('2', 'two', a, b);
    redis.pause();

    expect(copies('1', a, b)).toEqual(['one', 'one']);
    const took = await timeTaken(() => a.region('products').evict('1'));
    expect(took).toBeGreaterThanOrEqual(PUBLISH_TIMEOUT - 5);
    expect(took).toBeLessThan(COMMAND_TIMEOUT);
    expect(copies('1', a)).toEqual([undefined]);
    expect(copies('2', a, b)).toEqual(['two', 'two']);
    expect(a.status().outbox).toBe(1);
  });

  it('gives the link up after commandTimeout, and then resolves evictions at once', async () => {
    const { a } = await two(redis).connected();
    redis.pause();
    const took = await timeTaken(async () => {
      void a.region('products').evict('1');
      await eventually(() => expect(a.status().state).toBe('disconnected'));
    });
    expect(took).toBeGreaterThanOrEqual(COMMAND_TIMEOUT - 5);
    expect(took).toBeLessThan(COMMAND_TIMEOUT + 700);
    expect(await timeTaken(() => a.region('products').evict('2'))).toBeLessThan(PUBLISH_TIMEOUT);
  });

  it('is coherent when Redis goes on, and delivers the evictions in its outbox', async () => {
    const { a, b } = await two(redis).connected();
    await fill('1', 'one', a, b);
    redis.pause();
    await a.region('products').evict('1');
    await eventually(() => expect(a.status().state).toBe('disconnected'));
    redis.resume();

    await untilCoherent(a, b);
    await untilDropped('1', b);
    await eventually(() => expect(a.status().outbox).toBe(0));
  });
});

describe('an instance whose link is half-open', () => {
  let proxy: RedisProxy;

  beforeEach(async () => {
    proxy = await proxyTo(redis);
  });

  it('serves nothing that is staler than its lease', async () => {
    const maxStaleness = 600;
    const lease: DistributedCacheOptions = {
      maxStaleness,
      commandTimeout: '1m',
      regions: { strict: { whenDisconnected: 'bypass' } },
    };
    const { a, b } = await two(redis, proxy).with(lease).connected();
    let truth = 'old';
    const read = (region: string): Promise<string> => b.region<string>(region).getOrLoad('1', () => truth);
    expect([await read('products'), await read('strict')]).toEqual(['old', 'old']);

    proxy.blackhole();
    truth = 'new';
    await a.region('products').evict('1');
    await a.region('strict').evict('1');
    const evictedAt = performance.now();
    const tooStale: unknown[] = [];
    await eventually(async () => {
      const staleFor = performance.now() - evictedAt;
      const values = [await read('products'), await read('strict')];
      if (staleFor > maxStaleness && values.includes('old')) tooStale.push({ staleFor, values });
      expect(values).toEqual(['new', 'new']);
    });
    expect(tooStale).toEqual([]);
    expect(b.status().state).toBe('disconnected');
  });

  it('dials again by itself, and is coherent without a missed invalidation', async () => {
    const { a, b } = await two(redis, proxy).with({ maxStaleness: 600 }).connected();
    await fill('1', 'one', b);
    proxy.blackhole();
    await a.region('products').evict('1');
    await eventually(() => expect(logOf(b).at('warn')).not.toEqual([]));
    expect(proxy.swallowed).toBeGreaterThan(0);

    proxy.restore();
    await untilCoherent(b);
    expect(copies('1', b)).toEqual([undefined]);
    expect(b.stats().bridge).toMatchObject({ reconnects: 1, flushes: 1, replayed: 1 });
  });

  it('delivers its evictions when the link is restored', async () => {
    const { a, b } = await two(redis, proxy).connected();
    await fill('1', 'one', a);
    proxy.blackhole();
    await b.region('products').evict('1');
    await eventually(() => expect(b.status().state).toBe('disconnected'));
    expect(copies('1', a)).toEqual(['one']);

    proxy.restore();
    await untilDropped('1', a);
  });
});

describe('an instance whose own event loop was blocked for longer than commandTimeout', () => {
  it('keeps its link: the answer was in the socket in time', async () => {
    const { a, b } = await two(redis).connected();
    await fill('1', 'one', b);
    const evicted = a.region('products').evict('1');
    // So that the message is on its way.
    await Promise.resolve();
    block(COMMAND_TIMEOUT + 200);
    await evicted;

    await untilDropped('1', b);
    expect(a.status()).toMatchObject({ state: 'coherent', outbox: 0 });
    expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([0, 0]);
    expect(logOf(a).at('warn')).toEqual([]);
  });
});

describe('instances whose connections were killed', () => {
  it('are coherent again within a second, without a missed invalidation', async () => {
    const { a, b } = await two(redis).connected();
    await fill('1', 'one', a, b);
    await fill('untouched', 'one', a, b);
    const { admin } = redis;

    const took = await timeTaken(async () => {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await a.region('products').evict('1');
      await untilDropped('1', b);
      await untilCoherent(a, b);
    });
    expect(took).toBeLessThan(1_000);
    expect(copies('untouched', a, b)).toEqual(['one', 'one']);
    expect([a, b].map((each) => each.stats().bridge.flushes)).toEqual([1, 1]);
  });

  it.each(['pubsub', 'normal'])('dial both again when one (%s) is killed', async (type) => {
    const { a, b } = await two(redis).connected();
    const { admin } = redis;
    await admin.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    await eventually(() => expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));

    await fill('1', 'one', a, b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
    await eventually(async () => {
      const clients = String(await admin.call('CLIENT', 'LIST'))
        .trim()
        .split('\n');
      expect(clients.filter((line) => / sub=[1-9]/.test(line))).toHaveLength(2);
      expect(clients.filter((line) => line.includes('cmd=evalsha'))).toHaveLength(2);
    });
  });
});
