import { InvalidConnectionStringError } from '../../errors.js';
import { describeEndpoint, type RedisEndpoint } from '../endpoint.js';
import type { ParsedEndpoint } from './parse-endpoint.js';
import type { ConnectionOptions } from './options.js';
import type { RedisConnectionSettings, RedisMode } from './settings.js';

/** Hosts of Azure Cache for Redis: port 6380 is TLS; port 6379 is plain text, where it is allowed. */
const AZURE_CACHE_DOMAINS = [
  '.redis.cache.windows.net',
  '.redis.cache.chinacloudapi.cn',
  '.redis.cache.usgovcloudapi.net',
];

/** Hosts of Azure Managed Redis, and of the Enterprise tiers that it replaces. */
const AZURE_MANAGED_DOMAINS = [
  '.redis.azure.net',
  '.redis.chinacloudapi.cn',
  '.redis.usgovcloudapi.net',
  '.redisenterprise.cache.azure.net',
];

/** The only port of Azure Managed Redis; it is TLS unless that is switched off. */
const AZURE_MANAGED_PORT = 10_000;

/** What a connection string of either syntax gives, without the defaults. @internal */
export interface ParsedConnection {
  readonly endpoints: readonly ParsedEndpoint[];
  readonly options: ConnectionOptions;
  readonly ignored: readonly string[];
}

/**
 * The settings, with every default filled in.
 *
 * @throws {InvalidConnectionStringError} when there is no endpoint, or when a unix socket stands beside other endpoints
 *
 * @internal
 */
export function withDefaults({ endpoints: parsed, options, ignored }: ParsedConnection): RedisConnectionSettings {
  const serviceName = options.serviceName || undefined;
  const tls = options.ssl ?? parsed.some((endpoint) => 'host' in endpoint && impliesTls(endpoint.host, endpoint.port));
  const endpoints = resolveEndpoints(parsed, tls, serviceName !== undefined);
  const mode = serviceName !== undefined ? 'sentinel' : endpoints.length > 1 ? 'cluster' : 'standalone';
  refuseSharedSocket(endpoints, mode);

  return {
    mode,
    endpoints,
    tls: {
      enabled: tls,
      serverName: tls ? options.sslHost : undefined,
      minVersion: tls ? options.sslProtocols?.minVersion : undefined,
      maxVersion: tls ? options.sslProtocols?.maxVersion : undefined,
    },
    username: options.user || undefined,
    password: options.password || undefined,
    serviceName,
    // An empty `sentinelPassword=` means that the sentinels need no password.
    sentinelUsername: serviceName === undefined ? undefined : (options.sentinelUser ?? options.user) || undefined,
    sentinelPassword:
      serviceName === undefined ? undefined : (options.sentinelPassword ?? options.password) || undefined,
    database: options.defaultDatabase ?? 0,
    channelPrefix: options.channelPrefix ?? '',
    clientName: options.name || undefined,
    protocol: options.protocol ?? 2,
    connectTimeout: options.connectTimeout ?? 5_000,
    connectRetry: options.connectRetry ?? 3,
    keepAlive: options.keepAlive ?? 60,
    // The default of StackExchange.Redis is true. A cache should not keep an application from starting.
    abortConnect: options.abortConnect ?? false,
    commandTimeout: options.asyncTimeout ?? options.syncTimeout,
    ignored: [...new Set([...ignored, ...optionsWithoutEffect(options, tls, serviceName)])],
  };
}

function resolveEndpoints(
  parsed: readonly ParsedEndpoint[],
  tls: boolean,
  sentinels: boolean,
): readonly [RedisEndpoint, ...RedisEndpoint[]] {
  const resolved = parsed.map((endpoint): RedisEndpoint => {
    if ('path' in endpoint) {
      return endpoint;
    }
    return { host: endpoint.host, port: endpoint.port ?? defaultPort(endpoint.host, tls, sentinels) };
  });
  // An endpoint that is given twice is one server, not a cluster.
  const [first, ...others] = new Map(resolved.map((endpoint) => [describeEndpoint(endpoint), endpoint])).values();
  if (first === undefined) {
    throw new InvalidConnectionStringError(
      "Redis connection string: it names no endpoint; begin it with 'host', 'host:port' or '!/path/to.sock', or write a URL such as 'redis://host:6379'.",
    );
  }
  return [first, ...others];
}

function defaultPort(host: string, tls: boolean, sentinels: boolean): number {
  if (sentinels) {
    return 26_379;
  }
  if (isAzureManaged(host)) {
    return AZURE_MANAGED_PORT;
  }
  return tls ? 6_380 : 6_379;
}

function refuseSharedSocket(endpoints: readonly RedisEndpoint[], mode: RedisMode): void {
  if (mode === 'standalone' || endpoints.every((endpoint) => 'host' in endpoint)) {
    return;
  }
  const alternative =
    mode === 'sentinel' ? 'sentinels are reached as host:port' : 'the nodes of a cluster are reached as host:port';
  throw new InvalidConnectionStringError(
    `Redis connection string: a unix socket ('!/path') is one server and has to stand alone; ${alternative}.`,
  );
}

/** The given options that have no effect without another option, which was not given. */
function optionsWithoutEffect(options: ConnectionOptions, tls: boolean, serviceName: string | undefined): string[] {
  const withoutTls = tls ? [] : (['sslHost', 'sslProtocols'] as const);
  const withoutSentinels = serviceName === undefined ? (['sentinelUser', 'sentinelPassword'] as const) : [];
  return [...withoutTls, ...withoutSentinels].filter((key) => options[key] !== undefined);
}

function isAzureManaged(host: string): boolean {
  return endsWithOneOf(host, AZURE_MANAGED_DOMAINS);
}

/** Whether Azure speaks TLS at this endpoint, so that TLS is the default there. */
function impliesTls(host: string, port: number | undefined): boolean {
  return isAzureManaged(host) || (port === 6380 && endsWithOneOf(host, AZURE_CACHE_DOMAINS));
}

function endsWithOneOf(host: string, suffixes: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  return suffixes.some((suffix) => name.endsWith(suffix));
}
