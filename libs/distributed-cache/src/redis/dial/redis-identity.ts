import type { Cluster, Redis, RedisOptions } from 'ioredis';
import type { RedisConnectionSettings } from '../connection-string/connection-settings.js';
import { startupNodes } from './injected-cluster.js';
import { addressAt, describePlace, type RedisPlace } from './redis-address.js';
import { leadsElsewhere, placeIn, placeOf } from './redis-endpoints.js';

/**
 * Equal for two connection strings that lead to one Redis, as far as can be told from them: two that name different nodes of one
 * cluster are not equal. The number of the database is not part of it: it does not isolate pub/sub.
 *
 * @internal
 */
export function redisIdentityOfString(settings: RedisConnectionSettings, options: RedisOptions): string {
  const { channelPrefix, serviceName, endpoints } = settings;
  if (options.sentinels || (leadsElsewhere(options) && serviceName === undefined)) {
    const [first] = endpoints;
    return redisIdentityOfOptions('host' in first ? { ...first, ...options } : options, channelPrefix);
  }
  return redisIdentity(channelPrefix, endpoints.map(placeOf), serviceName);
}

/** As {@link redisIdentityOfString}. @internal */
export function redisIdentityOfOptions(options: RedisOptions, prefix = ''): string {
  const { sentinels, name } = options;
  if (!sentinels?.length) return redisIdentity(prefix, [placeIn(options)]);
  const addresses = sentinels.map(({ host = 'localhost', port = 26_379 }) => addressAt(host, port));
  return redisIdentity(prefix, addresses, name);
}

/** As {@link redisIdentityOfString}. @internal */
export function redisIdentityOfClient(client: Redis | Cluster): unknown {
  if (!('nodes' in client)) return redisIdentityOfOptions(client.options);
  const nodes = startupNodes(client);
  // Those it has found may be others the next time.
  return nodes.length > 0 ? redisIdentity('', nodes) : client;
}

function redisIdentity(prefix: string, places: readonly RedisPlace[], service?: string): string {
  return JSON.stringify([prefix, service ?? null, ...new Set(places.map(describePlace).toSorted())]);
}
