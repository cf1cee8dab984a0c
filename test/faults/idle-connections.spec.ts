import { describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { eventually } from '../support/common/eventually.js';
import { fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf } from '../support/instances/instances.js';
import { RedisPair } from '../support/redis/redis-pair.js';
import { haproxyTo, proxyTo, usingRedis } from '../support/redis/using-redis.js';

/** Heartbeats of 300 ms: several of them within each idle timeout below. */
const MAX_STALENESS = 900;

/** How often the instances have synced. */
async function syncs(admin: Redis): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
}

/** Waits until so many syncs were answered. */
async function untilSynced(admin: Redis, times: number): Promise<void> {
  const before = await syncs(admin);
  await eventually(async () => expect(await syncs(admin)).toBeGreaterThan(before + times), 30_000);
}

describe('an instance on which nobody evicts', () => {
  const redis = usingRedis();

  it.for([2, 3])(
    'keeps its link behind an HAProxy that closes idle connections, in RESP%i, says nothing, and its evictions are accepted',
    async (protocol, context) => {
      const proxy = await haproxyTo(redis, '1s', context);
      const { a, b, log } = await instances(2)
        .on({ redisConnectionString: `${proxy.connectionString}?protocol=${protocol}` })
        .with({ maxStaleness: MAX_STALENESS, onUndelivered: 'throw' })
        .connected();
      await fill('1', 'one', a, b);

      // Two instances, so about four times the idle timeout.
      await untilSynced(redis.admin, 24);
      await a.region('products').evict('1');
      await untilDropped('1', b);
      expect([a, b].map((each) => each.stats().bridge)).toMatchObject([
        { reconnects: 0, flushes: 1 },
        { reconnects: 0, flushes: 1 },
      ]);
      expect([...log.at('warn'), ...log.at('error')]).toEqual([]);
    },
  );

  it('keeps the connection for WAIT as well, also where Redis itself closes idle ones', async (context) => {
    const pair = await RedisPair.start();
    try {
      await pair.untilReplicating();
      await pair.primary.admin.config('SET', 'timeout', 1);
      const proxy = await haproxyTo(pair.primary, '1s', context);
      const options = { maxStaleness: MAX_STALENESS, onUndelivered: 'throw', minReplicas: 1 } as const;
      const both = await instances(2).on(proxy, pair.primary).with(options).connected();
      const { a, b, log } = both;
      await fill('1', 'one', a, b);
      const { admin } = pair.primary;
      await untilSynced(admin, 24);
      for (const each of [a, b]) await each.region('products').evict('1');
      expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([0, 0]);
      expect([...log.at('warn'), ...log.at('error')]).toEqual([]);
      await both.close();
    } finally {
      await pair.stop();
    }
  });

  it('sends something as often as keepAlive of the connection string says', async (context) => {
    const proxy = await haproxyTo(redis, '2s', context);
    const { a, log } = await instances(1)
      .on({ redisConnectionString: `${proxy.connectionString}?keepAlive=1` })
      .with({ maxStaleness: '1h' })
      .connected();
    await untilSynced(redis.admin, 4);
    expect(a.stats().bridge.reconnects).toBe(0);
    expect(log.at('warn')).toEqual([]);
  });

  it('names an idle timeout that is shorter than its heartbeat, with the cure, in one line', async (context) => {
    const proxy = await haproxyTo(redis, '600ms', context);
    const { a, log } = await instances(1).on(proxy).connected();
    await eventually(() => expect(a.stats().bridge.reconnects).toBeGreaterThan(5), 20_000);

    const told = log.at('warn').map(({ message }) => message.split(/[:,]/)[0]);
    expect(told).toEqual(['Disconnected', 'Disconnected', 'Every link is cut after the same time']);
    expect(log.at('warn').at(-1)).toMatchObject({
      message: expect.stringContaining('raise that timeout above 10 s'),
      parameters: { heartbeat: 5_000 },
    });
  });
});

describe('a link of which one connection was cut without a word', () => {
  const redis = usingRedis();

  it('is given up although its syncs are answered, and dialled again, when it is the one that listens', async () => {
    const proxy = await proxyTo(redis);
    const { a } = await instances(1).on(proxy).with({ maxStaleness: MAX_STALENESS, commandTimeout: 600 }).connected();
    proxy.blackhole({ role: 'subscriber' });
    await eventually(() => expect(a.stats().bridge.reconnects + logOf(a).at('warn').length).toBeGreaterThan(0));
    expect(logOf(a).at('warn')[0]?.parameters).toMatchObject({
      cause: 'no answer to a probe of an idle connection within 600 ms',
    });
    proxy.restore();
    await untilCoherent(a);
  });
});
