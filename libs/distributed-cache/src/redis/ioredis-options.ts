import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { checkServerIdentity, type ConnectionOptions as TlsOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { RedisConnectionSettings, RedisEndpoint } from './connection-settings.js';

/**
 * The settings as ioredis takes them, for `'standalone'` and `'sentinel'`; a cluster has another constructor, which takes the
 * endpoints apart from these options, so for `'cluster'` they come without an address.
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

function tlsOptions({ mode, endpoints, tls }: RedisConnectionSettings): TlsOptions {
  const serverName = tls.serverName ?? (mode === 'standalone' ? hostOf(endpoints[0]) : undefined);
  return {
    ...identityOptions(serverName),
    ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
  };
}

function identityOptions(serverName: string | undefined): TlsOptions {
  if (serverName === undefined) {
    return {};
  }
  // RFC 6066 allows no address in SNI, and Node.js warns of one; the certificate is still checked for it.
  if (isIP(serverName) !== 0) {
    return { checkServerIdentity: (_name, certificate) => checkServerIdentity(serverName, certificate) };
  }
  // Node.js sends no SNI of its own accord, and a TLS front that serves many names needs it.
  return { servername: serverName };
}

function hostOf(endpoint: RedisEndpoint): string | undefined {
  return 'host' in endpoint ? endpoint.host : undefined;
}

/** CLIENT SETNAME takes printable ASCII without spaces; StackExchange.Redis drops the rest as well. */
function sanitizeClientName(name: string): string {
  return name.replaceAll(/[^!-~]/g, '');
}
