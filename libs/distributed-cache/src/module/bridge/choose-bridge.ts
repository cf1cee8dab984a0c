import { isRedisClient } from '../../redis/dial/credentials.js';
import type { DistributedCacheOptions } from '../options/distributed-cache.options.js';
import { DEFAULT_CONNECT_RETRY, type ChosenBridge } from './chosen-bridge.js';
import { findConnectionString } from './connection-source.js';

/**
 * Chooses the bridge of a cache, and makes it when it is one to Redis.
 *
 * Only then is anything of `redis/` loaded, and ioredis with it: an application in local mode, or with a bridge of its own, needs neither.
 *
 * @param read - gives a setting of the application by its name
 * @param name - of the cache. Default: the unnamed one.
 * @throws {InvalidConnectionStringError} naming the source
 * @throws {InvalidOptionsError} when an option of the connection is not supported
 *
 * @internal
 */
export async function chooseBridge(
  options: DistributedCacheOptions,
  read: (name: string) => string | undefined,
  name?: string,
): Promise<ChosenBridge> {
  const { bridge, redis, redisConnectionString, abortConnect = false } = options;
  const choice = { abortConnect, connectRetry: DEFAULT_CONNECT_RETRY, commandTimeout: undefined, ignored: [] };
  if (bridge) return { ...choice, bridge, source: 'the option bridge', redisIdentity: bridge };

  // A client is connected to a server already, whatever a setting says.
  const isClient = redis !== undefined && isRedisClient(redis);
  const found = isClient ? undefined : findConnectionString(redisConnectionString, read);
  const areOptionsEnough = redis !== undefined && redisConnectionString === undefined;
  if (isClient || found || areOptionsEnough) {
    const { chooseRedisBridge } = await import('./choose-redis-bridge.js');
    return chooseRedisBridge(options, found, name);
  }
  const source = redisConnectionString === undefined ? 'no connection string' : "redisConnectionString is ''";
  return { ...choice, bridge: undefined, source, redisIdentity: undefined };
}
