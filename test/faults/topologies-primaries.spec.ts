import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { InvalidationLink } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { bridgeMember } from '../support/bridges/bridge-member.js';
import { eventually } from '../support/common/eventually.js';
import { fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { reachEachOther } from '../support/instances/evictions.js';
import { ConfirmedEvictions } from '../support/instances/confirmed-evictions.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import type { RedisServer } from '../support/redis/redis-server.js';
import { SERVICE, WatchedRedis } from '../support/redis/redis-sentinel.js';
import { startRedis } from '../support/redis/using-redis.js';

const FIRST_SYNC = { position: undefined, epoch: undefined, noOp: 'no-op', remembered: [], wantsMembers: false };

describe('sentinels', () => {
  let redis: WatchedRedis;
  let other: RedisServer;
  beforeEach(async () => {
    redis = await WatchedRedis.start();
    onTestFinished(() => redis.stop());
    other = await startRedis();
  });

  /** The configuration epoch of every sentinel is 1 then. */
  const failOver = async (): Promise<void> => {
    await redis.sentinels[0]?.client.call('SENTINEL', 'FAILOVER', SERVICE);
    await redis.untilPromoted();
  };

  it('that were told to watch another server have every instance on it, although their configuration epoch begins again', async () => {
    await failOver();
    const { a, b } = await instances(2).on(redis).connected();
    await redis.watchAnother(other);
    const { a: late } = await instances(1).on(redis).connected();

    await eventually(() => expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));
    await untilCoherent(a, b);
    expect(await reachEachOther(a, late)).toBe(true);
    expect(await reachEachOther(b, late)).toBe(true);
  });

  it('of which one was not told of another server do not lead any instance to the old one', async () => {
    await failOver();
    const { a } = await instances(1).on(redis).connected();
    await redis.watchAnother(other, redis.sentinels.slice(1));
    await eventually(() => expect(a.stats().bridge.reconnects).toBe(1));
    await untilCoherent(a);

    for (let i = 0; i < 5; i += 1) {
      const { a: late } = await instances(1).on(redis).connected();
      expect(await reachEachOther(a, late)).toBe(true);
      await late.close();
    }
    expect(a.stats().bridge.reconnects).toBe(1);
  });

  it('of which one is late after a failover do not lead any instance to the old primary', async () => {
    const [late] = redis.sentinels;
    late?.pause();
    await redis.sentinels[1]?.client.call('SENTINEL', 'FAILOVER', SERVICE);
    for (const sentinel of redis.sentinels.slice(1)) {
      await eventually(async () => expect(await sentinel.primaryPort()).toBe(redis.replica.port));
    }
    const { a } = await instances(1).on(redis).connected();
    late?.resume();
    const { a: b } = await instances(1).on(redis).connected();
    expect(await reachEachOther(a, b)).toBe(true);
    expect(a.stats().bridge.reconnects).toBe(0);
  });

  const link = async (): Promise<InvalidationLink> => {
    const bridge = new RedisInvalidationBridge({ connectionString: redis.connectionString });
    const listener = { heard: () => {}, acknowledged: () => {}, broken: () => {} };
    const dialled = await bridge.dial(bridgeMember(), listener, new AbortController().signal);
    onTestFinished(() => dialled.close());
    return dialled;
  };

  it('that name another server keep a link to the old one from renewing a lease, though the old one answers', async () => {
    const old = await link();
    await old.sync(FIRST_SYNC);
    await redis.watchAnother(other);
    await expect(old.sync(FIRST_SYNC)).rejects.toThrow(
      `the sentinels name another primary now: 127.0.0.1:${other.port}`,
    );
  });

  it('that name another server keep a link to the old one from confirming an eviction everywhere, though that accepts it', async () => {
    const old = await link();
    await redis.watchAnother(other);
    await expect(old.publishToMembers('payload')).rejects.toThrow('the sentinels name another primary now');
  });

  it('that are all silent hold up no request but the first', async () => {
    const old = await link();
    for (const sentinel of redis.sentinels) sentinel.pause();
    onTestFinished(() => redis.sentinels.forEach((sentinel) => sentinel.resume()));
    await old.sync(FIRST_SYNC);
    const startedAt = performance.now();
    for (let i = 0; i < 5; i += 1) await old.sync(FIRST_SYNC);
    await old.publishToMembers('payload');
    // Only the first request waits for sentinels that are silent.
    expect(performance.now() - startedAt).toBeLessThan(250);
  });

  it('that fail over as planned leave no read that gets the old value after an eviction everywhere was confirmed', async () => {
    const { all } = await instances(3).on(redis).with({ maxStaleness: '300ms' }).connected();
    const [writer, ...readers] = all;
    if (!writer) throw new Error('there is no instance');
    const evictions = new ConfirmedEvictions(writer, ...readers);
    for (let i = 0; i < 2; i += 1) {
      await evictions.untilConfirmed(3);
      const from = await redis.sentinels[0]?.primaryPort();
      await eventually(() => redis.sentinels[0]?.client.call('SENTINEL', 'FAILOVER', SERVICE), 30_000);
      for (const sentinel of redis.sentinels) {
        await eventually(async () => expect(await sentinel.primaryPort()).not.toBe(from), 30_000);
      }
    }
    await evictions.untilConfirmed(3);
    expect(await evictions.readTooEarly()).toEqual([]);
  });

  it('that fail over meanwhile lose no second eviction of reevictAfter', async () => {
    const { a, b } = await instances(2).on(redis).with({ reevictAfter: '6s', publishTimeout: 100 }).connected();
    await a.region('products').evict('1');
    await redis.primary.kill();
    await redis.untilPromoted();
    await eventually(() => expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));
    await untilCoherent(a, b);
    // The loads that began before the sync of the new server are fenced.
    await eventually(() => fill('1', 'of a lagging replica', a, b));
    await untilDropped('1', a, b);
    expect(a.status().outbox).toBe(0);
  });

  it('confirm an eviction everywhere only once the new server has it, however short maxStaleness is', async () => {
    const { a } = await instances(1).on(redis).with({ maxStaleness: '300ms' }).connected();
    const { log } = namesInRedis();
    const servers = [other, await startRedis()];
    for (let round = 0; round < 6; round += 1) {
      const server = servers[round % 2] ?? other;
      await redis.watchAnother(server);
      await a.region('products').evict(`key-${round}`, { everywhere: { timeout: '10s' } });
      expect(JSON.stringify(await server.admin.xrange(log, '-', '+'))).toContain(`key-${round}`);
    }
  });
});
