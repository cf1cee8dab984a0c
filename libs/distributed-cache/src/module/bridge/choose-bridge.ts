import { env } from 'node:process';
import { InvalidOptionsError } from '../../errors.js';
import { isRedisClient } from '../../redis/dial/credentials.js';
import { namesHost } from '../../redis/endpoint.js';
import type { DistributedCacheOptions } from '../options/distributed-cache.options.js';
import { DEFAULT_CONNECT_RETRY, type ChosenBridge } from './chosen-bridge.js';
import {
  findConnectionString,
  isRedisRequired,
  misspeltSettings,
  REQUIRED_NAME,
  SETTING_NAMES,
} from './connection-source.js';

/**
 * Chooses the bridge of a cache, and makes it when it is one to Redis.
 *
 * Only then is anything of `redis/` loaded, and ioredis with it: an application in local mode, or with a bridge of its own, needs neither.
 *
 * @param read - gives a setting of the application by its name
 * @param name - of the cache. Default: the unnamed one.
 * @throws {InvalidConnectionStringError} naming the source
 * @throws {InvalidOptionsError} when an option of the connection is not supported, or when Redis is required and there is none
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
  // A setting may lead to another server than these options. Its user and password must not be sent to the server of the options.
  const isServerInCode = isClient || (redis !== undefined && redisConnectionString === undefined && namesHost(redis));
  const found = isServerInCode ? undefined : findConnectionString(redisConnectionString, read);
  const areOptionsEnough = redis !== undefined && redisConnectionString === undefined;
  if (isClient || found || areOptionsEnough) {
    const { chooseRedisBridge } = await import('./choose-redis-bridge.js');
    return chooseRedisBridge(options, found, name);
  }
  if (isRedisRequired(options.requireRedis, read))
    throw new InvalidOptionsError(withoutRedis(redisConnectionString, name));
  const source = redisConnectionString === undefined ? 'no connection string' : "redisConnectionString is ''";
  return { ...choice, bridge: undefined, source, redisIdentity: undefined };
}

function withoutRedis(option: string | undefined, name: string | undefined): string {
  const misspelt = misspeltSettings(env).map(
    ([given, meant]) => ` The environment sets ${given}: did you mean ${meant}?`,
  );
  return (
    `DistributedCacheModule${name === undefined ? '' : `, cache '${name}'`}: requireRedis (or ${REQUIRED_NAME}) is set, and there is no connection string, ` +
    `so the application does not start: in local mode its instances would never learn of each other's changes. ` +
    (option === undefined
      ? `Set ${SETTING_NAMES[0]}.`
      : "Leave out redisConnectionString: '', which asks for local mode.") +
    misspelt.join('')
  );
}
