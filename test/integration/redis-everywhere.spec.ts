import { describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { copies, fill } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { proxyTo, usingRedis } from '../support/redis/using-redis.js';

const TEN_MINUTES = 600_000;

describe('an eviction everywhere on Redis', () => {
  const redis = usingRedis();

  /** The server has known all members for ten minutes. */
  const aged = async (): Promise<void> => {
    const { a } = await instances(1).on(redis).connected();
    await a.close();
    const { members } = namesInRedis();
    const [run = '', since] = await redis.admin.zrangebyscore(members, '-inf', '(0', 'WITHSCORES');
    await redis.admin.zadd(members, Number(since) + TEN_MINUTES, run);
  };

  it('resolves without waiting for a lease when all instances acknowledge it', async () => {
    await aged();
    const { a, b, c } = await instances(3).on(redis).with({ maxStaleness: '10s' }).connected();
    await fill('1', 'old', a, b, c);

    const evicted = await a.region('products').evict('1', { everywhere: true });
    expect(evicted.instances).toBe(3);
    // Far below the lease: nobody was waited for until it was over.
    expect(evicted.waited).toBeLessThan(2_000);
    expect(copies('1', a, b, c)).toEqual([undefined, undefined, undefined]);
  });

  it('waits for the lease of an instance whose link is half-open, which then serves no old value', async () => {
    await aged();
    const proxy = await proxyTo(redis);
    const { a, b } = await instances(2).on(redis, proxy).with({ maxStaleness: '600ms' }).connected();
    await fill('1', 'old', a, b);
    proxy.blackhole();

    const { waited } = await a.region('products').evict('1', { everywhere: true });
    expect(copies('1', b)).toEqual([undefined]);
    expect(waited).toBeGreaterThan(600);
  });

  it('waits for a lease while the list of members is younger than ten minutes', async () => {
    const { a, b } = await instances(2).on(redis).with({ maxStaleness: '600ms' }).connected();
    await fill('1', 'old', a, b);
    const { waited } = await a.region('products').evict('1', { everywhere: true });
    expect(waited).toBeGreaterThan(600);
  });

  it('waits for a lease always where INFO is not permitted', async () => {
    await aged();
    await redis.admin.call('ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret', '~*', '&*', '+@all', '-info');
    const redisConnectionString = `redis://shop:secret@127.0.0.1:${redis.port}`;
    const { a } = await instances(1).on({ redisConnectionString }).with({ maxStaleness: '600ms' }).connected();
    expect((await a.region('products').evict('1', { everywhere: true })).waited).toBeGreaterThan(600);
  });

  it('finds an instance with its lease in the list of members until it has left', async () => {
    const both = await instances(1).on(redis).with({ maxStaleness: '10s' }).connected();
    const { a } = both;
    const b = await both.joinedBy({ regions: { prices: { whenDisconnected: 'bypass' } } });
    const { instanceId } = b.status();
    const listed = async (): Promise<string[]> => redis.admin.zrangebyscore(namesInRedis().members, 0, '+inf');
    expect(await listed()).toContain(`{"i":${JSON.stringify(instanceId)},"s":10000,"x":["prices"]}`);

    await b.close();
    expect(await listed()).toHaveLength(1);
    await a.close();
    await eventually(async () => expect(await listed()).toEqual([]));
  });
});
