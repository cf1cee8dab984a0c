import { hostname } from 'node:os';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { RedisConnectionSettings } from '../connection-string/settings.js';
import { expecting } from './tls-identity.js';

/**
 * The ioredis options that the connections of a link have in common. They win over what the application configured, for two reasons.
 * Coherence dials again, not ioredis: a link that was lost has to begin with a sync. And no command may wait in a queue of ioredis: the
 * outbox has to know what is not delivered.
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
  // The check sends INFO, which the ACL may forbid. A server that is still loading answers LOADING anyway.
  enableReadyCheck: false,
  // LinkSession enforces timeouts.
  commandTimeout: undefined,
  socketTimeout: undefined,
  blockingTimeout: undefined,
  enableAutoPipelining: false,
  // CLIENT SETINFO, which no old server knows, and which a user with the documented permissions may not send.
  disableClientInfo: true,
  readOnly: false,
  // A connection that monitors takes no other command.
  monitor: false,
  // The scripts publish to channels that ioredis cannot prefix, so the keys must not be prefixed either.
  keyPrefix: '',
  // ServerChoice finds the primary before a connection is made.
  sentinels: undefined,
  // Replies have the shapes of RESP2, in RESP3 as well.
  replyMapping: 'legacy',
} as const satisfies RedisOptions;

/**
 * The settings as ioredis options. In `'cluster'` mode they have no address, because a connection may lead to any of the nodes.
 *
 * `protocol` is always given, because ioredis 6 defaults to RESP3. ioredis 5 does not know the option and speaks RESP2.
 * `commandTimeout`, `connectRetry` and `abortConnect` are left out: LinkSession and the module enforce them.
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
    family: settings.family,
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
    // Without `enableTLSForSentinelMode`, ioredis connects to the primary without TLS, whatever `tls` says.
    ...(tls.enabled ? { sentinelTLS: tlsOptions(settings), enableTLSForSentinelMode: true } : {}),
  };
}

/** Without `sslHost` they name no server: the name of the endpoint is added for each connection. */
function tlsOptions({ tls }: RedisConnectionSettings): TlsOptions {
  return {
    ...(tls.serverName === undefined ? {} : expecting(tls.serverName)),
    ...(tls.minVersion === undefined ? {} : { minVersion: tls.minVersion }),
    ...(tls.maxVersion === undefined ? {} : { maxVersion: tls.maxVersion }),
  };
}

/** CLIENT SETNAME takes printable ASCII without spaces. StackExchange.Redis drops other characters as well. */
function sanitizeClientName(name: string): string {
  return name.replaceAll(/[^!-~]/g, '');
}
