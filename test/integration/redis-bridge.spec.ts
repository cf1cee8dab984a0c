import { afterAll, beforeAll } from 'vitest';
import { describeInvalidationBridge } from '../support/bridge-conformance.js';
import { redisBridgeUnderTest } from '../support/redis-bridge-under-test.js';
import { startRedisServer, type RedisServer } from '../support/redis-server.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer({ persistent: true });
});
afterAll(() => redis.stop());

describeInvalidationBridge('RedisInvalidationBridge', () => redisBridgeUnderTest(redis));
