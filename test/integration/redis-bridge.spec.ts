import { afterAll, beforeAll } from 'vitest';
import { holdToContract } from '../support/hold-to-contract.js';
import { redisBridgeHarness } from '../support/bridges/redis-bridge-under-test.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer({ persistent: true });
});
afterAll(() => redis.stop());

holdToContract('RedisInvalidationBridge', () => redisBridgeHarness(redis));
