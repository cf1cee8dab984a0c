import { EFFECTIVE, misplaced, type OptionKey } from './options.js';
import type { ConnectionSyntax } from './parse-endpoint.js';

/** What an option of another client means here. */
type Meaning =
  | { readonly option: OptionKey; readonly unit?: string }
  /** It can be said in code only, as this option of the module. */
  | { readonly inCode: string }
  /** It has no counterpart, for this reason. */
  | { readonly needless: string }
  /** It is no option here, but a part of the string. */
  | { readonly part: 'server' | 'socket' };

const MS = 'in ms';

/**
 * Options of other clients, in the spelling of one of them: ioredis, node-redis, redis-py, go-redis, Lettuce, Jedis, phpredis, Predis and
 * the settings of frameworks around them. Letter case, `_`, `-` and `.` do not count.
 */
const OPTIONS_ELSEWHERE: readonly (readonly [Meaning, string])[] = [
  [{ option: 'defaultDatabase' }, 'db database databaseIndex dbIndex dbNumber databaseId defaultDb'],
  [{ option: 'ssl' }, 'tls useTls useSsl tlsEnabled sslEnabled enableTls enableSsl isSsl secure'],
  [{ option: 'user' }, 'username aclUser userId uid'],
  [{ option: 'password' }, 'pass pwd passwd auth authPassword authPass accessKey'],
  [{ option: 'sentinelUser' }, 'sentinelUsername'],
  [{ option: 'sentinelPassword' }, 'sentinelPass sentinelAuth'],
  [
    { option: 'serviceName' },
    'sentinelMaster sentinelMasterId sentinelMasterName sentinelName sentinelService masterName masterSet master',
  ],
  [{ option: 'name' }, 'clientName connectionName'],
  [{ option: 'channelPrefix' }, 'keyPrefix prefix instanceName keyspace'],
  [{ option: 'sslHost' }, 'serverName sni tlsServerName sslServerName tlsHost'],
  [
    { option: 'sslProtocols' },
    'sslProtocol tlsProtocol tlsProtocols tlsVersion sslMinVersion tlsMinVersion minVersion maxVersion',
  ],
  [{ option: 'protocol' }, 'protocolVersion resp respVersion'],
  [{ option: 'family' }, 'ipFamily addressFamily'],
  [
    { option: 'keepAlive', unit: 'in seconds' },
    'keepAliveInterval keepAliveInitialDelay socket_keepalive tcpKeepAliveInterval health_check_interval pingInterval',
  ],
  [{ option: 'abortConnect' }, 'abortOnConnectFail'],
  [
    { option: 'connectTimeout', unit: MS },
    'connectionTimeout connectTimeoutMs socket_connect_timeout dial_timeout connTimeout',
  ],
  [
    { option: 'asyncTimeout', unit: MS },
    'timeout timeoutMs commandTimeout socketTimeout soTimeout read_timeout write_timeout readWriteTimeout requestTimeout operationTimeout',
  ],

  [
    // Whatever its value says: an advice to write `false` would switch off what `ssl_cert_reqs=required` asks for.
    {
      needless:
        'certificates are verified, unless redis: { tls: { rejectUnauthorized: false } } in code says that they are not',
    },
    'rejectUnauthorized tlsRejectUnauthorized ssl_cert_reqs ssl_check_hostname insecure tlsInsecure skip_verify insecure_skip_verify verify verifyMode verifyPeer verifyPeerName sslVerify tlsVerify allowSelfSigned',
  ],
  [
    { inCode: 'redis: { tls: { ca } }' },
    'ca caFile caCert caPath ssl_ca_certs ssl_ca_path ssl_ca_data sslCa sslCaFile tlsCa tlsCaFile tlsCaCertFile trustStore',
  ],
  [
    { inCode: 'redis: { tls: { cert, key } }' },
    'cert certFile clientCert ssl_certfile sslCert tlsCert tlsCertFile key keyFile clientKey ssl_keyfile sslKey tlsKey tlsKeyFile keyStore',
  ],
  [{ inCode: 'redis: { tls: { passphrase } }' }, 'passphrase ssl_password'],
  [{ inCode: 'redis: { tls: { ciphers } }' }, 'ciphers ssl_ciphers cipherSuites'],
  [{ inCode: 'redis: { natMap }' }, 'natMap nodeAddressMap'],
  [{ inCode: "namespace: 'shop' (an option of the module)" }, 'namespace'],
  [{ inCode: "ttl: '5m' (an option of the module)" }, 'ttl defaultTtl expire expiration'],

  [
    { needless: 'there is no pool; the cache has two or three connections of its own' },
    'pool poolSize poolFifo maxPoolSize minPoolSize pool_timeout connectionPoolSize max_connections connectionLimit maxTotal maxActive maxIdle minIdle min_idle_conns max_idle_conns max_active_conns conn_max_idle_time conn_max_lifetime max_conn_age idleTimeout idle_check_frequency persistent',
  ],
  [
    { needless: 'the cache always connects again by itself, and repeats what was not delivered' },
    'retry retries retryAttempts retryDelay retryInterval retryStrategy retry_on_timeout retry_on_error max_retries maxRetriesPerRequest min_retry_backoff max_retry_backoff reconnectOnError reconnectStrategy autoReconnect autoResubscribe autoResendUnfulfilledCommands enableOfflineQueue disableOfflineQueue lazyConnect enableReadyCheck maxLoadingRetryTime commandsQueueMaxLength',
  ],
  [
    { needless: 'the cache always talks to the primary' },
    'role readOnly readFrom read_from_replicas replicas slaves replicaOf preferredSlaves route_by_latency route_randomly scaleReads',
  ],
  [
    { needless: 'the cache finds out by itself whether the server is a node of a cluster' },
    'cluster clusterMode clusterEnabled isCluster nonClustered mode maxRedirects max_redirections',
  ],
  [
    { needless: 'it concerns values, and the cache puts none into Redis' },
    'decode_responses encoding encoding_errors charset compression serializer stringNumbers json',
  ],
  [
    { needless: 'it has no effect on this cache' },
    'noDelay tcpNoDelay socket_type enableAutoPipelining showFriendlyErrorStack allowUsernameInURI monitor replyMapping disableClientInfo disable_identity identity_suffix clientInfoTag lib_name lib_version clientNoEvict client_cache',
  ],

  [{ part: 'server' }, 'host hostname hosts server servers endpoint endpoints address addr nodes port'],
  [{ part: 'socket' }, 'path socket socketPath unixSocket unix_socket_path'],
];

const NAMED: readonly { readonly name: string; readonly meaning: Meaning }[] = [
  ...OPTIONS_ELSEWHERE.flatMap(([meaning, names]) => names.split(' ').map((name) => ({ name, meaning }))),
  // Some write `connect_timeout`.
  ...[...EFFECTIVE.values()].map((option) => ({ name: option, meaning: { option } })),
];

const BY_LETTERS = new Map(NAMED.map((named) => [letters(named.name), named]));

/** Every name for which {@link cureOf} has a cure, for tests. @internal */
export const NAMES_WITH_CURE: readonly string[] = NAMED.map(({ name }) => name);

/** Whether this is another client's name for a password. @internal */
export function namesPassword(key: string): boolean {
  const meaning = BY_LETTERS.get(letters(key))?.meaning;
  if (meaning === undefined) return false;
  return 'option' in meaning
    ? /password$/i.test(meaning.option)
    : 'inCode' in meaning && /passphrase/.test(meaning.inCode);
}

/**
 * How to say what an option of another client says, as a sentence without its full stop. `undefined`: the option is not known.
 *
 * @param written - the key as the string has it; `undefined` when the message must not repeat it, and says it in the spelling of the table
 *
 * @internal
 */
export function cureOf(key: string, syntax: ConnectionSyntax, written: string | undefined): string | undefined {
  const found = BY_LETTERS.get(letters(key));
  if (found === undefined) return undefined;
  const { meaning, name } = found;
  const shown = `'${written ?? name}'`;
  if ('option' in meaning) {
    const unit = meaning.unit === undefined ? '' : ` (${meaning.unit})`;
    return (
      misplaced(meaning.option, syntax, shown) ??
      `${shown} is not an option here; write '${meaning.option}' instead${unit}`
    );
  }
  if ('inCode' in meaning) return `${shown} is not an option here; remove it, and write ${meaning.inCode} in code`;
  if ('needless' in meaning) return `${shown} is not an option here; remove it: ${meaning.needless}`;
  return `${shown} is not an option here; ${partOf(meaning.part, syntax)}`;
}

function partOf(part: 'server' | 'socket', syntax: ConnectionSyntax): string {
  if (part === 'socket')
    return "a unix socket is written '!/path/to.sock' at the beginning of the string, in place of a server or a URL";
  return syntax === 'url'
    ? 'the server belongs behind the scheme, as in redis://host:6379'
    : 'write the server at the beginning, without a key, as in host:6379,ssl=True';
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[_.-]/g, '');
}
