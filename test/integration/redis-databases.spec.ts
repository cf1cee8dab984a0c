import { describe, expect, it } from 'vitest';
import { failureOf } from '../support/common/failure-of.js';
import { startApplication } from '../support/instances/application.js';
import { eventually } from '../support/common/eventually.js';
import { isReached } from '../support/instances/evictions.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

/** One server, named twice: the string looks like that of a cluster. */
const twice = ({ port }: { readonly port: number }): string => `127.0.0.1:${port},localhost:${port}`;

describe('several endpoints and a database other than 0', () => {
  describe('on servers that have it', () => {
    const redis = usingRedis();

    it('are taken, and everything is in that database', async () => {
      const redisConnectionString = `${twice(redis)},defaultDatabase=2`;
      expect(await isReached({ redisConnectionString })).toBe(true);
      expect(await redis.admin.info('keyspace')).toMatch(/^db2:/m);
      expect(await redis.admin.info('keyspace')).not.toMatch(/^db0:/m);
    });
  });

  describe('on a Redis Cluster, which has database 0 only', () => {
    const redis = usingRedis({ args: ['--cluster-enabled', 'yes'] });

    it('are refused by the server, and one error says what to change', async () => {
      const redisConnectionString = `${twice(redis)},defaultDatabase=2`;
      const { a, log } = instances(1).on({ redisConnectionString }).with({ drainTimeout: 0 }).started();
      await eventually(() => expect(log.at('error')).toHaveLength(1));
      expect(JSON.stringify(log.at('error'))).toMatch(
        /ERR SELECT is not allowed in cluster mode \(.*database 0 only.*leave the number out/,
      );
      expect(a.status().state).not.toBe('coherent');
    });

    it('keep an application with abortConnect from starting', async () => {
      const redisConnectionString = `${twice(redis)},defaultDatabase=2,abortConnect=true,connectRetry=0`;
      const failure = await failureOf(startApplication({ redisConnectionString }));
      expect(failure).toHaveProperty('code', 'REDIS_UNAVAILABLE');
      expect(String(failure)).toMatch(/leave the number out \(defaultDatabase, or the path of a URL\)/);
    });
  });
});
