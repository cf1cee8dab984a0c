import type { DistributedCacheOptions } from 'nestjs-distributed-cache';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { copies, fill, RedisCaches, untilDropped } from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

describe('applications that share one Redis', () => {
  let redis: RedisServer;
  const caches = new RedisCaches();

  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.stop());
  afterEach(() => caches.closeAll());

  const connect = (options: DistributedCacheOptions) =>
    caches.connect({ redisConnectionString: redis.connectionString, ...options });

  it.each([
    ['namespaces', { namespace: 'shop' }, { namespace: 'blog' }],
    ['namespaces, one the beginning of the other', { namespace: 'shop' }, { namespace: 'shop:test' }],
    [
      'prefixes of the connection string',
      { redisConnectionString: ',channelPrefix=live:' },
      { redisConnectionString: ',channelPrefix=test:' },
    ],
    [
      'namespaces that another prefix could imitate',
      { namespace: 'shop', redisConnectionString: ',channelPrefix={x}' },
      { namespace: 'x', redisConnectionString: ',channelPrefix=' },
    ],
  ])('by their %s never touch each other', async (_, theirs, ours) => {
    const server = redis.connectionString.replace('redis://', '');
    const at = ({
      redisConnectionString = '',
      ...options
    }: {
      namespace?: string;
      redisConnectionString?: string;
    }) => ({
      ...options,
      redisConnectionString: `${server}${redisConnectionString}`,
    });
    const [a, b, other] = await Promise.all([connect(at(ours)), connect(at(ours)), connect(at(theirs))]);
    await fill('1', 'one', a.cache, b.cache, other.cache);
    await fill('2', 'two', a.cache, b.cache, other.cache);

    await other.cache.region('products').evict('1');
    await other.cache.clear();
    await a.cache.region('products').evict('2');
    await untilDropped('2', a.cache, b.cache);

    expect(copies('1', a.cache, b.cache)).toEqual(['one', 'one']);
    expect(b.cache.stats().bridge).toMatchObject({ received: 1, malformed: 0, gaps: 0, flushes: 1 });
    expect(other.cache.stats().bridge).toMatchObject({ received: 0, malformed: 0, gaps: 0, flushes: 1 });
  });

  it('keep their own keys when a cache is cleared', async () => {
    const client = redis.client();
    await client.flushall();
    await client.mset({
      theirs: '1',
      'distributed-cache:theirs': '2',
      '{distributed-cache}:theirs': '3',
      '{shop}:log': '4',
    });
    const [a, b] = await Promise.all([connect({}), connect({})]);
    await fill('1', 'one', a.cache, b.cache);

    await a.cache.clear();
    await untilDropped('1', b.cache);
    expect(await client.mget('theirs', 'distributed-cache:theirs', '{distributed-cache}:theirs', '{shop}:log')).toEqual(
      ['1', '2', '3', '4'],
    );
    expect((await client.keys('*')).length).toBe(6);
  });

  it('find no value of another in Redis', async () => {
    const { cache } = await connect({});
    const client = redis.client();
    await cache.region('products').set('1', { secret: 'a cached value' });
    await cache.region('products').update('2', async () => 'a cached value');
    expect(JSON.stringify(await client.xrange('{distributed-cache}:log', '-', '+'))).not.toContain('a cached value');
  });
});
