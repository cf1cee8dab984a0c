import { afterAll, beforeAll } from 'vitest';
import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import { describeInvalidationBridge } from '../support/bridge-conformance.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer({ persistent: true });
});
afterAll(() => redis.stop());

describeInvalidationBridge('RedisInvalidationBridge', async () => {
  const client = redis.client();
  return {
    bridge: new RedisInvalidationBridge({ connectionString: redis.connectionString }),
    restart: () => redis.restart(),
    wipe: async (namespace) => {
      await client.del(`{${namespace}}:log`);
    },
    close: async () => client.disconnect(),
  };
});
