import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { InvalidOptionsError } from '../errors.js';
import { toIoredisOptions } from './ioredis-options.js';
import { parseRedisConnectionString } from './connection-string.js';
import { describeTarget } from './connection-target.js';
import type { RedisConnectionSettings } from './connection-settings.js';

/** What a server asks of whoever connects. @publicApi */
export interface RedisCredentials {
  readonly username?: string | undefined;
  readonly password: string;
}

/** ioredis options, and credentials that are asked for again at every dial, for passwords and tokens that change. @publicApi */
export type RedisClientOptions = RedisOptions & {
  readonly credentials?: (() => Promise<RedisCredentials>) | undefined;
};

const DEFAULT_CONNECT_TIMEOUT = 10_000;

/**
 * What both connections of a link have in common, whatever the application configured: Coherence dials again, not ioredis, because a
 * link that was gone must begin with a sync; and nothing may wait in a queue that the outbox does not know of.
 */
const LINK_OPTIONS = {
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
  // Lists as lists, whichever protocol is spoken.
  replyMapping: 'legacy',
} as const satisfies RedisOptions;

/** Makes the connections of a link. @internal */
export interface RedisClients {
  /** What they connect to; never a secret. */
  readonly target: string;
  /** How long a dial may take, in ms. */
  readonly connectTimeout: number;
  /** Stands before `{namespace}` in all keys and channels. */
  readonly prefix: string;
  /** Two connections that have not been dialled: for commands and for listening. */
  create(): Promise<{ readonly commands: Redis; readonly subscriber: Redis }>;
}

/** @param options - merged over what the connection string says @internal */
export function clientsFromConnectionString(connectionString: string, options: RedisClientOptions = {}): RedisClients {
  const settings = parseRedisConnectionString(connectionString);
  refuseWhatIsNotSupported(settings);
  const fromString = toIoredisOptions(settings);
  const tls = fromString.tls || options.tls ? { tls: { ...fromString.tls, ...options.tls } } : {};
  const target = describeTarget(withAddressOf(options, settings));
  return fromOptions({ ...fromString, ...options, ...tls }, target, settings.channelPrefix);
}

/** @internal */
export function clientsFromOptions(options: RedisClientOptions): RedisClients {
  if (options.sentinels)
    throw new InvalidOptionsError('redis: sentinels are not supported yet; give the host and port of the primary.');
  return fromOptions(options, addressOf(options), '');
}

/** By its methods: the client may come from another copy of ioredis than ours. @internal */
export function isRedisClient(redis: Redis | Cluster | RedisClientOptions): redis is Redis | Cluster {
  return 'duplicate' in redis && typeof redis.duplicate === 'function';
}

/** Duplicates a client of the application's, which is itself never used and never closed. @internal */
export function clientsFromClient(client: Redis | Cluster): RedisClients {
  if (client instanceof Cluster || client.isCluster) {
    throw new InvalidOptionsError(
      'redis: a Cluster is not supported yet; give a Redis that is connected to a single server.',
    );
  }
  const { options } = client;
  return {
    target: addressOf(options),
    connectTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    prefix: '',
    create: async () => ({ commands: client.duplicate(LINK_OPTIONS), subscriber: client.duplicate(LINK_OPTIONS) }),
  };
}

function fromOptions({ credentials, ...options }: RedisClientOptions, target: string, prefix: string): RedisClients {
  return {
    target,
    connectTimeout: options.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT,
    prefix,
    async create() {
      const asked = await ask(credentials);
      const all = { ...options, ...(asked && withoutUndefined(asked)), ...LINK_OPTIONS };
      return { commands: new Redis(all), subscriber: new Redis(all) };
    },
  };
}

async function ask(credentials: RedisClientOptions['credentials']): Promise<RedisCredentials | undefined> {
  if (!credentials) return undefined;
  return Promise.resolve()
    .then(credentials)
    .catch((error: unknown) => Promise.reject(credentialsFailed(error)));
}

/** Without the original: whoever keeps secrets may have attached them to it. */
function credentialsFailed(error: unknown): Error {
  return new Error(`redis.credentials() failed: ${error instanceof Error ? error.message : 'it gave no reason'}`);
}

function withoutUndefined({ username, password }: RedisCredentials): RedisOptions {
  return username === undefined ? { password } : { username, password };
}

/** The settings as far as a log line is concerned, where `options` lead somewhere else. */
function withAddressOf(
  { path, host, port, db, tls }: RedisClientOptions,
  settings: RedisConnectionSettings,
): RedisConnectionSettings {
  const [endpoint] = settings.endpoints;
  const address = 'host' in endpoint ? { host: host ?? endpoint.host, port: port ?? endpoint.port } : endpoint;
  return {
    ...settings,
    endpoints: [path ? { path } : address],
    database: db ?? settings.database,
    tls: tls ? { ...settings.tls, enabled: true } : settings.tls,
  };
}

function addressOf({ path, host = 'localhost', port = 6379, db = 0 }: RedisOptions): string {
  return path ?? `${host}:${port}/${db}`;
}

function refuseWhatIsNotSupported({ mode }: RedisConnectionSettings): void {
  if (mode === 'standalone') return;
  const what = mode === 'sentinel' ? 'Sentinel (serviceName)' : 'Redis Cluster (more than one endpoint)';
  // The commonest way to get here unawares: a password that is cut at its comma leaves something that looks like an endpoint.
  const hint =
    mode === 'cluster'
      ? ' A comma ends a value, so a password cannot hold one: use a URL, with %2C, for such a password.'
      : '';
  throw new InvalidOptionsError(
    `The connection string asks for ${what}, which is not supported yet; name one server.${hint}`,
  );
}
