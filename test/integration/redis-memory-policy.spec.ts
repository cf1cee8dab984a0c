import { describe, expect, it } from 'vitest';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import type { SyncReply } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { bridgeMember, NOBODY_ELSE } from '../support/bridges/bridge-member.js';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf } from '../support/instances/instances.js';
import type { RecordedLogger } from '../support/instances/recorded-logger.js';
import { namesInRedis, testNamespace } from '../support/redis/names-in-redis.js';
import { proxyTo, startRedis, usingRedis } from '../support/redis/using-redis.js';

const DAY = 86_400_000;
const NO_EXPIRY = -1;

describe('the log and the list of members', () => {
  const redis = usingRedis();

  /** For how long they are kept: each in ms, `NO_EXPIRY`, or -2 when it is gone. */
  const expiries = async (): Promise<readonly number[]> => {
    const { log, members } = namesInRedis();
    return Promise.all([redis.admin.pttl(log), redis.admin.pttl(members)]);
  };

  it('carry no expiry while an instance is there, whatever it does', async () => {
    const { a, b } = await instances(2).on(redis).with({ minReplicas: 1, publishTimeout: 100 }).connected();
    await fill('1', 'one', b);
    await a.region('products').evict('1');
    await a
      .region('products')
      .evict('2', { everywhere: { timeout: 100 } })
      .catch(() => {});
    await b.close();
    expect(await expiries()).toEqual([NO_EXPIRY, NO_EXPIRY]);
  });

  it('lose at the next sync the expiry that an older version or the last instance has given them', async () => {
    const { log, members } = namesInRedis();
    await instances(1).on(redis).with({ maxStaleness: 300 }).connected();
    for (const key of [log, members]) await redis.admin.pexpire(key, DAY);
    await eventually(async () => expect(await expiries()).toEqual([NO_EXPIRY, NO_EXPIRY]));
  });

  it('expire a day after the last instance has left in good order, and not while another is there', async () => {
    const { a, b } = await instances(2).on(redis).connected();
    await a.close();
    expect(await expiries()).toEqual([NO_EXPIRY, NO_EXPIRY]);
    await b.close();
    for (const left of await expiries()) {
      expect(left).toBeGreaterThan(DAY - 60_000);
      expect(left).toBeLessThanOrEqual(DAY);
    }
  });

  it('are there with all they hold when an instance comes back within the day', async () => {
    await (await instances(1).on(redis).connected()).close();
    const { log } = namesInRedis();
    const before = await redis.admin.xrange(log, '-', '+');
    await instances(1).on(redis).connected();
    expect(await expiries()).toEqual([NO_EXPIRY, NO_EXPIRY]);
    expect(await redis.admin.xrange(log, '-', '+')).toEqual(before);
  });

  it('stay when an instance was killed: it may only be cut off, and serve on', async () => {
    const proxy = await proxyTo(redis);
    const { a, b } = await instances(2).on(redis, proxy).with({ drainTimeout: 0 }).connected();
    proxy.cut();
    await eventually(() => expect(b.status().state).toBe('disconnected'));
    await a.close();
    expect(await expiries()).toEqual([NO_EXPIRY, NO_EXPIRY]);
  });
});

describe('keys that vanish while the server stays the same', () => {
  const redis = usingRedis();
  const told = (log: RecordedLogger): readonly unknown[] =>
    log
      .at('warn')
      .filter(({ message }) => message.includes('has lost keys of this namespace without a restart'))
      .map(({ parameters }) => Reflect.get(parameters ?? {}, 'vanished'));

  it.each([
    ['the log', ['log'], 'log'],
    ['the list of members', ['members'], 'members'],
    ['both', ['log', 'members'], 'log, members'],
  ])('are told by every instance: %s', async (_, keys, vanished) => {
    const { a, b } = await instances(2).on(redis).with({ maxStaleness: 900 }).connected();
    await fill('1', 'one', a, b);
    const { log, members } = namesInRedis();
    await redis.admin.del(keys.map((key) => (key === 'log' ? log : members)));

    await untilDropped('1', a, b);
    await eventually(() => expect([a, b].map((each) => told(logOf(each)))).toEqual([[vanished], [vanished]]));
  });

  it('are told without the permission for INFO too: a connection does not outlive its server', async () => {
    await redis.admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', '~*', '&*', '+@all', '-info');
    const { a } = await instances(1)
      .on({ redisConnectionString: `127.0.0.1:${redis.port},user=shop,password=secret` })
      .with({ maxStaleness: 900 })
      .connected();
    await redis.admin.del(namesInRedis().log);
    await eventually(() => expect(told(logOf(a))).toEqual(['log']));
  });

  it('are not told of a log that was trimmed behind an instance, or of a server that was restarted', async () => {
    const own = await startRedis();
    const proxy = await proxyTo(own);
    const { a, b, log } = await instances(2)
      .on(own, proxy)
      .with({ invalidationLogLength: 100, maxStaleness: 900 })
      .connected();
    proxy.cut();
    await eventually(() => expect(b.status().state).toBe('disconnected'));
    for (let i = 0; i < 500; i += 1) await a.region('products').evict(i);
    proxy.restore();
    await untilCoherent(b);
    expect(b.stats().bridge.flushes).toBe(2);

    await own.restart();
    await eventually(() => expect([a, b].map((each) => each.stats().bridge.flushes)).toEqual([2, 3]));
    expect(told(log)).toEqual([]);
  });

  it('are named in the reply to every sync from before', async () => {
    const bridge = new RedisInvalidationBridge({ connectionString: redis.connectionString });
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    const member = bridgeMember({ namespace: testNamespace() });
    const link = await bridge.dial(member, listener, new AbortController().signal);
    const before = await link.sync({ position: undefined, epoch: undefined, noOp: 'begin', ...NOBODY_ELSE });
    const after = (): Promise<SyncReply> =>
      link.sync({ position: before.newest, epoch: before.epoch, noOp: 'anew', ...NOBODY_ELSE });
    expect((await after()).vanished).toEqual([]);

    await redis.admin.del(namesInRedis().log);
    expect((await after()).vanished).toEqual(['log']);
    expect((await after()).vanished).toEqual(['log']);
    await link.publish('one');
    expect((await after()).vanished).toEqual(['log']);
    link.close();
  });
});

describe('the memory policy of the server', () => {
  const redis = usingRedis();
  const warned = (log: RecordedLogger): readonly unknown[] =>
    log
      .at('warn')
      .filter(({ message }) => message.includes('may evict the log of invalidations'))
      .map(({ parameters }) => Reflect.get(parameters ?? {}, 'cause'));

  it.each(['allkeys-lru', 'allkeys-lfu', 'allkeys-random'])('is warned of once at boot: %s', async (policy) => {
    await redis.admin.config('SET', 'maxmemory-policy', policy);
    const { a, log } = await instances(1).on(redis).connected();
    await eventually(() => expect(warned(log)).toEqual([`maxmemory_policy:${policy}`]));

    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(() => expect(a.stats().bridge.reconnects).toBe(1));
    await fill('1', 'one', a);
    await a.region('products').evict('1');
    expect(copies('1', a)).toEqual([undefined]);
    expect(warned(log)).toEqual([`maxmemory_policy:${policy}`]);
  });

  it.each(['noeviction', 'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl'])(
    'is not worth a line where it spares keys without an expiry: %s',
    async (policy) => {
      await redis.admin.config('SET', 'maxmemory-policy', policy);
      const infos = async (): Promise<number> =>
        Number(/cmdstat_info:calls=(\d+)/.exec(await redis.admin.info('commandstats'))?.[1]);
      const before = await infos();
      const { a, log } = await instances(1).on(redis).connected();
      // One to ask for the number, two within the sync, and the one for the policy.
      await eventually(async () => expect(await infos()).toBeGreaterThanOrEqual(before + 4));
      await a.region('products').evict('1');
      expect(log.at('warn')).toEqual([]);
    },
  );

  it('is not asked for, and nothing is said, without the permission for INFO', async () => {
    await redis.admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await redis.admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', '~*', '&*', '+@all', '-info');
    await redis.admin.call('ACL', 'LOG', 'RESET');
    const { a, log } = await instances(1)
      .on({ redisConnectionString: `127.0.0.1:${redis.port},user=shop,password=secret` })
      .connected();
    await a.region('products').evict('1');
    expect(warned(log)).toEqual([]);
    const refused = JSON.stringify(await redis.admin.call('ACL', 'LOG'));
    expect(refused).not.toContain('toplevel');
  });
});

describe('a Redis that is full', () => {
  it('still brings what others evict to an instance that is disconnected, which the alert for undelivered evictions relies on', async () => {
    const redis = await startRedis();
    const { a, b } = await instances(2).on(redis).with({ maxStaleness: 300 }).connected();
    await redis.admin.config('SET', 'maxmemory-policy', 'noeviction');
    await redis.admin.config('SET', 'maxmemory', '1mb');
    await eventually(() => expect(b.status().state).toBe('disconnected'));
    const { received } = b.stats().bridge;
    await a.region('products').evict('1');
    await eventually(() => expect(b.stats().bridge.received).toBeGreaterThan(received + 1));
    expect(a.status().outbox).toBe(1);
  });
});
