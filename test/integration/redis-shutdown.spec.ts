import { describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { startApplication } from '../support/instances/application.js';
import { copies, fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances, logOf, type Instances } from '../support/instances/instances.js';
import { namesInRedis, testNamespace } from '../support/redis/names-in-redis.js';
import type { RedisServer } from '../support/redis/redis-server.js';
import { proxyTo, usingRedisPerTest } from '../support/redis/using-redis.js';

const DRAIN_TIMEOUT = 300;

describe('an instance that shuts down', () => {
  const redis = usingRedisPerTest();
  const options = { drainTimeout: DRAIN_TIMEOUT, publishTimeout: 50 };

  const impatient = (count: number): Instances => instances(count).on(redis).with(options);

  /** Resolves with what the log of the namespace holds. */
  const logged = async (): Promise<string> => JSON.stringify(await redis.admin.xrange(namesInRedis().log, '-', '+'));

  it('has delivered all evictions when close() resolves', async () => {
    const { a: cache } = await impatient(1).connected();
    for (let i = 0; i < 5_000; i += 1) void cache.region('products').evict(`key-${i}`);
    await cache.close();

    const log = await logged();
    expect(log).toContain('key-0');
    expect(log).toContain('key-4999');
  });

  it('has delivered all evictions when close() of the application resolves', async () => {
    const place = { redisConnectionString: redis.connectionString, namespace: testNamespace() };
    const application = await startApplication({ ...options, ...place });
    void application.cache.region('products').evict('last words');
    await application.close();
    expect(await logged()).toContain('last words');
  });

  it('delivers the evictions of an outage when the link comes back within drainTimeout', async () => {
    const proxy = await proxyTo(redis);
    const { a: b } = await impatient(1).connected();
    const { a } = await instances(1)
      .on(proxy)
      .with({ ...options, drainTimeout: '10s' })
      .connected();
    await fill('1', 'one', b);
    proxy.cut();
    await eventually(() => expect(a.status().state).toBe('disconnected'));
    await a.region('products').evict('1');

    const closed = a.close();
    expect(copies('1', b)).toEqual(['one']);
    proxy.restore();
    await closed;
    await untilDropped('1', b);
    expect(logOf(a).at('error')).toEqual([]);
  });

  it.each([
    ['gone', (server: RedisServer) => server.kill()],
    ['frozen', async (server: RedisServer) => server.pause()],
  ])('ends within drainTimeout when Redis is %s, and logs how many targets were not delivered', async (_, take) => {
    const { a: cache, log } = await impatient(1).connected();
    await take(redis);
    await cache.region('products').evictMany(['1', '2', '3']);
    await cache.evictTags('tag');

    const startedAt = performance.now();
    await cache.close();
    expect(performance.now() - startedAt).toBeLessThan(DRAIN_TIMEOUT + 500);
    expect(log.at('error')).toHaveLength(1);
    expect(log.at('error')[0]?.parameters).toMatchObject({ undelivered: 4 });
  });

  it('logs no error when there was nothing to deliver, though Redis is gone', async () => {
    const { a: cache, log } = await impatient(1).connected();
    await redis.kill();
    await cache.close();
    expect(log.at('error')).toEqual([]);
  });

  it('leaves no connection behind, and the other instances coherent', async () => {
    const { a, b } = await impatient(2).connected();
    await a.close();
    const { admin } = redis;
    await eventually(async () =>
      // The two of b and that of this test.
      expect(
        String(await admin.call('CLIENT', 'LIST'))
          .trim()
          .split('\n'),
      ).toHaveLength(3),
    );
    await untilCoherent(b);
    expect(logOf(b).at('warn')).toEqual([]);
  });
});
