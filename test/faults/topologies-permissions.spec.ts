import { beforeAll, describe, expect, it } from 'vitest';
import { sentinelAclRule } from 'nestjs-distributed-cache/redis';
import { eventually } from '../support/common/eventually.js';
import { reachEachOther } from '../support/instances/evictions.js';
import { instances, type Instances } from '../support/instances/instances.js';
import { RedisCluster } from '../support/redis/redis-cluster.js';
import {
  COMMANDS,
  EVERYWHERE,
  INFO,
  KEYS_AND_CHANNEL,
  OF_SENTINELS,
  QUIET,
} from '../support/redis/redis-permissions.js';
import { WatchedRedis } from '../support/redis/redis-sentinel.js';

const ALL = [...KEYS_AND_CHANNEL, ...COMMANDS, ...EVERYWHERE, INFO, ...QUIET];
const USER = ['ACL', 'SETUSER', 'shop', 'reset', 'on', '>secret'];

/** Instances that log in as the user, in the namespace to which its rules refer. */
const asUser = (count: number, { connectionString }: { readonly connectionString: string }): Instances =>
  instances(count)
    .on({ redisConnectionString: `${connectionString},user=shop,password=secret` })
    .with({ namespace: 'shop' });

describe('an instance in a Redis Cluster with only the documented permissions', () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
    return () => cluster.stop();
  });

  it('is coherent, also when the slot has moved to another primary', async () => {
    await cluster.onEvery(...USER, ...ALL);
    const { a, b, log } = await asUser(2, cluster).connected();
    expect(await reachEachOther(a, b)).toBe(true);

    const slot = await cluster.slotOf('shop');
    const [from, to] = [await cluster.ownerOf(slot), await cluster.otherThan(slot)];
    await cluster.beginMove(slot, from, to);
    await cluster.finishMove(slot, from, to);
    await a.region('products').evict('1');
    await eventually(() => expect(a.stats().bridge.reconnects).toBe(1));
    expect(await reachEachOther(a, b)).toBe(true);
    expect(log.at('error')).toEqual([]);
  });

  it.each([...KEYS_AND_CHANNEL, ...COMMANDS])('logs one error when it lacks %s', async (missing) => {
    await cluster.onEvery('SCRIPT', 'FLUSH');
    await cluster.onEvery(...USER, ...ALL.filter((rule) => rule !== missing));
    const { a, log } = asUser(1, cluster).with({ publishTimeout: 0, drainTimeout: 0 }).started();

    await a.firstSync(1).catch(() => undefined);
    await a.region('products').evict('1');
    // Its first sync asks where the log goes on from; only one after that reads the log from there.
    if (missing === '+xrange') await cluster.onEvery('CLIENT', 'KILL', 'USER', 'shop');

    await eventually(() => expect(log.at('error')).toHaveLength(1));
    expect(JSON.stringify(log.at('error'))).toMatch(/NOPERM|can't run this command|ACL failure in script/);
  });
});

describe('an instance behind sentinels with only the documented permissions', () => {
  let redis: WatchedRedis;
  beforeAll(async () => {
    redis = await WatchedRedis.start();
    const [command = '', ...user] = USER;
    await redis.primary.admin.call(command, ...user, ...ALL);
    return () => redis.stop();
  });

  const allow = async (...rules: string[]): Promise<void> => {
    for (const { client } of redis.sentinels) {
      await client.call('ACL', 'SETUSER', 'watcher', 'reset', 'on', '>another', ...rules);
    }
  };

  /** Those of the server would be kept from sentinels that need none. */
  const asUserAtBoth = (count: number): Instances =>
    asUser(count, { connectionString: `${redis.connectionString},sentinelUser=watcher,sentinelPassword=another` });

  it('is coherent', async () => {
    await allow(...OF_SENTINELS);
    const { a, b, log } = await asUserAtBoth(2).connected();
    expect(await reachEachOther(a, b)).toBe(true);
    expect(log.at('error')).toEqual([]);
  });

  it('leaves no entry in ACL LOG of the sentinels', async () => {
    await allow(...sentinelAclRule().split(' '));
    for (const { client } of redis.sentinels) await client.call('ACL', 'LOG', 'RESET');
    await asUserAtBoth(1).connected();
    for (const { client } of redis.sentinels) expect(await client.call('ACL', 'LOG')).toEqual([]);
  });

  it.each(OF_SENTINELS)('logs one error when it lacks %s', async (missing) => {
    await allow(...OF_SENTINELS.filter((rule) => rule !== missing));
    const { a, log } = asUserAtBoth(1).started();
    await expect(a.firstSync(2)).rejects.toThrow(/no sentinel names the primary of 'main'.*NOPERM/);
    expect(log.at('error')).toHaveLength(1);
  });
});
