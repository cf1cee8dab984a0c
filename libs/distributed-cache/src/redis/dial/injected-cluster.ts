import { Redis, type Cluster } from 'ioredis';
import { addressAt, describePlace, type RedisAddress } from './redis-address.js';
import { placeIn } from './redis-endpoints.js';

/** The nodes that a client of the application's names: those it began with, and those it has found. @internal */
export function clusterSeeds(cluster: Cluster): readonly RedisAddress[] {
  const found = cluster.nodes().map(({ options }) => placeIn(options));
  const seeds = [...startupNodes(cluster), ...found].flatMap((place) => ('host' in place ? [place] : []));
  return [...new Map(seeds.map((seed) => [describePlace(seed), seed])).values()];
}

/** The nodes that it began with; they stay the same for as long as the client lives. @internal */
export function startupNodes(cluster: Cluster): readonly RedisAddress[] {
  // Then they are names to be looked up in DNS, and not yet servers.
  if (cluster.options.useSRVRecords) return [];
  // Not part of its types, and needed only while it has not been connected.
  const nodes: unknown = Reflect.get(cluster, 'startupNodes');
  return Array.isArray(nodes) ? nodes.flatMap(addressIn) : [];
}

/** In every form that the constructor takes. */
function addressIn(node: unknown): RedisAddress[] {
  if (typeof node === 'number') return [addressAt('127.0.0.1', node)];
  if (typeof node === 'string') {
    const { host = '127.0.0.1', port = 6_379 } = new Redis(node, { lazyConnect: true }).options;
    return [addressAt(host, port)];
  }
  if (typeof node !== 'object' || node === null) return [];
  const host = 'host' in node && typeof node.host === 'string' ? node.host : '127.0.0.1';
  return [addressAt(host, 'port' in node ? Number(node.port) : 6_379)];
}
