import { Redis, type Cluster } from 'ioredis';
import { describeEndpoint, endpointIn, tcpEndpoint, type TcpEndpoint } from '../endpoint.js';

/** The nodes that the application's `Cluster` knows: those that it was made with, and those that it has discovered. @internal */
export function clusterSeeds(cluster: Cluster): readonly TcpEndpoint[] {
  const discovered = cluster.nodes().map(({ options }) => endpointIn(options));
  const seeds = [...startupNodes(cluster), ...discovered].flatMap((node) => ('host' in node ? [node] : []));
  return [...new Map(seeds.map((seed) => [describeEndpoint(seed), seed])).values()];
}

/** The nodes that the `Cluster` was made with. They never change. @internal */
export function startupNodes(cluster: Cluster): readonly TcpEndpoint[] {
  // With this option they are names of DNS records that list the servers.
  if (cluster.options.useSRVRecords) return [];
  // Not in the types of ioredis. It is needed for a Cluster that has not been connected: `nodes()` is empty until then.
  const nodes: unknown = Reflect.get(cluster, 'startupNodes');
  return Array.isArray(nodes) ? nodes.flatMap(startupNodeIn) : [];
}

/** Reads a node in each form that the constructor of `Cluster` takes: a port, a URL, or an object. */
function startupNodeIn(node: unknown): TcpEndpoint[] {
  if (typeof node === 'number') return [tcpEndpoint('127.0.0.1', node)];
  if (typeof node === 'string') {
    const { host = '127.0.0.1', port = 6_379 } = new Redis(node, { lazyConnect: true }).options;
    return [tcpEndpoint(host, port)];
  }
  if (typeof node !== 'object' || node === null) return [];
  const host = 'host' in node && typeof node.host === 'string' ? node.host : '127.0.0.1';
  return [tcpEndpoint(host, 'port' in node ? Number(node.port) : 6_379)];
}
