import type { LookupFunction } from 'node:net';
import { Redis, type Cluster, type NatMap, type RedisOptions } from 'ioredis';
import { InvalidOptionsError } from '../../errors.js';
import { LINK_OPTIONS, toIoredisOptions } from './ioredis-options.js';
import { clusterSeeds, lookUpHosts, lookupOf, nodeOptions } from './injected-cluster.js';
import { parseRedisConnectionString } from '../connection-string/connection-string.js';
import {
  describeEndpoint,
  endpointIn,
  namesServer,
  sentinelEndpointsIn,
  toEndpoint,
  type Endpoint,
} from '../endpoint.js';
import { askFor, type RedisClientOptions } from './credentials.js';
import { describeMergedTarget, describeTargetOfOptions } from './target.js';
import { tlsTowards } from './tls-identity.js';
import type { SentinelService } from './sentinels.js';

const DEFAULT_CONNECT_TIMEOUT = 10_000;

/** IPv4 and IPv6. Where nothing is said, ioredis 5.4 looks for IPv4 alone, and does not find a name that has IPv6 addresses only. */
const ANY_FAMILY = 0;

/** With `connectTimeout: 0` ioredis leaves it to the system how long connecting may take; Linux gives up after about that many ms. */
const TIMEOUT_OF_SYSTEM = 130_000;

/** How to connect to Redis, whether a connection string, ioredis options or a client of the application gives it. @internal */
export interface RedisClients {
  /** Where the connections lead, for a log line; never a secret. */
  readonly target: string;
  /** How long a step of a dial may take, in ms. */
  readonly connectTimeout: number;
  /** How long a connection may be without traffic, in ms, if the connection string says it. */
  readonly keepAlive?: number | undefined;
  /** The text before `{namespace}` in all keys and channels. */
  readonly prefix: string;
  /** The number of the database. */
  readonly database: number;
  readonly natMap: NatMap | undefined;
  /** How the connections learn the addresses of host names, if the application decides that; `undefined`: from the system. */
  readonly lookup: LookupFunction | undefined;
  /** The sentinels that name the server to connect to; `undefined`: one of the seeds is the server, or redirects to it. */
  readonly sentinels: SentinelService | undefined;
  /** The servers to try first. */
  seeds(): readonly Endpoint[];
  /** Asks the application for credentials, once for a dial. Resolves with a function that makes connections, which are not dialled yet. */
  prepare(): Promise<(endpoint: Endpoint) => Redis>;
}

/**
 * @param options - merged over the connection string
 * @throws {InvalidConnectionStringError} when the connection string cannot be read
 * @throws {InvalidOptionsError} when the options name sentinels and no primary
 *
 * @internal
 */
export function clientsFromConnectionString(connectionString: string, options: RedisClientOptions = {}): RedisClients {
  const settings = parseRedisConnectionString(connectionString);
  const fromString = toIoredisOptions(settings);
  const { tls, sentinelTLS } = fromString;
  const merged: RedisClientOptions = {
    ...fromString,
    ...options,
    ...(tls || options.tls ? { tls: { ...tls, ...options.tls } } : {}),
    // An authority that signs the certificate of the primary is trusted for its sentinels too.
    ...(sentinelTLS ? { sentinelTLS: { ...sentinelTLS, ...options.tls, ...options.sentinelTLS } } : {}),
  };
  const nodes = settings.mode === 'cluster' && !namesServer(options) ? settings.endpoints.map(toEndpoint) : undefined;
  const target = describeMergedTarget(settings, options);
  return {
    ...fromOptions(merged, target, nodes),
    prefix: settings.channelPrefix,
    // The option `keepAlive` of ioredis is about TCP alone.
    keepAlive: settings.keepAlive > 0 ? settings.keepAlive * 1_000 : undefined,
  };
}

/** @internal */
export function clientsFromOptions(options: RedisClientOptions): RedisClients {
  return fromOptions(options, describeTargetOfOptions(options));
}

/** Connects as the client of the application does. The client itself is neither used nor closed. @internal */
export function clientsFromClient(client: Redis | Cluster): RedisClients {
  if ('nodes' in client) return clientsFromCluster(client);
  const { options } = client;
  const home = endpointIn(options);
  return {
    ...fromOptions(options, describeTargetOfOptions(options)),
    seeds: () => [home],
    prepare: async () => (endpoint) =>
      client.duplicate({ ...(endpoint === home ? {} : towards(endpoint, options)), ...LINK_OPTIONS }),
  };
}

/** Connects to single nodes of the cluster. See `connectToOwner` for why the `Cluster` client is not used. */
function clientsFromCluster(cluster: Cluster): RedisClients {
  const { natMap } = cluster.options;
  const target = `${clusterSeeds(cluster).map(describeEndpoint).join(',')}/0 (cluster)`;
  return {
    ...fromOptions({ ...nodeOptions(cluster), natMap }, target),
    lookup: lookupOf(cluster),
    async prepare() {
      const addresses = await lookUpHosts(cluster);
      return (endpoint) => {
        const connection = connectionTo(endpoint, nodeOptions(cluster, endpoint));
        const address = 'host' in endpoint ? addresses.get(endpoint.host) : undefined;
        return new Redis(address === undefined ? connection : { ...connection, host: address });
      };
    },
    seeds() {
      const seeds = clusterSeeds(cluster);
      if (seeds.length > 0) return seeds;
      throw new Error('redis: the Cluster client knows no node yet; connect it, or pass its nodes to its constructor');
    },
  };
}

function fromOptions(
  { credentials, ...options }: RedisClientOptions,
  target: string,
  seeds: readonly Endpoint[] = [endpointIn(options)],
): RedisClients {
  return {
    target,
    connectTimeout: timeoutIn(options),
    prefix: '',
    database: options.db ?? 0,
    natMap: options.natMap,
    lookup: options.tls?.lookup,
    sentinels: sentinelsIn(options),
    seeds: () => seeds,
    async prepare() {
      const all = { ...options, ...(await askFor(credentials)) };
      return (endpoint) => new Redis(connectionTo(endpoint, all));
    },
  };
}

/** How long a step of a dial may take, in ms: as long as ioredis lets the connecting take. */
function timeoutIn({ connectTimeout = DEFAULT_CONNECT_TIMEOUT }: RedisOptions): number {
  return connectTimeout > 0 ? connectTimeout : TIMEOUT_OF_SYSTEM;
}

function connectionTo(endpoint: Endpoint, options: RedisOptions): RedisOptions & { replyMapping: 'legacy' } {
  const { family = ANY_FAMILY } = options;
  return { ...options, family, ...towards(endpoint, options), ...LINK_OPTIONS };
}

function sentinelsIn(options: RedisOptions): SentinelService | undefined {
  const endpoints = sentinelEndpointsIn(options);
  if (endpoints.length === 0) return undefined;
  const { name, natMap, sentinelUsername, sentinelPassword, sentinelTLS } = options;
  const { username, password, family, connectTimeout, connectionName } = options;
  if (name === undefined) {
    throw new InvalidOptionsError(
      'redis: sentinels needs name as well: the name by which the sentinels know the primary.',
    );
  }
  return {
    name,
    natMap,
    endpoints,
    // In a connection string, the credentials of the server stand for those of sentinels that are not given.
    hasOwnCredentials: sentinelPassword !== password || sentinelUsername !== username,
    make: (endpoint, withCredentials) =>
      new Redis({
        ...(withCredentials ? { username: sentinelUsername, password: sentinelPassword } : {}),
        family: options.sentinels?.find(({ host }) => host === endpoint.host)?.family ?? family ?? ANY_FAMILY,
        connectTimeout,
        connectionName,
        host: endpoint.host,
        port: endpoint.port,
        ...(sentinelTLS ? { tls: tlsTowards(sentinelTLS, endpoint) } : {}),
        ...LINK_OPTIONS,
        // Replies of sentinels have other shapes in RESP3.
        protocol: 2,
      }),
  };
}

/** The options that send a connection to this endpoint. */
function towards(endpoint: Endpoint, { tls, sentinels, enableTLSForSentinelMode }: RedisOptions): RedisOptions {
  if ('path' in endpoint) return { path: endpoint.path };
  // As ioredis does: with sentinels, `tls` alone does not mean TLS to the primary.
  const isTls = tls && (!sentinels || enableTLSForSentinelMode);
  const { host, port } = endpoint;
  return { host, port, path: '', tls: isTls ? tlsTowards(tls, endpoint) : undefined };
}
