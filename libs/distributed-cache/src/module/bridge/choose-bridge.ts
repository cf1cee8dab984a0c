import type { InvalidationBridge } from '../../protocol/invalidation-bridge.js';
import { InvalidConnectionStringError, InvalidOptionsError } from '../../errors.js';
import { parseRedisConnectionString } from '../../redis/connection-string/connection-string.js';
import { isRedisClient } from '../../redis/dial/clients.js';
import {
  redisIdentityOfClient,
  redisIdentityOfOptions,
  redisIdentityOfString,
} from '../../redis/dial/redis-identity.js';
import { RedisInvalidationBridge } from '../../redis/redis-invalidation-bridge.js';
import { findConnectionString, type ConnectionSource } from './connection-source.js';
import type { DistributedCacheOptions } from '../options/distributed-cache.options.js';
import { resolveSettings } from '../options/resolve-settings.js';

/** How the instances of the application reach each other, and what the connection string says beside that. @internal */
export interface ChosenBridge {
  /** `undefined`: local mode. */
  readonly bridge: InvalidationBridge | undefined;
  /** Where the choice comes from, for people. */
  readonly source: string;
  /** Equal for two caches that would hear each other if they had one namespace; `undefined`: nobody is heard. */
  readonly redisIdentity: unknown;
  readonly abortConnect: boolean;
  /** How many times to dial at boot before `abortConnect` gives up; at least 1. */
  readonly connectRetry: number;
  /** ms; `undefined` = the option's or the default */
  readonly commandTimeout: number | undefined;
  /** Options of the connection string that have no effect here. */
  readonly ignored: readonly string[];
}

const DEFAULT_CONNECT_RETRY = 3;

/**
 * @param read - gives a setting of the application by its name
 * @param name - of the cache. Default: the unnamed one.
 * @throws {InvalidConnectionStringError} naming the source
 * @throws {InvalidOptionsError} when what is asked for is not supported
 *
 * @internal
 */
export function chooseBridge(
  options: DistributedCacheOptions,
  read: (name: string) => string | undefined,
  name?: string,
): ChosenBridge {
  const { bridge, redis, abortConnect = false } = options;
  const choice = { abortConnect, connectRetry: DEFAULT_CONNECT_RETRY, commandTimeout: undefined, ignored: [] };
  if (bridge) return { ...choice, bridge, source: 'the option bridge', redisIdentity: bridge };

  const redisBridge = (redisIdentity: unknown): ChosenBridge => ({
    ...choice,
    bridge: new RedisInvalidationBridge({ redis }),
    source: 'the option redis',
    redisIdentity,
  });
  // A client is connected to somewhere already, whatever a setting says.
  if (redis && isRedisClient(redis)) return redisBridge(redisIdentityOfClient(redis));

  const found = findConnectionString(options.redisConnectionString, read);
  if (found) return fromConnectionString(options, name, found);
  if (redis && options.redisConnectionString === undefined) return redisBridge(redisIdentityOfOptions(redis));
  const source = options.redisConnectionString === undefined ? 'no connection string' : "redisConnectionString is ''";
  return { ...choice, bridge: undefined, source, redisIdentity: undefined };
}

function fromConnectionString(
  options: DistributedCacheOptions,
  name: string | undefined,
  { connectionString, source }: ConnectionSource,
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
    commandTimeout: resolveSettings(options, name, settings).commandTimeout,
    ignored: settings.ignored,
  };
}

/** Whoever has to mend the string must know which of the many settings it is in. */
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
