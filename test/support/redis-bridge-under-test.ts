import { RedisInvalidationBridge } from 'nestjs-distributed-cache/redis';
import type { BridgeUnderTest } from './bridge-callers.js';
import type { RedisServer } from './redis-server.js';

/** A bridge over `redis`, for the conformance suite. */
export async function redisBridgeUnderTest(redis: RedisServer): Promise<BridgeUnderTest> {
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
