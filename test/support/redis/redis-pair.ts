import { eventually } from '../common/eventually.js';
import { testNamespace } from './names-in-redis.js';
import { RedisServer } from './redis-server.js';

const AT_ONCE = ['--repl-diskless-sync-delay', '0'];

/** A primary and its replica, and nobody who watches over them but the test. */
export class RedisPair {
  readonly primary: RedisServer;
  readonly replica: RedisServer;

  private constructor(primary: RedisServer, replica: RedisServer) {
    this.primary = primary;
    this.replica = replica;
  }

  static async start(): Promise<RedisPair> {
    const primary = await RedisServer.start({ args: AT_ONCE });
    const replica = await RedisServer.start({ args: [...AT_ONCE, '--replicaof', '127.0.0.1', `${primary.port}`] });
    const pair = new RedisPair(primary, replica);
    await isLinked(replica);
    return pair;
  }

  /** Waits until the replica has acknowledged a write: a primary begins to send only after the first acknowledgement, up to a second late. */
  async untilReplicating(): Promise<void> {
    const { admin } = this.primary;
    await eventually(async () => {
      await admin.set('replicated', 1);
      if ((await admin.wait(1, 1_000)) !== 1) throw new Error('the replica has not acknowledged');
    });
  }

  /** The replica has all that the primary has until now, and gets nothing any more. It is still one. */
  async stopReplicating(): Promise<void> {
    const { admin: primary } = this.primary;
    await primary.wait(1, 5_000);
    // Killing the link alone would not do: the replica would be back at once. Freezing the replica would not do either: what is sent to
    // it meanwhile waits in its socket.
    await primary.call('ACL', 'SETUSER', 'default', '-psync', '-sync');
    await primary.call('CLIENT', 'KILL', 'TYPE', 'REPLICA');
  }

  /** The replica is a primary from now on. The old one is not told. */
  async promote(): Promise<void> {
    await this.replica.admin.replicaof('NO', 'ONE');
  }

  /** The old primary becomes the replica of the new one: what it alone had is gone. */
  async demoteOld(): Promise<void> {
    await this.primary.admin.replicaof('127.0.0.1', this.replica.port);
    await isLinked(this.primary);
  }

  /** The old primary is a primary again, without having been restarted. */
  async promoteOld(): Promise<void> {
    await this.primary.admin.replicaof('NO', 'ONE');
  }

  /** What the log of `namespace` holds. */
  async log(of: 'primary' | 'replica', namespace = testNamespace()): Promise<string> {
    return JSON.stringify(await this[of].admin.xrange(`{${namespace}}:log`, '-', '+'));
  }

  async stop(): Promise<void> {
    await Promise.all([this.primary.stop(), this.replica.stop()]);
  }
}

function isLinked({ admin }: RedisServer): Promise<void> {
  return eventually(async () => {
    const info = await admin.info('replication');
    if (!info.includes('master_link_status:up')) throw new Error(info);
  });
}
