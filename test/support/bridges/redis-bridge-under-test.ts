import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import type { BridgeHarness } from 'nestjs-distributed-cache/testing';
import type { RedisServer } from '../redis/redis-server.js';

/** A bridge over `redis`, for the contract of a bridge. */
export async function redisBridgeHarness(redis: RedisServer): Promise<BridgeHarness> {
  const client = redis.client();
  return {
    bridge: new RedisInvalidationBridge({ connectionString: redis.connectionString }),
    restart: () => redis.restart(),
    wipe: async (namespace) => {
      await client.del(`{${namespace}}:log`);
    },
    close: async () => client.disconnect(),
  };
}
