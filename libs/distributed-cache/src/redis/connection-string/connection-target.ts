import { isIPv6 } from 'node:net';
import type { RedisConnectionSettings, RedisEndpoint } from './connection-settings.js';

/**
 * What a log line may say about where the settings lead, for example `rediss://***@shop.example:6380/0 (standalone, TLS)`.
 * `***@` says that there are credentials. The user is masked too: some write the password in its place.
 *
 * @internal
 */
export function describeTarget(settings: RedisConnectionSettings): string {
  const { mode, endpoints, tls, serviceName, database } = settings;
  const scheme = `${tls.enabled ? 'rediss' : 'redis'}${mode === 'sentinel' ? '+sentinel' : ''}`;
  const credentials = settings.username === undefined && settings.password === undefined ? '' : '***@';
  const path = serviceName === undefined ? '' : `/${serviceName}`;
  const security = tls.enabled ? 'TLS' : 'no TLS';
  return `${scheme}://${credentials}${endpoints.map(describeEndpoint).join(',')}${path}/${database} (${mode}, ${security})`;
}

function describeEndpoint(endpoint: RedisEndpoint): string {
  if ('path' in endpoint) {
    return `!${endpoint.path}`;
  }
  return `${isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
}
