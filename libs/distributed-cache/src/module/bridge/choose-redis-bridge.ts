import { InvalidConnectionStringError, InvalidOptionsError } from '../../errors.js';
import { parseRedisConnectionString } from '../../redis/connection-string/connection-string.js';
import { isRedisClient } from '../../redis/dial/credentials.js';
import {
  redisIdentityOfClient,
  redisIdentityOfOptions,
  redisIdentityOfString,
} from '../../redis/dial/redis-identity.js';
import { RedisInvalidationBridge } from '../../redis/redis-invalidation-bridge.js';
import type { DistributedCacheOptions } from '../options/distributed-cache.options.js';
import { resolveSettings } from '../options/resolve-settings.js';
import { DEFAULT_CONNECT_RETRY, type ChosenBridge } from './chosen-bridge.js';
import type { ConnectionSource } from './connection-source.js';

/**
 * Makes the bridge to Redis. Loads ioredis, so it is imported dynamically, by `chooseBridge` alone.
 *
 * @param found - the connection string; `undefined`: the option `redis` leads to the server
 * @param name - of the cache. Default: the unnamed one.
 * @throws {InvalidConnectionStringError} naming the source
 * @throws {InvalidOptionsError} when an option of the connection is not supported
 *
 * @internal
 */
export function chooseRedisBridge(
  options: DistributedCacheOptions,
  found: ConnectionSource | undefined,
  name?: string,
): ChosenBridge {
  if (found) return fromConnectionString(options, found, name);
  const { redis = {}, abortConnect = false } = options;
  return {
    bridge: new RedisInvalidationBridge({ redis }),
    source: 'the option redis',
    redisIdentity: isRedisClient(redis) ? redisIdentityOfClient(redis) : redisIdentityOfOptions(redis),
    abortConnect,
    connectRetry: DEFAULT_CONNECT_RETRY,
    commandTimeout: undefined,
    ignored: [],
  };
}

function fromConnectionString(
  options: DistributedCacheOptions,
  { connectionString, source }: ConnectionSource,
  name: string | undefined,
): ChosenBridge {
  const redis = options.redis && !isRedisClient(options.redis) ? options.redis : {};
  const { settings, bridge } = naming(source, () => ({
    settings: parseRedisConnectionString(connectionString),
    bridge: new RedisInvalidationBridge({ connectionString, redis }),
  }));
  return {
    bridge,
    source,
    redisIdentity: redisIdentityOfString(settings, redis),
    abortConnect: options.abortConnect ?? settings.abortConnect,
    connectRetry: settings.connectRetry,
    commandTimeout: resolveSettings(options, { name, commandTimeout: settings.commandTimeout }).commandTimeout,
    ignored: settings.ignored,
  };
}

/** Adds to an error the setting in which the connection string stands: there are several, and one of them must be corrected. */
function naming<T>(source: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidConnectionStringError || error instanceof InvalidOptionsError)) throw error;
    const message = `${source}: ${error.message}`;
    throw error instanceof InvalidConnectionStringError
      ? new InvalidConnectionStringError(message, { cause: error })
      : new InvalidOptionsError(message, { cause: error });
  }
}
