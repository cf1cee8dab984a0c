import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/**
 * A Lua script that runs in the server. A connection sends it in full when it uses it first, and by its digest from then on.
 *
 * @internal
 */
export class ServerScript {
  readonly source: string;
  readonly #digest: string;

  constructor(source: string) {
    this.source = source;
    this.#digest = createHash('sha1').update(source).digest('hex');
  }

  /** @param known - the scripts that this connection has sent in full; this one is added */
  run(
    redis: Redis,
    known: Set<ServerScript>,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    if (known.has(this)) return redis.evalsha(this.#digest, keys.length, ...keys, ...args);
    known.add(this);
    return redis.eval(this.source, keys.length, ...keys, ...args);
  }
}
