import type { RedisOptions } from 'ioredis';
import type { RedisConnectionSettings } from '../connection-string/settings.js';
import { describeEndpoint, endpointIn, namesServer, sentinelEndpointsIn, type RedisEndpoint } from '../endpoint.js';

/**
 * What a log line may show of the settings, for example `rediss://***@shop.example:6380/0 (standalone, TLS)`. `***@` means that there are
 * credentials. The user is masked too, because some write the password in its place.
 *
 * @internal
 */
export function describeTarget(settings: RedisConnectionSettings): string {
  const { mode, endpoints, tls, serviceName, database } = settings;
  const scheme = `${tls.enabled ? 'rediss' : 'redis'}${mode === 'sentinel' ? '+sentinel' : ''}`;
  const credentials = settings.username === undefined && settings.password === undefined ? '' : '***@';
  const hosts = endpoints.map((endpoint) => `${'path' in endpoint ? '!' : ''}${describeEndpoint(endpoint)}`);
  const path = serviceName === undefined ? '' : `/${serviceName}`;
  const security = tls.enabled ? 'TLS' : 'no TLS';
  return `${scheme}://${credentials}${hosts.join(',')}${path}/${database} (${mode}, ${security})`;
}

/** What a log line may show of ioredis options. @internal */
export function describeTargetOfOptions(options: RedisOptions): string {
  const { name, path, db = 0 } = options;
  const sentinels = sentinelEndpointsIn(options);
  if (sentinels.length > 0) return `${sentinels.map(describeEndpoint).join(',')}/${name}/${db} (sentinel)`;
  return `${describeEndpoint(endpointIn(options))}${path ? '' : `/${db}`}`;
}

/** What a log line may show of the settings with options merged over them, which may name another server. @internal */
export function describeMergedTarget(settings: RedisConnectionSettings, options: RedisOptions): string {
  const { db = settings.database, sentinels, tls } = options;
  if (sentinels) return describeTargetOfOptions({ ...options, db });
  return describeTarget({
    ...settings,
    ...(settings.mode !== 'sentinel' && namesServer(options)
      ? ({ mode: 'standalone', endpoints: [mergedEndpoint(options, settings.endpoints[0])] } as const)
      : {}),
    database: db,
    tls: tls ? { ...settings.tls, enabled: true } : settings.tls,
  });
}

function mergedEndpoint({ path, host, port }: RedisOptions, first: RedisEndpoint): RedisEndpoint {
  if (path) return { path };
  return 'host' in first ? { host: host ?? first.host, port: port ?? first.port } : first;
}
