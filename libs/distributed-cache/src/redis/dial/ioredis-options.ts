import { hostname } from 'node:os';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { RedisConnectionSettings } from '../connection-string/settings.js';
import { expecting } from './tls-identity.js';

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

/**
 * What the connections of a link have in common, whatever the application configured: Coherence dials again, not ioredis, because a
 * link that was gone must begin with a sync; and nothing may wait in a queue that the outbox does not know of.
 *
 * @internal
 */
export const LINK_OPTIONS = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  // It asks INFO, which the ACL may forbid; a server that is still loading says so by itself.
  enableReadyCheck: false,
  // How long an answer may take, Coherence decides.
  commandTimeout: undefined,
  socketTimeout: undefined,
  enableAutoPipelining: false,
  readOnly: false,
  // The scripts publish on names that ioredis cannot prefix, so none may be.
  keyPrefix: '',
  // Which server is the primary is found out before a connection is made.
  sentinels: undefined,
  // Lists as lists, whichever protocol is spoken.
  replyMapping: 'legacy',
} as const satisfies RedisOptions;
