import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** A Lua script that runs in the server. It is sent by its digest, and once in full to a server that does not know it. @internal */
export class ServerScript {
  readonly source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.source = source;
    this.#digest = createHash('sha1').update(source).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    } catch (error) {
      // The script cache of a server is empty after a restart, a failover or SCRIPT FLUSH.
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(this.source, keys.length, ...keys, ...args);
    }
  }
}
