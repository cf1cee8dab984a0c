import { leaseAgeOf } from '../support/instances/lease-age.js';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { copies, fill } from '../support/instances/copies.js';
import { instances, logOf } from '../support/instances/instances.js';
import { ageMemberList, listedUntil, setClockOfList, settingsOnList } from '../support/redis/member-list.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { proxyTo, usingRedis } from '../support/redis/using-redis.js';

const MINUTE = 60_000;

describe('an eviction everywhere on Redis', () => {
  const redis = usingRedis();

  /** The server has known all members for a day. */
  const aged = async (): Promise<void> => {
    const { a } = await instances(1).on(redis).with({ maxStaleness: '600ms' }).connected();
    await a.close();
    await ageMemberList(redis.admin, namesInRedis().members);
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

  it.each([11 * MINUTE, -11 * MINUTE])(
    'waits for every instance when the clock of the server is set by %d ms',
    async (by) => {
      await aged();
      const proxy = await proxyTo(redis);
      const { a, b } = await instances(2).on(redis, proxy).with({ maxStaleness: '600ms' }).connected();
      await fill('1', 'old', a, b);
      proxy.blackhole();
      await setClockOfList(redis.admin, namesInRedis().members, by);

      const { waited, instances: count } = await a.region('products').evict('1', { everywhere: true });
      expect(copies('1', b)).toEqual([undefined]);
      expect(waited).toBeGreaterThan(600);
      expect(count).toBe(2);
    },
  );

  it('waits by settings that an instance remembers when the list was lost, and the others learn them', async () => {
    const { members } = namesInRedis();
    const both = await instances(1).on(redis).with({ maxStaleness: '300ms' }).connected();
    const { a } = both;
    const b = await both.joinedBy({ maxStaleness: '700ms', whenDisconnected: 'bypass' });
    const settings = ['{"s":300}', '{"s":700,"b":1}'];
    const syncs = leaseAgeOf(a);
    await eventually(() => expect(a.status().leaseAge).toBeLessThan(syncs));
    expect(await settingsOnList(redis.admin, members)).toEqual(settings);
    await b.close();
    await redis.admin.del(members);

    const c = await both.joinedBy();
    await eventually(async () => expect(await settingsOnList(redis.admin, members)).toEqual(settings));
    for (const each of [a, c]) {
      const evicted = await each.region('products').evict('1', { everywhere: { timeout: '5s' } });
      expect(evicted.waited).toBeGreaterThan(300);
    }
  });

  it('keeps an instance listed for its maxStaleness, for ten minutes at the least, and with Infinity for ever', async () => {
    const { members } = namesInRedis();
    const all = await instances(1).on(redis).with({ maxStaleness: '10s' }).connected();
    const b = await all.joinedBy({ maxStaleness: '1h' });
    const c = await all.joinedBy({ maxStaleness: Infinity });
    const [time = 0] = await redis.admin.time();
    const stays = await Promise.all(
      [all.a, b, c].map(async (each) => {
        const listed = [...(await listedUntil(redis.admin, members))];
        const until = listed.find(([member]) => member.includes(each.status().instanceId))?.[1] ?? 0;
        return Math.round((until - time * 1_000) / MINUTE);
      }),
    );
    expect(stays).toEqual([10, 60, Infinity]);
    const evicted = all.a.region('products').evict('1', { everywhere: { timeout: '100ms' } });
    await expect(evicted).rejects.toMatchObject({ missing: [] });
  });

  it('forgets who has not synced for its time, and settings too, when another instance syncs', async () => {
    const { members } = namesInRedis();
    const gone = ['{"i":"gone","s":10000}', '{"s":10000}'];
    const [time = 0] = await redis.admin.time();
    await redis.admin.zadd(members, time * 1_000 - MINUTE, gone[0] ?? '', -(time * 1_000 - MINUTE), gone[1] ?? '');
    await instances(1).on(redis).with({ maxStaleness: '300ms' }).connected();
    expect([...(await listedUntil(redis.admin, members)).keys()]).toHaveLength(1);
    expect(await settingsOnList(redis.admin, members)).toEqual(['{"s":300}']);
  });

  it('tells an instance at its first sync that another has other settings', async () => {
    const both = await instances(1).on(redis).with({ maxStaleness: '10s' }).connected();
    const b = await both.joinedBy({ maxStaleness: '1h', whenDisconnected: 'bypass' });
    const told = logOf(b).at('warn');
    expect(told).toHaveLength(1);
    expect(told[0]?.message).toContain('other settings');
    expect(JSON.stringify(told)).toContain(both.a.status().instanceId);
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
