import type { Cluster, Redis, RedisOptions } from 'ioredis';

/** The credentials for a connection. @publicApi */
export interface RedisCredentials {
  /** ACL user. Default: the `username` of the options, or of the connection string. */
  readonly username?: string | undefined;
  readonly password: string;
}

/** ioredis options, with credentials that may change. @publicApi */
export type RedisClientOptions = RedisOptions & {
  /**
   * Called for every dial, for passwords and tokens that change. Wins over `username` and `password`. A rejection fails the dial, with its
   * message in the log. Default: the `username` and `password` of the options, or of the connection string.
   */
  readonly credentials?: (() => Promise<RedisCredentials>) | undefined;
};

/** Looks at methods, not at the class: the client may come from another copy of ioredis. Loads nothing of ioredis. @internal */
export function isRedisClient(redis: Redis | Cluster | RedisClientOptions): redis is Redis | Cluster {
  return 'duplicate' in redis && typeof redis.duplicate === 'function';
}

/** The credentials, as ioredis options. @internal */
export async function askFor(credentials: RedisClientOptions['credentials']): Promise<RedisOptions> {
  if (!credentials) return {};
  const { username, password } = await Promise.resolve()
    .then(credentials)
    .catch((error: unknown) => Promise.reject(credentialsFailed(error)));
  return username === undefined ? { password } : { username, password };
}

/** Not with the original as its cause: the application may have attached a secret to it. */
function credentialsFailed(error: unknown): Error {
  return new Error(
    `redis.credentials() failed: ${error instanceof Error ? error.message : 'it rejected with something other than an Error'}`,
  );
}
