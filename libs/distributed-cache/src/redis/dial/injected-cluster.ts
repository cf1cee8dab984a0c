import dns, { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Redis, type Cluster, type RedisOptions } from 'ioredis';
import { describeEndpoint, distinct, endpointIn, tcpEndpoint, type Endpoint, type TcpEndpoint } from '../endpoint.js';

/** A node of the application's `Cluster`. */
interface ClusterNode {
  readonly endpoint: TcpEndpoint;
  /** The options of this node alone. They win over `redisOptions`, which are those of all nodes. */
  readonly options: RedisOptions;
}

/** The nodes that the application's `Cluster` knows: those that it was made with, and those that it has discovered. @internal */
export function clusterSeeds(cluster: Cluster): readonly TcpEndpoint[] {
  return distinct(knownNodes(cluster).map(({ endpoint }) => endpoint));
}

/** The nodes that the `Cluster` was made with. They never change. @internal */
export function startupNodes(cluster: Cluster): readonly TcpEndpoint[] {
  return nodesAtStart(cluster).map(({ endpoint }) => endpoint);
}

/**
 * The options for a connection to one node, as the `Cluster` has them: a user, a password or `tls` may stand in the nodes that it was made
 * with. A node that it does not know has those of the first one: it is often a known one, under another address.
 *
 * @internal
 */
export function nodeOptions(cluster: Cluster, endpoint?: Endpoint): RedisOptions {
  const nodes = knownNodes(cluster);
  const address = endpoint && describeEndpoint(endpoint);
  const known = nodes.find((node) => describeEndpoint(node.endpoint) === address) ?? nodes[0];
  // A cluster has database 0 only, and ioredis does not insist on another one.
  return { ...cluster.options.redisOptions, ...(known ? given(known.options) : {}), db: 0 };
}

/** The addresses of the hosts that the `Cluster` was made with, when it has a `dnsLookup` of its own. @internal */
export async function lookUpHosts(cluster: Cluster): Promise<ReadonlyMap<string, string>> {
  const { dnsLookup = lookup } = cluster.options;
  const addresses = new Map<string, string>();
  if (dnsLookup === lookup) return addresses;
  const hosts = new Set(startupNodes(cluster).map(({ host }) => host));
  const names = [...hosts].filter((host) => isIP(host) === 0);
  const lookUp = (name: string): Promise<void> =>
    new Promise((resolve) =>
      dnsLookup(name, (error, address) => {
        // Without an address, the connection tries the name, and reports why that fails.
        if (!error) addresses.set(name, address);
        resolve();
      }),
    );
  await Promise.all(names.map(lookUp));
  return addresses;
}

/** The `dnsLookup` of the `Cluster`, if it has one of its own. @internal */
export function lookupOf(cluster: Cluster): LookupFunction | undefined {
  const { dnsLookup = lookup } = cluster.options;
  if (dnsLookup === lookup) return undefined;
  return (host, options, callback) =>
    dnsLookup(host, (error, found, family) => {
      // It may say that the name is not to be looked up here, so that TLS sees it: then the connection asks the system.
      if (!error && isIP(found) === 0) dns.lookup(found, options, callback);
      else callback(error ?? null, found, family);
    });
}

function knownNodes(cluster: Cluster): readonly ClusterNode[] {
  const discovered = cluster.nodes().flatMap(({ options }): ClusterNode[] => {
    const { username, password, tls } = options;
    const endpoint = endpointIn(options);
    return 'host' in endpoint ? [{ endpoint, options: { username, password, tls } }] : [];
  });
  return [...nodesAtStart(cluster), ...discovered];
}

function nodesAtStart(cluster: Cluster): readonly ClusterNode[] {
  // With this option they are names of DNS records that list the servers.
  if (cluster.options.useSRVRecords) return [];
  // Not in the types of ioredis. It is needed for a Cluster that has not been connected: `nodes()` is empty until then.
  const nodes: unknown = Reflect.get(cluster, 'startupNodes');
  return Array.isArray(nodes) ? nodes.map(optionsAtStart).map(toNode) : [];
}

/** Reads a node in each form that the constructor of `Cluster` takes: a port, a URL, or an object. */
function optionsAtStart(node: unknown): RedisOptions {
  if (typeof node === 'number') return { port: node };
  if (typeof node === 'string') return optionsInUrl(node);
  return typeof node === 'object' && node !== null ? { ...node } : {};
}

/** What a URL says. Of `rediss` a `Cluster` takes no notice: it uses TLS only if the option `tls` is set. */
function optionsInUrl(url: string): RedisOptions {
  const defaults = new Map(Object.entries(new Redis({ lazyConnect: true }).options));
  const { tls: _, ...options } = new Redis(url, { lazyConnect: true }).options;
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => defaults.get(name) !== value));
}

/** Without the options that are `undefined`: to ioredis they are not given. */
function given(options: RedisOptions): RedisOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function toNode({ host, port, ...options }: RedisOptions): ClusterNode {
  return { endpoint: tcpEndpoint(host || '127.0.0.1', Number(port) || 6_379), options };
}
