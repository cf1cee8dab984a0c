import { hostname } from 'node:os';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { RedisConnectionSettings } from '../connection-string/connection-settings.js';
import { expecting } from './redis-tls-identity.js';

/**
 * The settings as ioredis takes them. For `'cluster'` they come without an address: a connection to any of its nodes begins with them.
 *
 * `protocol` is always stated, because ioredis 6 defaults to RESP3; ioredis 5 does not know the option and speaks RESP2. With
 * either, replies have the shapes of RESP2 (`replyMapping`).
 * `commandTimeout`, `connectRetry` and `abortConnect` are left out: whoever connects decides on them.
 *
 * @internal
 */
export function toIoredisOptions(settings: RedisConnectionSettings): RedisOptions & { replyMapping: 'legacy' } {
  const { username, password, tls } = settings;
  const connectionName = sanitizeClientName(settings.clientName ?? hostname());
  return {
    ...addressOptions(settings),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls.enabled ? { tls: tlsOptions(settings) } : {}),
    ...(connectionName === '' ? {} : { connectionName }),
    db: settings.database,
    protocol: settings.protocol,
    replyMapping: 'legacy',
    connectTimeout: settings.connectTimeout,
    keepAlive: settings.keepAlive * 1_000,
  };
}

function addressOptions(settings: RedisConnectionSettings): RedisOptions {
  if (settings.mode === 'cluster') {
    return {};
  }
  if (settings.mode === 'sentinel') {
    return sentinelOptions(settings);
  }
  const [endpoint] = settings.endpoints;
  return 'path' in endpoint ? { path: endpoint.path } : { host: endpoint.host, port: endpoint.port };
}

function sentinelOptions(settings: RedisConnectionSettings): RedisOptions {
  const { endpoints, serviceName, sentinelUsername, sentinelPassword, tls } = settings;
  return {
    sentinels: endpoints.flatMap((endpoint) =>
      'host' in endpoint ? [{ host: endpoint.host, port: endpoint.port }] : [],
    ),
    ...(serviceName === undefined ? {} : { name: serviceName }),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    // Without `enableTLSForSentinelMode` ioredis dials the master in the clear, whatever `tls` says.
    ...(tls.enabled ? { sentinelTLS: tlsOptions(settings), enableTLSForSentinelMode: true } : {}),
  };
}

/** Without `sslHost`, whoever connects adds the name of the server: there may be several. */
function tlsOptions({ tls }: RedisConnectionSettings): TlsOptions {
  return {
    ...(tls.serverName === undefined ? {} : expecting(tls.serverName)),
    ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
  };
}

/** CLIENT SETNAME takes printable ASCII without spaces; StackExchange.Redis drops the rest as well. */
function sanitizeClientName(name: string): string {
  return name.replaceAll(/[^!-~]/g, '');
}
