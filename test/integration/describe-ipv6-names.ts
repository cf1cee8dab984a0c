import dns from 'node:dns';
import { Cluster } from 'ioredis';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { isReached } from '../support/instances/evictions.js';
import { instances } from '../support/instances/instances.js';
import { RedisCluster } from '../support/redis/redis-cluster.js';
import { SERVICE, WatchedRedis } from '../support/redis/redis-sentinel.js';
import { usingRedis } from '../support/redis/using-redis.js';

/** A name that has an address of IPv6 and none of IPv4. */
const NAME = 'redis.ipv6.example';

/** Host names that lead to IPv6 addresses only. @param over - the version of ioredis that the test runs on */
export function describeIpv6Names(over: string): void {
  describe(`a name that has IPv6 addresses only, ${over},`, () => {
    beforeEach(() => {
      const looksUp = dns.lookup;
      const stub: typeof dns.lookup = Object.assign(
        (name: string, ...rest: unknown[]) => Reflect.apply(name === NAME ? answer : looksUp, dns, [name, ...rest]),
        { __promisify__: looksUp.__promisify__ },
      );
      const spy = vi.spyOn(dns, 'lookup').mockImplementation(stub);
      return () => spy.mockRestore();
    });

    describe('of a server that listens on ::1 alone', () => {
      const redis = usingRedis({ args: ['--bind', '::1'] });

      it('is not found as IPv4', async () => {
        const redisConnectionString = `redis://${NAME}:${redis.port}?family=4`;
        const { a, log } = instances(1).on({ redisConnectionString }).with({ drainTimeout: 0 }).started();
        await eventually(() => expect(JSON.stringify(log.lines)).toContain(`ENOTFOUND ${NAME}`));
        expect(a.status().state).not.toBe('coherent');
      });

      it.each([
        ['a URL', () => ({ redisConnectionString: `redis://${NAME}:${redis.port}` })],
        ['a URL with family=6', () => ({ redisConnectionString: `redis://${NAME}:${redis.port}?family=6` })],
        ['a StackExchange.Redis string', () => ({ redisConnectionString: `${NAME}:${redis.port}` })],
        ['ioredis options', () => ({ redis: { host: NAME, port: redis.port } })],
        ['a Cluster', () => ({ redis: new Cluster([{ host: NAME, port: redis.port }], { lazyConnect: true }) })],
      ])('is reached by %s', async (_, place) => {
        expect(await isReached(place())).toBe(true);
      });
    });

    describe('of sentinels', () => {
      let redis: WatchedRedis;
      beforeAll(async () => {
        redis = await WatchedRedis.start();
        return () => redis.stop();
      });

      it.each(['', '?family=6'])('is reached, and the primary by its IPv4 address (%s)', async (query) => {
        const sentinels = redis.sentinels.map(({ port }) => `${NAME}:${port}`).join(',');
        const redisConnectionString = `redis+sentinel://${sentinels}/${SERVICE}${query}`;
        expect(await isReached({ redisConnectionString })).toBe(true);
      });
    });

    describe('of the nodes of a cluster', () => {
      let cluster: RedisCluster;
      beforeAll(async () => {
        cluster = await RedisCluster.start();
        await cluster.onEvery('CONFIG', 'SET', 'bind', '127.0.0.1 ::1');
        await cluster.onEvery('CONFIG', 'SET', 'cluster-announce-hostname', NAME);
        await cluster.onEvery('CONFIG', 'SET', 'cluster-preferred-endpoint-type', 'hostname');
        // The nodes tell each other their names.
        await eventually(async () =>
          expect(JSON.stringify(await cluster.onEvery('CLUSTER', 'SLOTS'))).not.toContain('"?"'),
        );
        return () => cluster.stop();
      });

      it('is reached at every node, also where another one redirects to it', async () => {
        for (const { port } of cluster.nodes) {
          expect(await isReached({ redisConnectionString: `redis://${NAME}:${port}` })).toBe(true);
        }
      });
    });
  });
}

/** What `dns.lookup` answers for a name that has no address of IPv4. */
function answer(
  name: string,
  options: dns.LookupOptions,
  found: (error: Error | null, ...rest: unknown[]) => void,
): void {
  if (options.family === 4) {
    found(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: 'ENOTFOUND' }));
    return;
  }
  if (options.all === true) found(null, [{ address: '::1', family: 6 }]);
  else found(null, '::1', 6);
}
