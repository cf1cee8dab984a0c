import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChangingSource, hearEachOther } from '../support/instances/evictions.js';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilCoherent,
  untilDropped,
  type CacheOnRedis,
} from '../support/instances/redis-caches.js';
import { createRedisCertificate, type RedisCertificate } from '../support/redis/redis-certificate.js';
import { SERVICE, WatchedRedis } from '../support/redis/redis-sentinel.js';

const LOG = '{distributed-cache}:log';
const caches = new RedisCaches();

/** Two instances of one application. */
function connectTwo(options: Parameters<RedisCaches['connect']>[0]): Promise<[CacheOnRedis, CacheOnRedis]> {
  return Promise.all([caches.connect(options), caches.connect(options)]);
}

/** What two instances with these options are told of each other. */
const heardWith = async (options: Parameters<typeof connectTwo>[0]) => hearEachOther(...(await connectTwo(options)));

/** Redis behind sentinels of our own: reached, failed over, secured. @param over - the version of ioredis that the test runs on */
export function describeSentinels(over: string): void {
  afterEach(() => caches.closeAll());

  describe(`a Redis that sentinels watch over, ${over}`, () => {
    let redis: WatchedRedis;
    beforeAll(async () => {
      redis = await WatchedRedis.start();
    });
    afterAll(() => redis.stop());

    const sentinels = () => redis.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));

    it('is reached through its sentinels, of which some may be away', async () => {
      const [first] = redis.connectionString.split(',');
      expect(await heardWith({ redisConnectionString: redis.connectionString })).toBe(true);
      expect(await heardWith({ redisConnectionString: `redis+sentinel://127.0.0.1:1,${first}/${SERVICE}` })).toBe(true);
    });

    it('is reached in RESP3', async () => {
      expect(await heardWith({ redisConnectionString: `${redis.connectionString},protocol=3` })).toBe(true);
    });

    it('takes an eviction everywhere, once its replica has it', async () => {
      const [a, b] = await connectTwo({
        redisConnectionString: redis.connectionString,
        namespace: 'everywhere',
        // The list of members is young, so that one whom nobody knows any more has to have lapsed.
        maxStaleness: '1s',
        minReplicas: 1,
        onUndelivered: 'throw',
      });
      await fill('1', 'one', a.cache, b.cache);
      expect(await a.cache.region('products').evict('1', { everywhere: true })).toMatchObject({ instances: 2 });
      expect(copies('1', a.cache, b.cache)).toEqual([undefined, undefined]);
      await a.cache.region('products').evict('2');
    });

    it('is reached by ioredis options alone', async () => {
      expect(await heardWith({ redis: { sentinels: sentinels(), name: SERVICE } })).toBe(true);
    });

    it('is reached where a client of the application leads, which is left as it was', async () => {
      const client = new Redis({ sentinels: sentinels(), name: SERVICE });
      expect(await client.ping()).toBe('PONG');
      expect(await heardWith({ redis: client })).toBe(true);
      await caches.closeAll();
      expect(client.status).toBe('ready');
      expect(await client.ping()).toBe('PONG');
      client.disconnect();
    });

    it('is reached through a natMap', async () => {
      const announced = `127.0.0.1:${redis.primary.port}`;
      const natMap = { [announced]: { host: 'localhost', port: redis.primary.port } };
      expect(await heardWith({ redis: { sentinels: sentinels(), name: SERVICE, natMap } })).toBe(true);
    });

    it('is said at boot to be one', async () => {
      const { log } = await caches.connect({ redisConnectionString: redis.connectionString });
      expect(JSON.stringify(log.lines)).toMatch(
        new RegExp(`redis\\+sentinel://.*/${SERVICE}/0 \\(sentinel, no TLS\\)`),
      );
    });

    it('that its sentinels know under another name is refused, and the reason says so', async () => {
      const { cache, log } = caches.start({ redisConnectionString: redis.connectionString.replace(SERVICE, 'other') });
      await expect(cache.firstSync(1)).rejects.toThrow(/no sentinel names the primary of 'other'.*No such master/);
      expect(log.at('error')).toHaveLength(1);
    });

    it('of which no sentinel is there is named, sentinel by sentinel', async () => {
      const { cache } = caches.start({ redisConnectionString: `127.0.0.1:1,127.0.0.1:2,serviceName=${SERVICE}` });
      await expect(cache.firstSync(1)).rejects.toThrow(
        /sentinel 127\.0\.0\.1:1: connect ECONNREFUSED.*127\.0\.0\.1:2: /,
      );
    });

    it('is asked for with no connection left to a sentinel once the cache is closed', async () => {
      const named = async (): Promise<number> => {
        const lists = await Promise.all(redis.sentinels.map(({ client }) => client.call('CLIENT', 'LIST')));
        return lists.join('').split(' name=counted ').length - 1;
      };
      const { cache } = await caches.connect({ redisConnectionString: `${redis.connectionString},name=counted` });
      expect(await named()).toBe(redis.sentinels.length);
      await cache.close();
      await eventually(async () => expect(await named()).toBe(0));
    });
  });

  describe(`a Redis whose sentinels promote the replica, ${over}`, () => {
    let redis: WatchedRedis;
    beforeEach(async () => {
      redis = await WatchedRedis.start();
    });
    afterEach(async () => {
      await caches.closeAll();
      await redis.stop();
    });

    it('because the primary was killed has both instances coherent again, with all that was evicted meanwhile', async () => {
      const [a, b] = await connectTwo({ redisConnectionString: redis.connectionString, publishTimeout: 100 });
      const source = new ChangingSource(a, b);
      await source.untilChanged(50);

      await redis.primary.kill();
      await eventually(() => expect(a.cache.status().state).toBe('disconnected'));
      await a.cache.region('products').evict('while it was away');
      await redis.untilPromoted();

      await untilCoherent(a.cache, b.cache);
      await source.untilChanged(20);
      expect(await source.settled()).toEqual([]);
      const log = await redis.replica.client().xrange(LOG, '-', '+');
      expect(JSON.stringify(log)).toContain('while it was away');
      expect(await hearEachOther(a, b)).toBe(true);
    });

    it('because the primary was frozen takes the links to the new one, before the old one answers again', async () => {
      // Nothing but the sentinels says that the old primary is one no more.
      const patience = { commandTimeout: '1h', publishTimeout: 0 } as const;
      const [a, b] = await connectTwo({ redisConnectionString: redis.connectionString, ...patience });
      await fill('1', 'one', a.cache, b.cache);
      redis.primary.pause();
      await a.cache.region('products').evict('while it was frozen');
      await redis.untilPromoted();

      await eventually(() => expect([a, b].map(({ cache }) => cache.stats().bridge.reconnects)).toEqual([1, 1]));
      expect(JSON.stringify(a.log.at('warn'))).toContain(
        `the sentinels name another primary now: 127.0.0.1:${redis.replica.port}`,
      );
      redis.primary.resume();
      expect(await redis.primary.client().info('replication')).toContain('role:master');
      expect(await hearEachOther(a, b)).toBe(true);
      const log = await redis.replica.client().xrange(LOG, '-', '+');
      expect(JSON.stringify(log)).toContain('while it was frozen');
    });

    it('because somebody asked for it has the links on the new primary, though the old one still answers', async () => {
      const [a, b] = await connectTwo({ redisConnectionString: redis.connectionString });
      await fill('1', 'one', a.cache, b.cache);
      await redis.sentinels[0]?.client.call('SENTINEL', 'FAILOVER', SERVICE);
      await redis.untilPromoted();

      await eventually(() => expect(a.cache.stats().bridge.reconnects).toBeGreaterThan(0));
      await eventually(() => expect(b.cache.stats().bridge.reconnects).toBeGreaterThan(0));
      await untilCoherent(a.cache, b.cache);
      await a.cache.region('products').evict('1');
      await untilDropped('1', b.cache);
      expect(await hearEachOther(a, b)).toBe(true);
    });

    it('is dialled in bounded time while one of the sentinels is frozen', async () => {
      redis.sentinels[0]?.pause();
      const startedAt = performance.now();
      await caches.connect({ redisConnectionString: redis.connectionString });
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      redis.sentinels[0]?.resume();
    });
  });

  describe(`a Redis and sentinels with passwords and TLS, ${over}`, () => {
    let certificate: RedisCertificate;
    let redis: WatchedRedis;
    beforeAll(async () => {
      certificate = await createRedisCertificate();
      redis = await WatchedRedis.start({ tls: certificate, password: 'of-redis', sentinelPassword: 'of-sentinels' });
    });
    afterAll(async () => {
      await redis.stop();
      await certificate.remove();
    });

    const secured = (password = 'of-redis', sentinelPassword = 'of-sentinels') => ({
      redisConnectionString: `${redis.connectionString},ssl=true,password=${password},sentinelPassword=${sentinelPassword}`,
      redis: { tls: { ca: certificate.ca } },
    });

    it('are reached once their authority is trusted', async () => {
      expect(await heardWith(secured())).toBe(true);
    });

    it.each([
      ['of Redis', ['wrong-1', 'of-sentinels'], /WRONGPASS.*check user and password/],
      ['of the sentinels', ['of-redis', 'wrong-2'], /no sentinel names the primary of 'main'.*WRONGPASS/],
    ] as const)('are told apart when the password %s is wrong', async (_, [password, sentinelPassword], reason) => {
      const { cache, log } = caches.start(secured(password, sentinelPassword));
      await expect(cache.firstSync(1)).rejects.toThrow(reason);
      expect(log.at('error')).toHaveLength(1);
      expect(JSON.stringify(log.lines)).not.toMatch(/wrong-\d/);
    });

    it('of an unknown authority are refused, and the reason says what to give', async () => {
      const { cache } = caches.start({ ...secured(), redis: {} });
      await expect(cache.firstSync(1)).rejects.toThrow(/certificate.*redis: \{ tls: \{ ca \} \}/);
    });
  });
}
