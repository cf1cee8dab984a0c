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
export function meetingPointOfString(settings: RedisConnectionSettings, options: RedisOptions): string {
  const { channelPrefix, serviceName, endpoints } = settings;
  if (options.sentinels || (leadsElsewhere(options) && serviceName === undefined)) {
    const [first] = endpoints;
    return meetingPointOfOptions('host' in first ? { ...first, ...options } : options, channelPrefix);
  }
  return meetingPoint(channelPrefix, endpoints.map(placeOf), serviceName);
}

/** As {@link meetingPointOfString}. @internal */
export function meetingPointOfOptions(options: RedisOptions, prefix = ''): string {
  const { sentinels, name } = options;
  if (!sentinels?.length) return meetingPoint(prefix, [placeIn(options)]);
  const addresses = sentinels.map(({ host = 'localhost', port = 26_379 }) => addressAt(host, port));
  return meetingPoint(prefix, addresses, name);
}

/** As {@link meetingPointOfString}. @internal */
export function meetingPointOfClient(client: Redis | Cluster): unknown {
  if (!('nodes' in client)) return meetingPointOfOptions(client.options);
  const nodes = startupNodes(client);
  // Those it has found may be others the next time.
  return nodes.length > 0 ? meetingPoint('', nodes) : client;
}

function meetingPoint(prefix: string, places: readonly RedisPlace[], service?: string): string {
  return JSON.stringify([prefix, service ?? null, ...new Set(places.map(describePlace).toSorted())]);
}
