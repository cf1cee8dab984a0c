import { describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { aclRule } from 'nestjs-distributed-cache/redis';
import { failureOf } from '../support/common/failure-of.js';
import { ACKS, COMMANDS, EVERYWHERE, INFO, KEYS_AND_CHANNEL, PEXPIRE } from '../support/redis/redis-permissions.js';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf, type Instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

describe('an instance with only the documented permissions', () => {
  const redis = usingRedis();

  const allow = (...rules: string[]): Promise<unknown> =>
    redis.admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', ...rules);

  /** Instances of the namespace to which the rules refer. */
  const asUser = (count: number, protocol = 2): Instances =>
    instances(count)
      .on({ redisConnectionString: `127.0.0.1:${redis.port},user=shop,password=secret,protocol=${protocol}` })
      .with({ namespace: 'shop' });

  const dropLinks = async (): Promise<void> => {
    await redis.admin.call('CLIENT', 'KILL', 'USER', 'shop');
  };

  it.each([2, 3])('is coherent, also after its connections were killed, in RESP%i', async (protocol) => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, PEXPIRE, INFO);
    const { a, b, log } = await asUser(2, protocol).connected();
    await fill('1', 'one', a, b);

    await dropLinks();
    await a.region('products').evict('1');
    await untilDropped('1', b);

    await eventually(() => expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));
    expect([a, b].map((each) => each.stats().bridge.flushes)).toEqual([1, 1]);
    expect(log.at('error')).toEqual([]);
  });

  it('and without INFO takes every reconnect for another server, and is coherent', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, PEXPIRE);
    const { a, b, log } = await asUser(2).connected();
    await fill('1', 'one', a, b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
    expect(b.stats().bridge).toMatchObject({ received: 1, flushes: 1, gaps: 0 });

    await fill('2', 'two', a, b);
    await dropLinks();

    await untilDropped('2', a, b);
    await eventually(() => expect([a, b].map((each) => each.stats().bridge.flushes)).toEqual([2, 2]));
    expect(log.at('error')).toEqual([]);
  });

  it.each(COMMANDS)('logs one error when it lacks %s', async (missing) => {
    await redis.admin.call('SCRIPT', 'FLUSH');
    await allow(
      ...KEYS_AND_CHANNEL,
      ...COMMANDS.filter((command) => command !== missing),
      ...EVERYWHERE,
      PEXPIRE,
      INFO,
    );
    const { a: cache, log } = asUser(1).with({ publishTimeout: 0, drainTimeout: 0 }).started();

    await cache.firstSync(1).catch(() => undefined);
    await cache.region('products').evict('1');
    // Its first sync asks where the log goes on from; only one after that reads the log from there.
    if (missing === '+xrange') await dropLinks();

    await eventually(() => expect(log.at('error')).toHaveLength(1));
    expect(JSON.stringify(log.at('error'))).toMatch(/NOPERM|can't run this command|ACL failure in script/);
    expect(log.at('error')[0]?.message).toMatch(/refuses what the cache needs|does not let this instance publish/);
  });

  it.each(KEYS_AND_CHANNEL)('logs one error when it lacks %s', async (missing) => {
    await allow(
      ...KEYS_AND_CHANNEL.filter((pattern) => pattern !== missing),
      ...COMMANDS,
      ...EVERYWHERE,
      PEXPIRE,
      INFO,
    );
    const { a: cache, log } = asUser(1).started();

    await expect(cache.firstSync(1)).rejects.toThrow('NOPERM');
    await eventually(() => expect(log.at('error')).toHaveLength(1));
  });

  it('evicts everywhere, and removes itself from the list of members when it leaves', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, PEXPIRE, INFO);
    await redis.admin.del('{shop}:members');
    const { a, b, log } = await asUser(2).connected();
    await fill('1', 'one', a, b);
    // The list is as young as the server, so it takes until the lease of one that the server may have forgotten is over.
    const evicted = a.region('products').evict('1', { everywhere: { timeout: '500ms' } });
    await expect(evicted).rejects.toMatchObject({ code: 'INVALIDATION_NOT_CONFIRMED', missing: [] });
    expect(copies('1', b)).toEqual([undefined]);

    await b.close();
    const members = await redis.admin.zrangebyscore('{shop}:members', 0, '+inf');
    expect(members.filter((member) => member.includes(b.status().instanceId))).toEqual([]);
    expect(log.at('error')).toEqual([]);
  });

  it('logs an error when it may not acknowledge, and evictions are applied at once all the same', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE.filter((rule) => !ACKS.includes(rule)), INFO);
    const { a, b } = await asUser(2).connected();
    await fill('1', 'one', a, b);

    // Far longer than the test waits: it is not only delivered once nobody waits any more.
    const failure = failureOf(a.region('products').evict('1', { everywhere: { timeout: '1h' } }));
    await untilDropped('1', b);
    await eventually(() => expect(JSON.stringify(logOf(a).at('error'))).toContain('NOPERM'));
    await a.close();
    expect(await failure).toMatchObject({ code: 'INVALIDATION_NOT_CONFIRMED' });
  });

  it('has evictions everywhere acknowledged, and warns, with the rule of older versions, which knows one channel for all', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, '&{shop}:acks', '+zrem', PEXPIRE, INFO);
    const { a, b, log } = await asUser(2).connected();
    await fill('1', 'one', a, b);
    // The list is young; nobody is missing, since the other instance has acknowledged it.
    const evicted = a.region('products').evict('1', { everywhere: { timeout: '500ms' } });
    await expect(evicted).rejects.toMatchObject({ code: 'INVALIDATION_NOT_CONFIRMED', missing: [] });
    expect(log.at('error')).toEqual([]);
    expect(JSON.stringify(logOf(a).at('warn'))).toContain('acknowledgements reach only the instance that waits');
  });

  it('takes the server for the same as an instance that may ask for less of INFO does', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, PEXPIRE, INFO);
    await redis.admin.call('ACL', 'SETUSER', 'part', 'reset', 'on', '>secret', ...KEYS_AND_CHANNEL, ...COMMANDS);
    await redis.admin.call('ACL', 'SETUSER', 'part', ...EVERYWHERE, '+info|server');
    const both = await asUser(1).with({ maxStaleness: '300ms' }).connected();
    const { a } = both;
    await both.joinedBy({ redisConnectionString: `127.0.0.1:${redis.port},user=part,password=secret` });

    const syncs = await syncedTimes(redis.admin);
    const { flushes } = a.stats().bridge;
    await eventually(async () => expect(await syncedTimes(redis.admin)).toBeGreaterThan(syncs + 8));
    expect(a.stats().bridge.flushes).toBe(flushes);
  });

  it('logs an error when it may not remove itself from the list of members', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE.filter((rule) => rule !== '+zrem'), PEXPIRE, INFO);
    const { a: cache, log } = await asUser(1).connected();
    await cache.close();
    expect(JSON.stringify(log.at('error'))).toMatch(/NOPERM|can't run this command|has no permissions/);
  });

  it('leaves no entry in ACL LOG, whatever it does', async () => {
    await allow(...aclRule({ namespace: 'shop', database: 1, minReplicas: 1 }).split(' '));
    await redis.admin.call('ACL', 'LOG', 'RESET');
    await redis.admin.del('{shop}:members');
    const all = await asUser(2, 3).with({ maxStaleness: '300ms', minReplicas: 1, publishTimeout: 50 }).connected();
    await all.a.region('products').evict('1', { everywhere: { timeout: '1h' } });
    await dropLinks();
    await eventually(() => expect(all.all.map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));
    await all.close();
    expect(await redis.admin.call('ACL', 'LOG')).toEqual([]);
  });

  it('and a namespace of characters that patterns know has its own keys and channels', async () => {
    const namespace = 'a*b?[c]\\d';
    await allow(...aclRule({ namespace }).split(' '));
    const { a, b, log } = await asUser(2).with({ namespace }).connected();
    await fill('1', 'one', a, b);
    await a.region('products').evict('1');
    await untilDropped('1', b);
    expect(log.at('error')).toEqual([]);
  });

  it('is delivered to others when it may append to the log and not publish, and nobody gives a link up', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO);
    const { a, b } = await asUser(2).with({ maxStaleness: '1s' }).connected();
    await redis.admin.call('ACL', 'SETUSER', 'shop', '-publish');
    const missedBefore = b.stats().bridge.missed;
    for (const key of ['1', '2', '3', '4', '5', '6']) {
      await fill(key, 'old', a, b);
      expect(await a.region('products').evict(key)).toMatchObject({ delivered: true });
      await untilDropped(key, b);
    }
    expect(a.status()).toMatchObject({ state: 'coherent', outbox: 0 });
    expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([0, 0]);
    expect(b.stats().bridge.missed).toBe(missedBefore);
    expect(logOf(a).at('error')).toHaveLength(1);
    expect(logOf(b).at('error')).toEqual([]);
  });

  it('logs an error when it may not give the keys an expiry as the last that leaves, and has left all the same', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO);
    await redis.admin.del('{shop}:members');
    const { a: cache, log } = await asUser(1).connected();
    await cache.close();
    expect(await redis.admin.zrangebyscore('{shop}:members', 0, '+inf')).toEqual([]);
    expect(JSON.stringify(log.at('error'))).toMatch(/NOPERM|can't run this command|has no permissions/);
  });

  it('keeps its idle connections in use by what it may do', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, PEXPIRE, INFO, '+wait');
    await redis.admin.call('ACL', 'LOG', 'RESET');
    const { a: cache, log } = await asUser(1).with({ maxStaleness: '300ms', minReplicas: 1 }).connected();
    const syncs = await syncedTimes(redis.admin);
    await eventually(async () => expect(await syncedTimes(redis.admin)).toBeGreaterThan(syncs + 5));
    await cache.close();
    const refused = await refusedCommands(redis.admin);
    expect(refused.filter((command) => /^(?:persist|pexpire|subscribe|wait|ping|info)$/.test(command))).toEqual([]);
    expect(log.at('error')).toEqual([]);
  });

  it('delivers its outbox when a missing permission is granted, without a restart', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, PEXPIRE, INFO);
    const { a, b } = await asUser(2).with({ publishTimeout: 100 }).connected();
    await fill('1', 'one', a, b);

    await redis.admin.call('ACL', 'SETUSER', 'shop', '-xadd');
    await a.region('products').evict('1');
    expect(a.status().outbox).toBe(1);

    await redis.admin.call('ACL', 'SETUSER', 'shop', '+xadd');
    await untilDropped('1', b);
    await eventually(() => expect(a.status().outbox).toBe(0));
    await untilCoherent(a, b);
    expect(logOf(a).at('error')).toHaveLength(1);
  });
});

/** How often the scripts have run in this server. */
async function syncedTimes(admin: Redis): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
}

/** What the server has refused to run. */
async function refusedCommands(admin: Redis): Promise<readonly string[]> {
  const log: unknown = await admin.call('ACL', 'LOG');
  const entries: readonly unknown[] = Array.isArray(log) ? log : [];
  return entries.map((entry) => (Array.isArray(entry) ? String(entry[entry.indexOf('object') + 1]) : ''));
}
