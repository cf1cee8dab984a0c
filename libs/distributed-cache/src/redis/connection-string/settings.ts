import type { RedisEndpoint } from '../endpoint.js';

/**
 * The settings of a connection string, with every default filled in. `parseRedisConnectionString` reads them.
 *
 * They hold the secrets in plain text: do not log them.
 *
 * @publicApi
 */
export interface RedisConnectionSettings {
  /** One endpoint gives `'standalone'`. The server there may still be a node of a Redis Cluster; the bridge finds out. */
  readonly mode: RedisMode;
  /** At least one. In `'sentinel'` mode they are the sentinels, not the servers that the sentinels watch. */
  readonly endpoints: readonly [RedisEndpoint, ...RedisEndpoint[]];
  readonly tls: RedisTlsSettings;
  /** ACL user. Default: none; Redis then uses the user `default`. */
  readonly username: string | undefined;
  /** Default: none. */
  readonly password: string | undefined;
  /** The name by which the sentinels know the primary. `undefined` outside `'sentinel'` mode. */
  readonly serviceName: string | undefined;
  /** ACL user of the sentinels. Default: `username`. `undefined` outside `'sentinel'` mode. */
  readonly sentinelUsername: string | undefined;
  /** Password of the sentinels. Default: `password`. `undefined` outside `'sentinel'` mode. */
  readonly sentinelPassword: string | undefined;
  /** Database number, for SELECT. Default: 0. It does not isolate pub/sub. */
  readonly database: number;
  /** Text before `{namespace}` in all keys and channels. Default: `''`. */
  readonly channelPrefix: string;
  /** Name of the connections, for CLIENT SETNAME. `undefined`: the name of the machine. */
  readonly clientName: string | undefined;
  /** RESP version. Default: 2. */
  readonly protocol: RedisProtocol;
  /** Which addresses of a host name are used: 4 for IPv4, 6 for IPv6, 0 for both. Default: 0. */
  readonly family: RedisAddressFamily;
  /** How long each step of connecting may take, in ms. Default: 5000. */
  readonly connectTimeout: number;
  /** How many times boot tries to connect before `abortConnect` gives up; at least 1. Default: 3. */
  readonly connectRetry: number;
  /** After how many idle seconds a connection sends something, and TCP keep-alive probes it. 0: only the heartbeat does. Default: 60. */
  readonly keepAlive: number;
  /** `true`: the application does not start while Redis cannot be reached. Default: `false`. */
  readonly abortConnect: boolean;
  /** How long a command may take, in ms: `asyncTimeout`, else `syncTimeout`, else `undefined`. */
  readonly commandTimeout: number | undefined;
  /**
   * The given options that are known but have no effect here, as StackExchange.Redis spells them, and what is left out of `sslProtocols`.
   * They deserve a warning.
   */
  readonly ignored: readonly string[];
}

/** The kind of deployment that the connection string describes. @publicApi */
export type RedisMode = 'standalone' | 'sentinel' | 'cluster';

/** Version of the Redis protocol, RESP. @publicApi */
export type RedisProtocol = 2 | 3;

/** Family of IP addresses, as `dns.lookup` of Node.js has it; 0 is either. @publicApi */
export type RedisAddressFamily = 0 | 4 | 6;

/** Whether and how TLS is used. @publicApi */
export interface RedisTlsSettings {
  readonly enabled: boolean;
  /** The name sent as SNI and expected in the certificate. `undefined`: the name of the endpoint. */
  readonly serverName: string | undefined;
  /** Default: the oldest version that Node.js allows. */
  readonly minVersion: RedisTlsVersion | undefined;
  /** Default: the newest version that Node.js allows. */
  readonly maxVersion: RedisTlsVersion | undefined;
}

/** TLS version, as Node.js spells it. @publicApi */
export type RedisTlsVersion = 'TLSv1.2' | 'TLSv1.3';
