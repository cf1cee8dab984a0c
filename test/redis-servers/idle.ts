import { setTimeout as pause } from 'node:timers/promises';
import type { BridgeStats } from '../../libs/distributed-cache/src/coherence/bridge-stats.js';
import { startHaproxy } from '../../tools/haproxy.mjs';
import { RedisServer } from '../support/redis/redis-server.js';
import { serverVersion } from '../support/redis/server-version.js';
import { ServerInstance } from './instance.js';

export interface IdleOptions {
  /** How long nobody evicts. */
  readonly minutes: number;
  /** After which idle time HAProxy closes a connection, in seconds. */
  readonly timeout: number;
  readonly say: (line: string) => void;
}

/** What was seen. */
export interface IdleReport {
  readonly minutes: number;
  readonly timeout: number;
  readonly haproxy: string;
  readonly redis: string;
  readonly instances: number;
  /** Of all instances, at the end: commands, listener and `WAIT`. */
  readonly connections: number;
  readonly reconnects: number;
  readonly flushes: number;
  /** Lines at `warn` and `error`. */
  readonly lines: number;
  /** Of the eviction at the end, with `onUndelivered: 'throw'` and `minReplicas: 1`. */
  readonly eviction: 'accepted' | 'rejected';
  /** How long after that eviction the other instance had dropped its copy, in ms. */
  readonly dropped: number;
}

const INSTANCES = 2;

/** Two instances that wait for a replica, behind an HAProxy with a short idle timeout. Nobody evicts for a while, then one does. */
export async function idle({ minutes, timeout, say }: IdleOptions): Promise<IdleReport> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const redis = await RedisServer.start();
    undo.push(() => redis.stop());
    const replica = await RedisServer.start({ args: ['--replicaof', '127.0.0.1', `${redis.port}`] });
    undo.push(() => replica.stop());
    await untilReplicating(redis);
    const proxy = await startHaproxy({ to: redis.port, timeout: `${timeout}s` });
    undo.push(() => proxy.stop());

    const options = { namespace: 'idle', onUndelivered: 'throw', minReplicas: 1, ttl: '1h' } as const;
    const instances = Array.from(
      { length: INSTANCES },
      () => new ServerInstance(`redis://127.0.0.1:${proxy.port}`, options),
    );
    undo.push(() => Promise.all(instances.map(({ cache }) => cache.close())));
    await Promise.all(instances.map((each) => each.start()));
    for (const { cache } of instances) await cache.region('products').getOrLoad('1', () => 'one');

    say(
      `${INSTANCES} instances, idle for ${minutes} minutes behind HAProxy ${proxy.version} with a timeout of ${timeout} s`,
    );
    const bridges = (): BridgeStats[] => instances.map(({ cache }) => cache.stats().bridge);
    const lost = (): number => total(bridges().map(({ reconnects }) => reconnects));
    const lines = (): number => total(instances.map(({ warnings }) => warnings.length));
    for (let left = minutes; left > 0; left -= 1) {
      await pause(Math.min(1, left) * 60_000);
      if (left > 1) say(`${Math.round((left - 1) * 10) / 10} minutes left; reconnects: ${lost()}, lines: ${lines()}`);
    }

    const connections = await connectionsOfInstances(redis);
    const [evicting, other] = instances;
    const startedAt = performance.now();
    const eviction = await evicting?.cache
      .region('products')
      .evict('1')
      .then(
        () => 'accepted' as const,
        () => 'rejected' as const,
      );
    while (other?.cache.region('products').getSync('1') !== undefined && performance.now() - startedAt < 10_000)
      await pause(1);
    return {
      minutes,
      timeout,
      haproxy: proxy.version,
      redis: await serverVersion(redis.admin),
      instances: INSTANCES,
      connections,
      reconnects: lost(),
      flushes: total(bridges().map(({ flushes }) => flushes)),
      lines: lines(),
      eviction: eviction ?? 'rejected',
      dropped: Math.round((performance.now() - startedAt) * 10) / 10,
    };
  } finally {
    for (const step of undo.toReversed()) await step();
  }
}

async function untilReplicating({ admin }: RedisServer): Promise<void> {
  do await admin.set('replicated', 1);
  while ((await admin.wait(1, 1_000)) !== 1);
}

/** All but the connection that asks, and that of the replica. */
async function connectionsOfInstances({ admin }: RedisServer): Promise<number> {
  const all = String(await admin.call('CLIENT', 'LIST'))
    .trim()
    .split('\n');
  return all.filter((line) => !/ flags=S | cmd=client/.test(line)).length;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
