import { InvalidConnectionStringError } from '../../errors.js';
import { describeEndpoint, type RedisEndpoint } from '../endpoint.js';
import { AZURE_MANAGED_PORT, impliesTls, isAzureManaged } from './azure-hosts.js';
import type { ConnectionSyntax, ParsedEndpoint } from './parse-endpoint.js';
import type { ConnectionOptions } from './options.js';
import type { RedisConnectionSettings, RedisMode } from './settings.js';

/** What a connection string of either syntax gives, without the defaults. @internal */
export interface ParsedConnection {
  readonly syntax: ConnectionSyntax;
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
export function withDefaults({
  syntax,
  endpoints: parsed,
  options,
  ignored,
}: ParsedConnection): RedisConnectionSettings {
  const serviceName = options.serviceName || undefined;
  const tls = options.ssl ?? parsed.some((endpoint) => 'host' in endpoint && impliesTls(endpoint.host, endpoint.port));
  // Of URL clients, none has another default port for TLS.
  const plainPort = tls && syntax === 'stackexchange' ? 6_380 : 6_379;
  const endpoints = resolveEndpoints(parsed, (host) => defaultPort(host, serviceName !== undefined, plainPort));
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
    family: options.family ?? 0,
    connectTimeout: options.connectTimeout ?? 5_000,
    // In StackExchange.Redis, 0 tries once as well.
    connectRetry: Math.max(options.connectRetry ?? 3, 1),
    keepAlive: options.keepAlive ?? 60,
    // The default of StackExchange.Redis is true. A cache should not keep an application from starting.
    abortConnect: options.abortConnect ?? false,
    commandTimeout: options.asyncTimeout ?? options.syncTimeout,
    ignored: [...new Set([...ignored, ...optionsWithoutEffect(options, tls, serviceName)])],
  };
}

function resolveEndpoints(
  parsed: readonly ParsedEndpoint[],
  portOf: (host: string) => number,
): readonly [RedisEndpoint, ...RedisEndpoint[]] {
  const resolved = parsed.map((endpoint): RedisEndpoint => {
    if ('path' in endpoint) {
      return endpoint;
    }
    return { host: endpoint.host, port: endpoint.port ?? portOf(endpoint.host) };
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

function defaultPort(host: string, sentinels: boolean, otherwise: number): number {
  if (sentinels) return 26_379;
  return isAzureManaged(host) ? AZURE_MANAGED_PORT : otherwise;
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

/** The given options that have no effect without another option, which was not given, and the TLS versions that are left out. */
function optionsWithoutEffect(options: ConnectionOptions, tls: boolean, serviceName: string | undefined): string[] {
  const withoutTls = tls ? [] : (['sslHost', 'sslProtocols'] as const);
  const withoutSentinels = serviceName === undefined ? (['sentinelUser', 'sentinelPassword'] as const) : [];
  const without = [...withoutTls, ...withoutSentinels].filter((key) => options[key] !== undefined);
  const tooOld = tls ? (options.sslProtocols?.leftOut ?? []) : [];
  return tooOld.length === 0 ? without : [...without, `${tooOld.join('|')} in sslProtocols`];
}
