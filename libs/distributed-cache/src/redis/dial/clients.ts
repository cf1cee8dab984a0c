import { Redis, type Cluster, type NatMap, type RedisOptions } from 'ioredis';
import { InvalidOptionsError } from '../../errors.js';
import { LINK_OPTIONS, toIoredisOptions } from './ioredis-options.js';
import { clusterSeeds } from './injected-cluster.js';
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

/** Makes the connections of a link. @internal */
export interface RedisClients {
  /** What they connect to; never a secret. */
  readonly target: string;
  /** How long a step of a dial may take, in ms. */
  readonly connectTimeout: number;
  /** Stands before `{namespace}` in all keys and channels. */
  readonly prefix: string;
  readonly natMap: NatMap | undefined;
  /** Who is asked for the server to connect to; `undefined`: one of the seeds leads there. */
  readonly sentinels: SentinelService | undefined;
  /** The servers to begin with. */
  seeds(): readonly Endpoint[];
  /** Asks for the credentials; what it gives makes connections that are not dialled yet. */
  prepare(): Promise<(endpoint: Endpoint) => Redis>;
}

/** @param options - merged over what the connection string says @internal */
export function clientsFromConnectionString(connectionString: string, options: RedisClientOptions = {}): RedisClients {
  const settings = parseRedisConnectionString(connectionString);
  const fromString = toIoredisOptions(settings);
  const { tls, sentinelTLS } = fromString;
  const merged: RedisClientOptions = {
    ...fromString,
    ...options,
    ...(tls || options.tls ? { tls: { ...tls, ...options.tls } } : {}),
    // An authority that is trusted for the primary is trusted for its sentinels.
    ...(sentinelTLS ? { sentinelTLS: { ...sentinelTLS, ...options.tls, ...options.sentinelTLS } } : {}),
  };
  const nodes = settings.mode === 'cluster' && !namesServer(options) ? settings.endpoints.map(toEndpoint) : undefined;
  if (nodes && merged.db) {
    throw new InvalidOptionsError(
      'A Redis Cluster has database 0 only: leave defaultDatabase out, and isolate by the option namespace.',
    );
  }
  const target = describeMergedTarget(settings, options);
  return { ...fromOptions(merged, target, nodes), prefix: settings.channelPrefix };
}

/** @internal */
export function clientsFromOptions(options: RedisClientOptions): RedisClients {
  return fromOptions(options, describeTargetOfOptions(options));
}

/** By its methods: the client may come from another copy of ioredis than ours. @internal */
export function isRedisClient(redis: Redis | Cluster | RedisClientOptions): redis is Redis | Cluster {
  return 'duplicate' in redis && typeof redis.duplicate === 'function';
}

/** Connects as a client of the application's does, which is itself never used and never closed. @internal */
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

/** Over connections of our own to single nodes: see `connectToOwner`. */
function clientsFromCluster(cluster: Cluster): RedisClients {
  const { redisOptions = {}, natMap } = cluster.options;
  const target = `${clusterSeeds(cluster).map(describeEndpoint).join(',')}/0 (cluster)`;
  return {
    ...fromOptions({ ...redisOptions, natMap }, target),
    seeds() {
      const seeds = clusterSeeds(cluster);
      if (seeds.length > 0) return seeds;
      throw new Error('redis: the Cluster names no node to begin with; connect it, or name its nodes when it is made');
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
    connectTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    prefix: '',
    natMap: options.natMap,
    sentinels: sentinelsIn(options),
    seeds: () => seeds,
    async prepare() {
      const all = { ...options, ...(await askFor(credentials)) };
      return (endpoint) => new Redis({ ...all, ...towards(endpoint, all), ...LINK_OPTIONS });
    },
  };
}

function sentinelsIn(options: RedisOptions): SentinelService | undefined {
  const endpoints = sentinelEndpointsIn(options);
  if (endpoints.length === 0) return undefined;
  const { name, natMap, sentinelUsername, sentinelPassword, sentinelTLS } = options;
  const { family, connectTimeout, connectionName } = options;
  if (name === undefined) {
    throw new InvalidOptionsError('redis: sentinels need the name by which they know the primary: give name as well.');
  }
  return {
    name,
    natMap,
    endpoints,
    make: (endpoint) =>
      new Redis({
        username: sentinelUsername,
        password: sentinelPassword,
        family,
        connectTimeout,
        connectionName,
        host: endpoint.host,
        port: endpoint.port,
        ...(sentinelTLS ? { tls: tlsTowards(sentinelTLS, endpoint) } : {}),
        ...LINK_OPTIONS,
        // Their answers have one shape then.
        protocol: 2,
      }),
  };
}

/** The options that lead a connection with these options to `endpoint`. */
function towards(endpoint: Endpoint, { tls, sentinels, enableTLSForSentinelMode }: RedisOptions): RedisOptions {
  if ('path' in endpoint) return { path: endpoint.path };
  // As ioredis does: `tls` alone does not make it speak TLS with a primary that sentinels name.
  const isTls = tls && (!sentinels || enableTLSForSentinelMode);
  const { host, port } = endpoint;
  return { host, port, path: '', tls: isTls ? tlsTowards(tls, endpoint) : undefined };
}
