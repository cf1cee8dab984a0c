import { leaseAgeOf } from '../support/instances/lease-age.js';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { encodeInvalidation } from 'nestjs-distributed-cache/redis';
import { RedisLink } from '../../libs/distributed-cache/src/redis/link/redis-link.js';
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

  it('is acknowledged only to the instance that asked, however many have asked before', async () => {
    await aged();
    const { all, a } = await instances(4).on(redis).with({ maxStaleness: '10s' }).connected();
    for (const cache of all) await cache.region('products').evict('1', { everywhere: true });
    const monitor = await redis.client().monitor();
    onTestFinished(() => monitor.disconnect());
    const channels: string[] = [];
    monitor.on('monitor', (_time, [command = '', channel = '']: string[]) => {
      if (command === 'publish') channels.push(channel);
    });
    await a.region('products').evict('2', { everywhere: true });
    const ofAcks = (): string[] => channels.filter((channel) => channel.startsWith(namesInRedis().acks));
    await eventually(() => expect(ofAcks()).toHaveLength(3));
    const acks = ofAcks();
    expect(new Set(acks).size).toBe(1);
    expect(await redis.admin.pubsub('NUMSUB', acks[0] ?? '')).toEqual([acks[0], 1]);
  });

  it('hears the acknowledgement of an older version, which sends all of them to one channel', async () => {
    await aged();
    const { a, b } = await instances(2).on(redis).with({ maxStaleness: '10s' }).connected();
    const acknowledge = vi.spyOn(RedisLink.prototype, 'acknowledge').mockImplementation(async (token) => {
      await redis.admin.publish(namesInRedis().acks, `${token} ${b.status().instanceId}`);
    });
    onTestFinished(() => acknowledge.mockRestore());
    const { instances: count, waited } = await a.region('products').evict('1', { everywhere: true });
    expect(count).toBe(2);
    expect(waited).toBeLessThan(2_000);
  });

  it('of an older version is acknowledged on the channel to which that listens', async () => {
    const { a } = await instances(1).on(redis).connected();
    const older = redis.client();
    const heard: string[] = [];
    older.on('message', (_, text) => heard.push(text));
    await older.subscribe(namesInRedis().acks);
    const token = '3f0c8a52-6d1b-4c0e-9f5e-0d8f1c2b3a49';
    await redis.admin.publish(
      namesInRedis().channel,
      encodeInvalidation('older', [{ kind: 'key', region: 'products', key: '1' }], token),
    );
    await eventually(() => expect(heard).toEqual([`${token} ${a.status().instanceId}`]));
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
