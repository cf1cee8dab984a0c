import type { Redis } from 'ioredis';
import { eventually } from '../instances/redis-caches.js';
import { startRedisServer, type RedisServer } from './redis-server.js';

const AT_ONCE = ['--repl-diskless-sync-delay', '0'];

/** A primary and its replica, and nobody who watches over them but the test. */
export class RedisPair {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
  readonly #admins: { readonly primary: Redis; readonly replica: Redis };

  private constructor(primary: RedisServer, replica: RedisServer) {
    this.primary = primary;
    this.replica = replica;
    this.#admins = { primary: primary.client(), replica: replica.client() };
  }

  static async start(): Promise<RedisPair> {
    const primary = await startRedisServer({ args: AT_ONCE });
    const replica = await startRedisServer({ args: [...AT_ONCE, '--replicaof', '127.0.0.1', `${primary.port}`] });
    const pair = new RedisPair(primary, replica);
    await isLinked(pair.#admins.replica);
    return pair;
  }

  /** The replica has all that the primary has until now, and gets nothing any more. It is still one. */
  async stopReplicating(): Promise<void> {
    const { primary } = this.#admins;
    await primary.wait(1, 5_000);
    // Killing the link alone would not do: the replica would be back at once. Freezing the replica would not do either: what is sent to
    // it meanwhile waits in its socket.
    await primary.call('ACL', 'SETUSER', 'default', '-psync', '-sync');
    await primary.call('CLIENT', 'KILL', 'TYPE', 'REPLICA');
  }

  /** The replica is a primary from now on. The old one is not told. */
  async promote(): Promise<void> {
    await this.#admins.replica.replicaof('NO', 'ONE');
  }

  /** The old primary becomes the replica of the new one: what it alone had is gone. */
  async demoteOld(): Promise<void> {
    await this.#admins.primary.replicaof('127.0.0.1', this.replica.port);
    await isLinked(this.#admins.primary);
  }

  /** The old primary is a primary again, without having been restarted. */
  async promoteOld(): Promise<void> {
    await this.#admins.primary.replicaof('NO', 'ONE');
  }

  /** What the log of `namespace` holds. */
  async log(of: 'primary' | 'replica', namespace = 'distributed-cache'): Promise<string> {
    return JSON.stringify(await this.#admins[of].xrange(`{${namespace}}:log`, '-', '+'));
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary.stop(), this.replica.stop()]);
  }
}

function isLinked(replica: Redis): Promise<void> {
  return eventually(async () => {
    const info = await replica.info('replication');
    if (!info.includes('master_link_status:up')) throw new Error(info);
  });
}
