import { describe, expect, it } from 'vitest';
import { copies, fill, untilDropped } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { usingRedis } from '../support/redis/using-redis.js';

describe('applications that share one Redis', () => {
  const redis = usingRedis();

  it.each([
    ['namespaces', { namespace: 'shop' }, { namespace: 'blog' }],
    ['namespaces, one the beginning of the other', { namespace: 'shop' }, { namespace: 'shop:test' }],
    ['prefixes of the connection string', { suffix: ',channelPrefix=live:' }, { suffix: ',channelPrefix=test:' }],
    [
      'namespaces that another prefix could imitate',
      { namespace: 'shop', suffix: ',channelPrefix={x}' },
      { namespace: 'x', suffix: ',channelPrefix=' },
    ],
  ])("and differ in their %s never receive each other's evictions", async (_, theirs, ours) => {
    const started = (count: number, { namespace, suffix = '' }: { namespace?: string; suffix?: string }) =>
      instances(count)
        .on({ redisConnectionString: `127.0.0.1:${redis.port}${suffix}` })
        .with({ namespace })
        .connected();
    const [{ a, b }, { a: other }] = await Promise.all([started(2, ours), started(1, theirs)]);
    await fill('1', 'one', a, b, other);
    await fill('2', 'two', a, b, other);

    await other.region('products').evict('1');
    await other.clear();
    await a.region('products').evict('2');
    await untilDropped('2', a, b);

    expect(copies('1', a, b)).toEqual(['one', 'one']);
    expect(b.stats().bridge).toMatchObject({ received: 1, malformed: 0, gaps: 0, flushes: 1 });
    expect(other.stats().bridge).toMatchObject({ received: 0, malformed: 0, gaps: 0, flushes: 1 });
  });

  it('keep their other keys when a cache is cleared', async () => {
    const client = redis.admin;
    await client.flushall();
    await client.mset({
      theirs: '1',
      'distributed-cache:theirs': '2',
      '{distributed-cache}:theirs': '3',
      '{shop}:log': '4',
    });
    const { a, b } = await instances(2).on(redis).with({ namespace: 'distributed-cache' }).connected();
    await fill('1', 'one', a, b);

    await a.clear();
    await untilDropped('1', b);
    expect(await client.mget('theirs', 'distributed-cache:theirs', '{distributed-cache}:theirs', '{shop}:log')).toEqual(
      ['1', '2', '3', '4'],
    );
    expect((await client.keys('*')).length).toBe(6);
  });

  it('store no cached value in Redis', async () => {
    const { a } = await instances(1).on(redis).connected();
    await a.region('products').set('1', { secret: 'a cached value' });
    await a.region('products').update('2', async () => 'a cached value');
    expect(JSON.stringify(await redis.admin.xrange(namesInRedis().log, '-', '+'))).not.toContain('a cached value');
  });
});
