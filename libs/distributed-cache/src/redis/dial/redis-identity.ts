import type { Cluster, Redis, RedisOptions } from 'ioredis';
import type { RedisConnectionSettings } from '../connection-string/settings.js';
import { describeEndpoint, endpointIn, namesServer, sentinelEndpointsIn, type RedisEndpoint } from '../endpoint.js';
import { startupNodes } from './injected-cluster.js';

/**
 * Equal for two connection strings that lead to one Redis, as far as the strings show: two that name different nodes of one cluster are
 * not equal. The number of the database does not count, because it does not isolate pub/sub.
 *
 * @internal
 */
export function redisIdentityOfString(settings: RedisConnectionSettings, options: RedisOptions): string {
  const { channelPrefix, serviceName, endpoints } = settings;
  if (options.sentinels || (namesServer(options) && serviceName === undefined)) {
    const [first] = endpoints;
    return redisIdentityOfOptions('host' in first ? { ...first, ...options } : options, channelPrefix);
  }
  return redisIdentity(channelPrefix, endpoints, serviceName);
}

/** As {@link redisIdentityOfString}. @internal */
export function redisIdentityOfOptions(options: RedisOptions, prefix = ''): string {
  const sentinels = sentinelEndpointsIn(options);
  return sentinels.length > 0
    ? redisIdentity(prefix, sentinels, options.name)
    : redisIdentity(prefix, [endpointIn(options)]);
}

/** As {@link redisIdentityOfString}. @internal */
export function redisIdentityOfClient(client: Redis | Cluster): unknown {
  if (!('nodes' in client)) return redisIdentityOfOptions(client.options);
  // Not the nodes that the client has discovered since: they may be others the next time.
  const nodes = startupNodes(client);
  return nodes.length > 0 ? redisIdentity('', nodes) : client;
}

function redisIdentity(prefix: string, endpoints: readonly RedisEndpoint[], service?: string): string {
  return JSON.stringify([prefix, service ?? null, ...new Set(endpoints.map(describeEndpoint).toSorted())]);
}
