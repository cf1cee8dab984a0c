import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../libs/distributed-cache/src/protocol/position.js';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { bridgeMember, NOBODY_ELSE } from '../support/bridges/bridge-member.js';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis, testNamespace } from '../support/redis/names-in-redis.js';
import { proxyTo, startRedis, usingRedis } from '../support/redis/using-redis.js';

describe('the log in Redis', () => {
  const redis = usingRedis();

  it('holds the hash chain that the instances compute, for any payload', async () => {
    const bridge = new RedisInvalidationBridge({ connectionString: redis.connectionString });
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    const member = bridgeMember({ namespace: testNamespace() });
    const link = await bridge.dial(member, listener, new AbortController().signal);
    let { newest } = await link.sync({ position: undefined, epoch: undefined, noOp: 'begin', ...NOBODY_ELSE });

    const anyText = fc.string({ unit: 'binary', maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 5 }), async (payloads) => {
        for (const payload of payloads) newest = advance(newest.hash, await link.publish(payload), payload);
        const reply = await link.sync({ position: undefined, epoch: undefined, noOp: 'unused', ...NOBODY_ELSE });
        expect(reply.newest).toEqual(newest);
      }),
      { numRuns: 60 },
    );
    link.close();
  });

  it('is trimmed to about invalidationLogLength entries', async () => {
    const { a } = await instances(1).on(redis).with({ invalidationLogLength: 200 }).connected();
    for (let i = 0; i < 1_000; i += 1) await a.region('products').evict(i);

    const length = await redis.admin.xlen(namesInRedis().log);
    expect(length).toBeGreaterThanOrEqual(200);
    // Redis trims whole nodes of a hundred entries.
    expect(length).toBeLessThan(400);
  });

  it('makes an instance flush that was disconnected for longer than it reaches back', async () => {
    const proxy = await proxyTo(redis);
    const { a, b } = await instances(2).on(redis, proxy).with({ invalidationLogLength: 100 }).connected();
    await fill('untouched', 'one', b);
    proxy.cut();
    await eventually(() => expect(b.status().state).toBe('disconnected'));
    for (let i = 0; i < 500; i += 1) await a.region('products').evict(i);

    proxy.restore();
    await untilCoherent(b);
    expect(copies('untouched', b)).toEqual([undefined]);
    expect(b.stats().bridge).toMatchObject({ flushes: 2, replayed: 0 });
  });

  it('gives an instance that was disconnected for a shorter time just the entries that it missed', async () => {
    const proxy = await proxyTo(redis);
    const { a, b } = await instances(2).on(redis, proxy).connected();
    await fill('1', 'one', b);
    await fill('untouched', 'one', b);
    proxy.cut();
    await eventually(() => expect(b.status().state).toBe('disconnected'));
    await a.region('products').evict('1');

    proxy.restore();
    await untilCoherent(b);
    expect(copies('1', b)).toEqual([undefined]);
    expect(copies('untouched', b)).toEqual(['one']);
    expect(b.stats().bridge).toMatchObject({ flushes: 1, replayed: 1 });
  });

  it('makes every instance flush when it was deleted', async () => {
    const { a, b } = await instances(2).on(redis).connected();
    await fill('untouched', 'one', a, b);
    await redis.admin.del(namesInRedis().log);

    // The next entry does not continue what they know, and they ask at once.
    await a.region('products').evict('1');
    await untilDropped('untouched', a, b);
    await untilCoherent(a, b);

    await fill('1', 'one', a, b);
    await b.region('products').evict('1');
    await untilDropped('1', a);
    expect([a, b].map((cache) => cache.stats().bridge.flushes)).toEqual([2, 2]);
  });

  it('loses no eviction when the scripts are flushed under traffic', async () => {
    const { a, b, log } = await instances(2).on(redis).connected();
    await fill('untouched', 'one', b);
    const evictions: Promise<unknown>[] = [];
    for (let i = 0; i < 300; i += 1) {
      await fill(`${i}`, 'one', b);
      evictions.push(a.region('products').evict(i));
      if (i % 50 === 0) await redis.admin.call('SCRIPT', 'FLUSH');
    }
    await Promise.all(evictions);

    for (let i = 0; i < 300; i += 1) await untilDropped(`${i}`, b);
    expect(copies('untouched', b)).toEqual(['one']);
    expect(log.at('warn').concat(log.at('error'))).toEqual([]);
  });
});

describe('a Redis that was restarted', () => {
  it.each([
    { persistent: false, how: 'empty' },
    { persistent: true, how: 'from its append-only file' },
  ])('$how makes every instance flush, and receives the evictions that were made meanwhile', async ({ persistent }) => {
    const redis = await startRedis({ persistent });
    const { a, b } = await instances(2).on(redis).connected();
    await fill('untouched', 'one', a, b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
    const before = await redis.admin.xlen(namesInRedis().log);

    await redis.kill();
    await eventually(() => expect([a, b].map((cache) => cache.status().state)).not.toContain('coherent'));
    await a.region('products').evict('2');
    expect(a.status().outbox).toBe(1);
    await redis.restart();

    await untilCoherent(a, b);
    await eventually(() => expect(a.status().outbox).toBe(0));
    expect(copies('untouched', a, b)).toEqual([undefined, undefined]);
    // Whichever synced first wrote something to hold into the empty log; a persistent one goes on.
    expect(await redis.admin.xlen(namesInRedis().log)).toBe(persistent ? before + 1 : 2);

    await fill('3', 'three', a, b);
    await b.region('products').evict('3');
    await untilDropped('3', a);
  });
});
