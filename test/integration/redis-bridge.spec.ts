import { holdToContract } from '../support/bridges/hold-to-contract.js';
import { redisBridgeHarness } from '../support/bridges/redis-bridge-under-test.js';
import { usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis({ persistent: true });

holdToContract('RedisInvalidationBridge', () => redisBridgeHarness(redis));
