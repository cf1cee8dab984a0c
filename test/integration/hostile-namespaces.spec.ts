import { InvalidOptionsError } from 'nestjs-distributed-cache';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  copies,
  eventually,
  fill,
  RedisCaches,
  untilDropped,
  type CacheOnRedis,
} from '../support/instances/redis-caches.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

/** Beginnings of each other, patterns that match each other, and what looks like the names that another has in Redis. */
const NAMESPACES = [
  ...'shop sho shop: shop:1 shop:1:log shop* sho? sho[op] [shop] * ? ^shop shop\\ \\shop SHOP shop:log shop:invalidations'.split(
    ' ',
  ),
  '__proto__',
  'constructor',
  '*:invalidations',
  'shop\u0301',
  '(shop)',
  '%7Bshop%7D',
  '💶',
];

/** What other applications keep beside ours. */
const FOREIGN = [
  'shop',
  'shop:log',
  '{shop',
  'shop}',
  '{shop}',
  '{shop}:',
  '{shop}:logs',
  '{shop}:log:1',
  '{*}:log:1',
  '{sho',
];

describe('Namespaces that look like one another, on one Redis', () => {
  let redis: RedisServer;
  let applications: (readonly [CacheOnRedis, CacheOnRedis])[];
  const caches = new RedisCaches();

  beforeAll(async () => {
    redis = await startRedisServer();
    const connect = (namespace: string): Promise<CacheOnRedis> =>
      caches.connect({ redisConnectionString: redis.connectionString, namespace });
    applications = await Promise.all(
      NAMESPACES.map(async (namespace) => [await connect(namespace), await connect(namespace)] as const),
    );
  });
  afterAll(async () => {
    await caches.closeAll();
    await redis.stop();
  });

  it('never hear each other, whatever one of them evicts', async () => {
    const all = applications.flat().map(({ cache }) => cache);
    for (const [index, [here, there]] of applications.entries()) {
      await Promise.all(['1', '2', '3', '4'].map((key) => fill(key, NAMESPACES[index], ...all)));
      await here.cache.region('products').evict('1');
      await here.cache.evictTags('all');
      await here.cache.region('prices').clear();
      await untilDropped('1', there.cache);
      await here.cache.clear();
      await untilDropped('2', there.cache);

      const others = all.filter((cache) => cache !== here.cache && cache !== there.cache);
      for (const key of ['1', '2', '3', '4'])
        expect(copies(key, ...others)).toEqual(others.map(() => NAMESPACES[index]));
      await others[0]?.clear();
      for (const cache of all) await cache.clear();
      await eventually(() =>
        expect(
          copies('1', ...all)
            .concat(copies('4', ...all))
            .filter(Boolean),
        ).toEqual([]),
      );
    }
    for (const cache of all)
      expect(cache.stats().bridge).toMatchObject({ malformed: 0, gaps: 0, missed: 0, flushes: 1 });
  });

  it('leave what is not theirs as it is, also when they are cleared and shut down', async () => {
    const client = redis.client();
    for (const key of FOREIGN) await client.set(key, 'theirs');
    const logs = (): Promise<number[]> => Promise.all(NAMESPACES.map((namespace) => client.xlen(`{${namespace}}:log`)));
    const before = await logs();

    const [[shop] = []] = applications;
    await shop?.cache.clear();
    const after = await logs();
    expect(after.map((length, index) => length - (before[index] ?? 0))).toEqual(
      NAMESPACES.map((_, index) => Number(index === 0)),
    );

    await caches.closeAll();
    expect(await client.mget(FOREIGN)).toEqual(FOREIGN.map(() => 'theirs'));
    const ours = NAMESPACES.flatMap((namespace) => [`{${namespace}}:log`, `{${namespace}}:members`]);
    const others = (await client.keys('*')).filter((key) => !ours.includes(key));
    expect(new Set(others)).toEqual(new Set(FOREIGN));
  });
});

describe('A namespace', () => {
  const caches = new RedisCaches();
  afterEach(() => caches.closeAll());

  it.each(['', ' ', 'a b', 'a\tb', 'a\0', '{', '}', '{shop}', 'a{b', 'shop}:log', '\ud800', 'x'.repeat(201)])(
    'that could be taken for another is refused: %j',
    (namespace) => {
      expect(() => caches.start({ redisConnectionString: '', namespace })).toThrow(InvalidOptionsError);
    },
  );
});
