import type { Redis } from 'ioredis';

/** The version that a server tells. */
export async function serverVersion(client: Pick<Redis, 'info'>): Promise<string> {
  return /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown';
}
