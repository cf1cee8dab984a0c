import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { beforeAll, describe, expect, it } from 'vitest';
import { bridgeMember } from '../support/bridges/bridge-member.js';
import { untilCoherent } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { until } from '../support/lab/waits.js';
import type { RedisProxy } from '../support/redis/redis-proxy.js';
import { proxyTo, usingRedis } from '../support/redis/using-redis.js';

const RECONNECTS = 100;
/** A client of ioredis that is kept comes to twice as much, and a line in the log of the test to a third. */
const HEAP_PER_LINK = 6_000;

/** What keeps the process busy, by kind: sockets, timers, … */
function resources(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Timers come and go; what leaks is there a hundred times. */
function untilNoMoreThan(before: Record<string, number>): Promise<void> {
  return until(() => {
    for (const [kind, count] of Object.entries(resources()))
      expect({ kind, count: Math.max(count, before[kind] ?? 0) }).toEqual({ kind, count: before[kind] });
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

function heapInUse(): number {
  if (typeof collectGarbage === 'function') collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a hundred reconnects', () => {
  const redis = usingRedis();
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);

  beforeAll(() => {
    process.on('warning', warned);
    return () => process.off('warning', warned);
  });

  it('leave no socket, timer, listener or memory behind, neither here nor in Redis', async () => {
    const { all: both } = await instances(2).on(redis).with({ maxStaleness: 300 }).connected();
    const { admin } = redis;
    const clients = async (): Promise<number> =>
      String(await admin.client('LIST'))
        .trim()
        .split('\n').length;
    const reconnect = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        const goals = both.map((each) => each.stats().bridge.reconnects + 1);
        await admin.call('CLIENT', 'KILL', 'TYPE', i % 2 === 0 ? 'pubsub' : 'normal', 'SKIPME', 'yes');
        for (const each of both) void each.region('products').evict(i);
        await until(() => {
          for (const [index, each] of both.entries())
            expect(each.stats().bridge.reconnects).toBeGreaterThanOrEqual(goals[index] ?? 0);
        });
      }
      await untilCoherent(...both);
    };
    await reconnect(10);
    const before = { resources: resources(), clients: await clients(), heap: heapInUse() };
    await reconnect(RECONNECTS);

    await untilNoMoreThan(before.resources);
    expect(await clients()).toBe(before.clients);
    expect(heapInUse() - before.heap).toBeLessThan(2 * RECONNECTS * HEAP_PER_LINK);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['is refused', (proxy: RedisProxy) => proxy.cut()],
    ['is never answered', (proxy: RedisProxy) => proxy.blackhole()],
    ['is answered, but not its SUBSCRIBE', (proxy: RedisProxy) => proxy.blackhole({ role: 'subscriber' })],
  ])('that fail because the connection %s leave no socket, timer or memory behind', async (_, begin) => {
    const proxy = await proxyTo(redis);
    begin(proxy);
    const bridge = new RedisInvalidationBridge({
      connectionString: proxy.connectionString,
      redis: { connectTimeout: 20 },
    });
    const member = bridgeMember({ namespace: 'leaks' });
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    const dial = async (times: number): Promise<void> => {
      let failures = 0;
      for (let i = 0; i < times; i += 1) {
        // Not by `expect(…).rejects`, which keeps what it has seen until the test is over.
        const dialled = bridge.dial(member, listener, new AbortController().signal);
        failures += await dialled.then(() => 0).catch(() => 1);
      }
      expect(failures).toBe(times);
      // Behind a dead router the server's side stays open.
      proxy.cut();
      await until(() => expect(proxy.connections).toBe(0));
      begin(proxy);
    };
    await dial(10);
    const before = { resources: resources(), heap: heapInUse() };
    await dial(RECONNECTS);

    await untilNoMoreThan(before.resources);
    expect(heapInUse() - before.heap).toBeLessThan(RECONNECTS * HEAP_PER_LINK);
    expect(warnings).toEqual([]);
  });
});
