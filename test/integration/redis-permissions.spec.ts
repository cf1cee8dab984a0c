import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { failureOf } from '../support/common/failure-of.js';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  untilDropped,
} from '../support/instances/redis-caches.js';
import { COMMANDS, EVERYWHERE, INFO, KEYS_AND_CHANNEL } from '../support/redis/redis-permissions.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

describe('an instance whose user may do just what it needs', () => {
  let redis: RedisServer;
  let admin: Redis;
  const caches = new RedisCaches();

  beforeAll(async () => {
    redis = await startRedisServer();
    admin = redis.client();
  });
  afterAll(() => redis.stop());
  afterEach(() => caches.closeAll());

  const allow = (...rules: string[]): Promise<unknown> =>
    admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', ...rules);

  const options = (protocol = 2) => ({
    redisConnectionString: `127.0.0.1:${redis.port},user=shop,password=secret,protocol=${protocol}`,
    namespace: 'shop',
  });

  const dropLinks = async (): Promise<void> => {
    await admin.call('CLIENT', 'KILL', 'USER', 'shop');
  };

  it.each([2, 3])('is coherent, also after its connections were killed, in RESP%i', async (protocol) => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO);
    const [a, b] = await Promise.all([caches.connect(options(protocol)), caches.connect(options(protocol))]);
    await fill('1', 'one', a.cache, b.cache);

    await dropLinks();
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);

    await eventually(() => expect([a.cache, b.cache].map((cache) => cache.stats().bridge.reconnects)).toEqual([1, 1]));
    expect([a, b].map(({ cache }) => cache.stats().bridge.flushes)).toEqual([1, 1]);
    expect([a, b].flatMap(({ log }) => log.at('error'))).toEqual([]);
  });

  it('counts every reconnect as another server without INFO, and is coherent', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE);
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options())]);
    await fill('1', 'one', a.cache, b.cache);
    await a.cache.region('products').evict('1');
    await untilDropped('1', b.cache);
    expect(b.cache.stats().bridge).toMatchObject({ received: 1, flushes: 1, gaps: 0 });

    await fill('2', 'two', a.cache, b.cache);
    await dropLinks();

    await untilDropped('2', a.cache, b.cache);
    await eventually(() => expect([a.cache, b.cache].map((cache) => cache.stats().bridge.flushes)).toEqual([2, 2]));
    expect([a, b].flatMap(({ log }) => log.at('error'))).toEqual([]);
  });

  it.each(COMMANDS)('is told once, loudly, that it lacks %s', async (missing) => {
    await admin.call('SCRIPT', 'FLUSH');
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS.filter((command) => command !== missing), ...EVERYWHERE, INFO);
    const { cache, log } = caches.start({ ...options(), publishTimeout: 0, drainTimeout: 0 });

    await cache.firstSync(1).catch(() => undefined);
    await cache.region('products').evict('1');
    // Its first sync asks where the log goes on from; only one after that reads the log from there.
    if (missing === '+xrange') await dropLinks();

    await eventually(() => expect(log.at('error')).toHaveLength(1));
    expect(JSON.stringify(log.at('error'))).toMatch(/NOPERM|can't run this command/);
    expect(log.at('error')[0]?.message).toContain('Redis refuses what the cache needs');
  });

  it.each(KEYS_AND_CHANNEL)('is told once, loudly, that it lacks %s', async (missing) => {
    await allow(...KEYS_AND_CHANNEL.filter((pattern) => pattern !== missing), ...COMMANDS, ...EVERYWHERE, INFO);
    const { cache, log } = caches.start(options());

    await expect(cache.firstSync(1)).rejects.toThrow('NOPERM');
    await eventually(() => expect(log.at('error')).toHaveLength(1));
  });

  it('evicts everywhere, and leaves the list of those who are waited for', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO);
    await admin.del('{shop}:members');
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options())]);
    await fill('1', 'one', a.cache, b.cache);
    // The list is as young as the server, so it takes until the lease of one that the server may have forgotten is over.
    const evicted = a.cache.region('products').evict('1', { everywhere: { timeout: '20ms' } });
    await expect(evicted).rejects.toMatchObject({ code: 'INVALIDATION_NOT_CONFIRMED', missing: [] });
    expect(copies('1', b.cache)).toEqual([undefined]);

    await b.cache.close();
    const members = await admin.zrangebyscore('{shop}:members', 0, '+inf');
    expect(members.filter((member) => member.includes(b.cache.status().instanceId))).toEqual([]);
    expect([a, b].flatMap(({ log }) => log.at('error'))).toEqual([]);
  });

  it('is told loudly that it may not acknowledge, and the others drop at once what is evicted', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE.filter((rule) => rule !== '&{shop}:acks'), INFO);
    const [a, b] = await Promise.all([caches.connect(options()), caches.connect(options())]);
    await fill('1', 'one', a.cache, b.cache);

    // Far longer than the test waits: it is not only delivered once nobody waits any more.
    const failure = failureOf(a.cache.region('products').evict('1', { everywhere: { timeout: '1h' } }));
    await untilDropped('1', b.cache);
    await eventually(() => expect(JSON.stringify(a.log.at('error'))).toContain('NOPERM'));
    await a.cache.close();
    expect(await failure).toMatchObject({ code: 'INVALIDATION_NOT_CONFIRMED' });
  });

  it('that may ask for less of INFO than another does not take it for another server, nor the other way round', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO);
    await admin.call('ACL', 'SETUSER', 'part', 'reset', 'on', '>secret', ...KEYS_AND_CHANNEL, ...COMMANDS);
    await admin.call('ACL', 'SETUSER', 'part', ...EVERYWHERE, '+info|server');
    const maxStaleness = '300ms';
    const a = await caches.connect({ ...options(), maxStaleness });
    const part = { redisConnectionString: `127.0.0.1:${redis.port},user=part,password=secret` };
    await caches.connect({ ...options(), ...part, maxStaleness });

    const syncs = await syncedTimes(admin);
    const { flushes } = a.cache.stats().bridge;
    await eventually(async () => expect(await syncedTimes(admin)).toBeGreaterThan(syncs + 8));
    expect(a.cache.stats().bridge.flushes).toBe(flushes);
  });

  it('is told loudly that it may not take itself off the list', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE.filter((rule) => rule !== '+zrem'), INFO);
    const { cache, log } = await caches.connect(options());
    await cache.close();
    expect(JSON.stringify(log.at('error'))).toContain('NOPERM');
  });

  it('delivers what waited once it is allowed to, without a restart', async () => {
    await allow(...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO);
    const patience = { ...options(), publishTimeout: 100 };
    const [a, b] = await Promise.all([caches.connect(patience), caches.connect(patience)]);
    await fill('1', 'one', a.cache, b.cache);

    await admin.call('ACL', 'SETUSER', 'shop', '-xadd');
    await a.cache.region('products').evict('1');
    expect(a.cache.status().outbox).toBe(1);

    await admin.call('ACL', 'SETUSER', 'shop', '+xadd');
    await untilDropped('1', b.cache);
    await eventually(() => expect(a.cache.status().outbox).toBe(0));
    await untilCoherent(a.cache, b.cache);
    expect(a.log.at('error')).toHaveLength(1);
  });
});

/** How often the scripts have run in this server. */
async function syncedTimes(admin: Redis): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0);
}
