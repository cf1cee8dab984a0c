import { Redis } from 'ioredis';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { ChangingSource, isReached, reachEachOther } from '../support/instances/evictions.js';
import { instances, logOf } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { createRedisCertificate, type RedisCertificate } from '../support/redis/redis-certificate.js';
import { SERVICE, WatchedRedis } from '../support/redis/redis-sentinel.js';

/** Redis behind sentinels of our own: reached, failed over, secured. @param over - the version of ioredis that the test runs on */
export function describeSentinels(over: string): void {
  describe(`a Redis with sentinels, ${over},`, () => {
    let redis: WatchedRedis;
    beforeAll(async () => {
      redis = await WatchedRedis.start();
      return () => redis.stop();
    });

    const sentinels = () => redis.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }));

    it('is reached through its sentinels, also when some are down', async () => {
      const [first] = redis.connectionString.split(',');
      expect(await isReached(redis)).toBe(true);
      expect(await isReached({ redisConnectionString: `redis+sentinel://127.0.0.1:1,${first}/${SERVICE}` })).toBe(true);
    });

    it('is reached in RESP3', async () => {
      expect(await isReached({ redisConnectionString: `${redis.connectionString},protocol=3` })).toBe(true);
    });

    it('resolves an eviction everywhere once its replica has it', async () => {
      const { a, b } = await instances(2)
        .on(redis)
        // The list of members is young, so that one whom nobody knows any more has to have lapsed.
        .with({ maxStaleness: '1s', minReplicas: 1, onUndelivered: 'throw' })
        .connected();
      await fill('1', 'one', a, b);
      expect(await a.region('products').evict('1', { everywhere: true })).toMatchObject({ instances: 2 });
      expect(copies('1', a, b)).toEqual([undefined, undefined]);
      await a.region('products').evict('2');
    });

    it('is reached by ioredis options alone', async () => {
      expect(await isReached({ redis: { sentinels: sentinels(), name: SERVICE } })).toBe(true);
    });

    it('is reached through a client of the application, which stays usable', async () => {
      const client = new Redis({ sentinels: sentinels(), name: SERVICE });
      expect(await client.ping()).toBe('PONG');
      expect(await isReached({ redis: client })).toBe(true);
      expect(client.status).toBe('ready');
      expect(await client.ping()).toBe('PONG');
      client.disconnect();
    });

    it('is reached through a natMap', async () => {
      const announced = `127.0.0.1:${redis.primary.port}`;
      const natMap = { [announced]: { host: 'localhost', port: redis.primary.port } };
      expect(await isReached({ redis: { sentinels: sentinels(), name: SERVICE, natMap } })).toBe(true);
    });

    it('is named with its service in the line at boot', async () => {
      const { log } = await instances(1).on(redis).connected();
      expect(JSON.stringify(log.lines)).toMatch(
        new RegExp(`redis\\+sentinel://.*/${SERVICE}/0 \\(sentinel, no TLS\\)`),
      );
    });

    it('is refused under a service name that its sentinels do not know, with one error that says so', async () => {
      const redisConnectionString = redis.connectionString.replace(SERVICE, 'other');
      const { a, log } = instances(1).on({ redisConnectionString }).started();
      await expect(a.firstSync(1)).rejects.toThrow(/no sentinel names the primary of 'other'.*No such master/);
      expect(log.at('error')).toHaveLength(1);
    });

    it('is refused when no sentinel is there, with an error that names every sentinel', async () => {
      const redisConnectionString = `127.0.0.1:1,127.0.0.1:2,serviceName=${SERVICE}`;
      const { a } = instances(1).on({ redisConnectionString }).started();
      await expect(a.firstSync(1)).rejects.toThrow(/sentinel 127\.0\.0\.1:1: connect ECONNREFUSED.*127\.0\.0\.1:2: /);
    });

    it('has no connection left to a sentinel once the cache is closed', async () => {
      const named = async (): Promise<number> => {
        const lists = await Promise.all(redis.sentinels.map(({ client }) => client.call('CLIENT', 'LIST')));
        return lists.join('').split(' name=counted ').length - 1;
      };
      const redisConnectionString = `${redis.connectionString},name=counted`;
      const { a } = await instances(1).on({ redisConnectionString }).connected();
      expect(await named()).toBe(redis.sentinels.length);
      await a.close();
      await eventually(async () => expect(await named()).toBe(0));
    });
  });

  describe(`a failover by sentinels, ${over},`, () => {
    let redis: WatchedRedis;
    beforeEach(async () => {
      redis = await WatchedRedis.start();
      onTestFinished(() => redis.stop());
    });

    it('after the primary was killed has both instances coherent again, without a lost eviction', async () => {
      const { a, b } = await instances(2).on(redis).with({ publishTimeout: 100 }).connected();
      const source = new ChangingSource(a, b);
      await source.untilChanged(50);

      await redis.primary.kill();
      await eventually(() => expect(a.status().state).toBe('disconnected'));
      await a.region('products').evict('while it was away');
      await redis.untilPromoted();

      await untilCoherent(a, b);
      await source.untilChanged(20);
      expect(await source.settled()).toEqual([]);
      const { log } = namesInRedis();
      expect(JSON.stringify(await redis.replica.admin.xrange(log, '-', '+'))).toContain('while it was away');
      expect(await reachEachOther(a, b)).toBe(true);
    });

    it('while the primary is frozen moves the links to the new primary before the old one answers again', async () => {
      // Nothing but the sentinels says that the old primary is one no more.
      const patience = { commandTimeout: '1h', publishTimeout: 0 } as const;
      const { a, b } = await instances(2).on(redis).with(patience).connected();
      await fill('1', 'one', a, b);
      redis.primary.pause();
      await a.region('products').evict('while it was frozen');
      await redis.untilPromoted();

      await eventually(() => expect([a, b].map((each) => each.stats().bridge.reconnects)).toEqual([1, 1]));
      expect(JSON.stringify(logOf(a).at('warn'))).toContain(
        `the sentinels name another primary now: 127.0.0.1:${redis.replica.port}`,
      );
      redis.primary.resume();
      expect(await redis.primary.admin.info('replication')).toContain('role:master');
      expect(await reachEachOther(a, b)).toBe(true);
      const { log } = namesInRedis();
      expect(JSON.stringify(await redis.replica.admin.xrange(log, '-', '+'))).toContain('while it was frozen');
    });

    it('by SENTINEL FAILOVER moves the links to the new primary, though the old one still answers', async () => {
      const { a, b } = await instances(2).on(redis).connected();
      await fill('1', 'one', a, b);
      await redis.sentinels[0]?.client.call('SENTINEL', 'FAILOVER', SERVICE);
      await redis.untilPromoted();

      await eventually(() => expect(a.stats().bridge.reconnects).toBeGreaterThan(0));
      await eventually(() => expect(b.stats().bridge.reconnects).toBeGreaterThan(0));
      await untilCoherent(a, b);
      await a.region('products').evict('1');
      await untilDropped('1', b);
      expect(await reachEachOther(a, b)).toBe(true);
    });

    it('leaves Redis reachable within 2 s while one of the sentinels is frozen', async () => {
      redis.sentinels[0]?.pause();
      const startedAt = performance.now();
      await instances(1).on(redis).connected();
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      redis.sentinels[0]?.resume();
    });
  });

  describe(`a Redis and sentinels with passwords and TLS, ${over},`, () => {
    let certificate: RedisCertificate;
    let redis: WatchedRedis;
    beforeAll(async () => {
      certificate = await createRedisCertificate();
      redis = await WatchedRedis.start({ tls: certificate, password: 'of-redis', sentinelPassword: 'of-sentinels' });
      return async () => {
        await redis.stop();
        await certificate.remove();
      };
    });

    const secured = (password = 'of-redis', sentinelPassword = 'of-sentinels') => ({
      redisConnectionString: `${redis.connectionString},ssl=true,password=${password},sentinelPassword=${sentinelPassword}`,
      redis: { tls: { ca: certificate.ca } },
    });

    it('are reached once their authority is trusted', async () => {
      expect(await isReached(secured())).toBe(true);
    });

    it.each([
      ['of Redis', ['wrong-1', 'of-sentinels'], /WRONGPASS.*check user and password/],
      ['of the sentinels', ['of-redis', 'wrong-2'], /no sentinel names the primary of 'main'.*WRONGPASS/],
    ] as const)(
      'are refused with the reason when the password %s is wrong',
      async (_, [password, sentinelPassword], reason) => {
        const { a, log } = instances(1).on(secured(password, sentinelPassword)).started();
        await expect(a.firstSync(1)).rejects.toThrow(reason);
        expect(log.at('error')).toHaveLength(1);
        expect(JSON.stringify(log.lines)).not.toMatch(/wrong-\d/);
      },
    );

    it('are refused when their authority is not trusted, with the advice to set redis: { tls: { ca } }', async () => {
      const { a } = instances(1)
        .on({ ...secured(), redis: {} })
        .started();
      await expect(a.firstSync(1)).rejects.toThrow(/certificate.*redis: \{ tls: \{ ca \} \}/);
    });
  });
}
