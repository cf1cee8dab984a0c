import type { RedisEndpoint } from '../endpoint.js';

/**
 * What a connection string says, with every default filled in. Read it with `parseRedisConnectionString`.
 *
 * It holds the secrets in the clear: do not log it.
 *
 * @publicApi
 */
export interface RedisConnectionSettings {
  /** `'standalone'` is what one endpoint looks like; the server behind it may still be a Redis Cluster. */
  readonly mode: RedisMode;
  /** At least one. In `'sentinel'` mode these are the sentinels, not the servers they watch. */
  readonly endpoints: readonly [RedisEndpoint, ...RedisEndpoint[]];
  readonly tls: RedisTlsSettings;
  /** ACL user. Default: none, which Redis takes as `default`. */
  readonly username: string | undefined;
  /** Default: none. */
  readonly password: string | undefined;
  /** Name by which the sentinels know the master; defined in `'sentinel'` mode only. */
  readonly serviceName: string | undefined;
  /** User for the sentinels themselves. Default: `username`. `undefined` outside `'sentinel'` mode. */
  readonly sentinelUsername: string | undefined;
  /** Password for the sentinels themselves. Default: `password`. `undefined` outside `'sentinel'` mode. */
  readonly sentinelPassword: string | undefined;
  /** Number for SELECT. Default: 0. It does not isolate pub/sub. */
  readonly database: number;
  /** What stands before `{namespace}` in all keys and channels. Default: `''`. */
  readonly channelPrefix: string;
  /** Name for CLIENT SETNAME; `undefined` means the name of the machine. */
  readonly clientName: string | undefined;
  /** RESP version. Default: 2. */
  readonly protocol: RedisProtocol;
  /** How long one dial may take, in ms. Default: 5000. */
  readonly connectTimeout: number;
  /** Dials at boot before `abortConnect` gives up. Default: 3. */
  readonly connectRetry: number;
  /** Idle time before TCP keep-alive probes a connection, in seconds. Default: 60. */
  readonly keepAlive: number;
  /** Whether the application must not start without Redis. Default: `false`. */
  readonly abortConnect: boolean;
  /** How long one command may take, in ms, from `asyncTimeout`, else `syncTimeout`; `undefined` when neither is given. */
  readonly commandTimeout: number | undefined;
  /** Options that are known but change nothing here, as StackExchange.Redis spells them: worth one warning. */
  readonly ignored: readonly string[];
}

/** @publicApi */
export type RedisMode = 'standalone' | 'sentinel' | 'cluster';

/** RESP version: 2 or 3. @publicApi */
export type RedisProtocol = 2 | 3;

/** @publicApi */
export interface RedisTlsSettings {
  readonly enabled: boolean;
  /** Name for SNI and for the certificate; `undefined` means the name of the endpoint. */
  readonly serverName: string | undefined;
  /** Default: what the runtime allows. */
  readonly minVersion: RedisTlsVersion | undefined;
  /** Default: what the runtime allows. */
  readonly maxVersion: RedisTlsVersion | undefined;
}

/** @publicApi */
export type RedisTlsVersion = 'TLSv1.2' | 'TLSv1.3';
