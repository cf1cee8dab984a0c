import type { DistributedCache } from 'nestjs-distributed-cache';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { decodeInvalidation } from 'nestjs-distributed-cache/redis';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilDropped } from '../support/instances/copies.js';
import { instances, type Instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { usingRedis } from '../support/redis/using-redis.js';

describe('evictions on Redis', () => {
  const redis = usingRedis();
  let both: Instances;
  let a: DistributedCache;
  let b: DistributedCache;
  let heard: string[];

  beforeEach(async () => {
    both = await instances(2).on(redis).with({ maxEntries: 200_000 }).connected();
    ({ a, b } = both);
    heard = [];
    const listener = redis.client();
    listener.on('message', (_, text) => heard.push(text));
    await listener.subscribe(namesInRedis().channel);
  });

  /** The keys of region `'products'` that each message on the channel named. */
  const keysHeard = (): string[][] =>
    heard.map((text) => {
      const decoded = decodeInvalidation(text.split(' ').slice(2).join(' '));
      if (!decoded.ok) throw new Error(decoded.reason);
      return [...(decoded.message.invalidation.keys.get('products') ?? [])];
    });

  it('reach the other instance once each', async () => {
    for (const key of ['1', '2', '3']) {
      await fill(key, 'one', a, b);
      await a.region('products').evict(key);
      await untilDropped(key, b);
    }
    expect(b.stats().bridge).toMatchObject({ received: 3, duplicates: 0, missed: 0, gaps: 0, replayed: 0 });
    expect(a.stats().bridge).toMatchObject({ published: 3, received: 0 });
  });

  it('take one command each', async () => {
    const monitor = await redis.client().monitor();
    onTestFinished(() => monitor.disconnect());
    const commandsOf = new Map<string, string[]>();
    let publisher = '';
    monitor.on('monitor', (_time, [command = '', , keys]: string[], source: string) => {
      // One key, the log; a sync takes two.
      if (command === 'evalsha' && keys === '1') publisher = source;
      commandsOf.set(source, [...(commandsOf.get(source) ?? []), command]);
    });
    for (const key of ['1', '2', '3']) await a.region('products').evict(key);

    await eventually(() => expect(commandsOf.get(publisher)?.slice(-3)).toEqual(['evalsha', 'evalsha', 'evalsha']));
  });

  it.each([
    ['10 001 keys at once', 10_001, 'evictMany'],
    ['120 000 keys one by one in a tick', 120_000, 'evict'],
  ] as const)('of %s evict exactly those', { timeout: 60_000 }, async (_, count, how) => {
    const keys = Array.from({ length: count }, (__, index) => `${index}`);
    await fill('kept', 'kept', b);
    await fill(keys[0] ?? '', 'first', b);
    const last = keys.at(-1) ?? '';
    await fill(last, 'last', b);
    const products = a.region('products');
    if (how === 'evictMany') await products.evictMany(keys);
    else await Promise.all(keys.map((key) => products.evict(key)));
    await untilDropped(last, b);
    expect(copies('kept', b)).toEqual(['kept']);
    expect(copies('0', b)).toEqual([undefined]);
    await eventually(() => expect(keysHeard().flat()).toHaveLength(count));
  });

  it('of one tick are published in one message, each target once', async () => {
    const products = a.region('products');
    await Promise.all([products.evict('1'), products.evict('2'), products.evict('1'), products.evictMany(['2', '3'])]);
    await eventually(() => expect(keysHeard()).toEqual([['1', '2', '3']]));
  });

  it('are published in messages of at most 100 targets', async () => {
    await a.region('products').evictMany(Array.from({ length: 1_050 }, (_, i) => `key-${i}`));
    await eventually(() => expect(keysHeard().flat()).toHaveLength(1_050));
    expect(keysHeard().map((keys) => keys.length)).toEqual([...Array.from({ length: 10 }, () => 100), 50]);
  });

  it('are published in messages of about 8 KiB when the targets are long', async () => {
    await a.region('products').evictMany(Array.from({ length: 100 }, (_, i) => `${i}`.padStart(500, 'x')));
    await eventually(() => expect(keysHeard().flat()).toHaveLength(100));
    for (const text of heard) expect(Buffer.byteLength(text)).toBeLessThan(8_192 + 100);
    expect(heard.length).toBeLessThan(10);
  });

  it('are covered by a wider one of the same tick', async () => {
    const products = a.region('products');
    await Promise.all([products.evict('1'), products.clear(), products.evict('2')]);
    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard[0]).toContain('"r":["products"]');
    expect(heard[0]).not.toContain('"k"');
  });

  it('all arrive when 100 000 are made at once', { timeout: 60_000 }, async () => {
    const count = 100_000;
    const keys = Array.from({ length: count }, (_, i) => `key-${i}`);
    const products = b.region('products');
    for (let from = 0; from < count; from += 10_000) {
      const load = (missing: string[]): [string, string][] => missing.map((key) => [key, 'one']);
      await products.getOrLoadMany(keys.slice(from, from + 10_000), load);
    }

    const evictions = keys.map((key) => a.region('products').evict(key));
    await Promise.all(evictions);
    await eventually(() => expect(a.status().outbox).toBe(0), 30_000);
    const [newest] = await redis.admin.xrevrange(namesInRedis().log, '+', '-', 'COUNT', 1);
    await eventually(() => expect(b.status().position).toBe(newest?.[0]), 30_000);

    expect(keys.filter((key) => products.getSync(key) !== undefined)).toHaveLength(0);
    expect(b.stats().bridge).toMatchObject({ malformed: 0, flushes: 1 });
    expect(both.log.at('error')).toEqual([]);
  });

  it('all arrive when 2 000 are made one after the other as fast as the log accepts them', async () => {
    const keys = Array.from({ length: 2_000 }, (_, i) => `key-${i}`);
    const products = b.region('products');
    for (const key of keys) await products.getOrLoad(key, () => 'one');
    for (const key of keys) await a.region('products').evict(key);

    await eventually(() => expect(keys.filter((key) => products.getSync(key) !== undefined)).toHaveLength(0));
    expect(b.stats().bridge).toMatchObject({ received: 2_000, gaps: 0, missed: 0, flushes: 1 });
  });
});
