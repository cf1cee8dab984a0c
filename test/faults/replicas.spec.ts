import { afterEach, describe, expect, it } from 'vitest';
import { copies, eventually, fill, RedisCaches } from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

const PUBLISH_TIMEOUT = 500;

describe('a primary and its replica', () => {
  const caches = new RedisCaches();
  const servers: RedisServer[] = [];

  afterEach(async () => {
    await caches.closeAll();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  const started = async (args: readonly string[] = []): Promise<RedisServer> => {
    const server = await startRedisServer({ args });
    servers.push(server);
    return server;
  };

  const withReplica = async (): Promise<{ readonly primary: RedisServer; readonly replica: RedisServer }> => {
    const primary = await started(['--repl-diskless-sync-delay', '0']);
    const replica = await started(['--replicaof', '127.0.0.1', `${primary.port}`]);
    await untilReplicating(primary);
    return { primary, replica };
  };

  /** Until the replica has acknowledged a write: a primary begins to send only after the first acknowledgement, up to a second late. */
  const untilReplicating = async (primary: RedisServer): Promise<void> => {
    const admin = primary.client();
    await eventually(async () => {
      await admin.set('replicated', 1);
      expect(await admin.wait(1, 1_000)).toBe(1);
    });
  };

  const options = (server: { readonly connectionString: string }) => ({
    redisConnectionString: server.connectionString,
    namespace: 'shop',
    publishTimeout: PUBLISH_TIMEOUT,
  });

  it('with minReplicas an eviction settles once the replica has it', async () => {
    const { primary, replica } = await withReplica();
    const { cache } = await caches.connect({ ...options(primary), minReplicas: 1, onUndelivered: 'throw' });
    await cache.region('products').evict('1');

    const [newest] = await replica.client().xrevrange('{shop}:log', '+', '-', 'COUNT', 1);
    expect(newest?.[0]).toBe(cache.status().position);
  });

  it('with minReplicas many evictions at once settle together', async () => {
    const { primary } = await withReplica();
    const { cache } = await caches.connect({
      ...options(primary),
      minReplicas: 1,
      onUndelivered: 'throw',
      publishTimeout: '20s',
    });
    const keys = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    await Promise.all(keys.map((key) => cache.region('products').evict(key)));
    expect(cache.status().outbox).toBe(0);
  });

  it.each(['queue', 'throw'] as const)(
    "with minReplicas and onUndelivered: '%s' a replica that hangs is waited for until publishTimeout; the peers have heard by then",
    async (onUndelivered) => {
      const { primary, replica } = await withReplica();
      const a = await caches.connect({ ...options(primary), minReplicas: 1, onUndelivered });
      const b = await caches.connect(options(primary));
      await fill('1', 'old', a.cache, b.cache);
      replica.pause();

      const startedAt = performance.now();
      const outcome = await a.cache
        .region('products')
        .evict('1')
        .then(
          () => 'resolved',
          (error: Error) => error.message,
        );
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(PUBLISH_TIMEOUT - 5);
      expect(outcome).toMatch(onUndelivered === 'queue' ? 'resolved' : /the log has it|publishTimeout/);
      expect(copies('1', b.cache)).toEqual([undefined]);
      expect(a.cache.status().outbox).toBe(0);
      replica.resume();
    },
  );
});
