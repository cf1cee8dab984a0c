import type { RedisOptions } from 'ioredis';

/** What a server asks of whoever connects. @publicApi */
export interface RedisCredentials {
  readonly username?: string | undefined;
  readonly password: string;
}

/** ioredis options, and credentials that are asked for again at every dial, for passwords and tokens that change. @publicApi */
export type RedisClientOptions = RedisOptions & {
  readonly credentials?: (() => Promise<RedisCredentials>) | undefined;
};

/** The options of ioredis that `credentials` gives. @internal */
export async function askFor(credentials: RedisClientOptions['credentials']): Promise<RedisOptions> {
  if (!credentials) return {};
  const { username, password } = await Promise.resolve()
    .then(credentials)
    .catch((error: unknown) => Promise.reject(credentialsFailed(error)));
  return username === undefined ? { password } : { username, password };
}

/** Without the original: whoever keeps secrets may have attached them to it. */
function credentialsFailed(error: unknown): Error {
  return new Error(`redis.credentials() failed: ${error instanceof Error ? error.message : 'it gave no reason'}`);
}
