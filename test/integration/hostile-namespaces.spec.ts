import { InvalidOptionsError } from 'nestjs-distributed-cache';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilDropped } from '../support/instances/copies.js';
import { instances, type Instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

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

describe('Namespaces that resemble each other on one Redis', () => {
  const redis = usingRedis();
  let applications: Instances[];

  const closeAll = (): Promise<unknown> => Promise.all(applications.map((application) => application.close()));

  beforeAll(async () => {
    const pairs = NAMESPACES.map((namespace) => instances(2).on(redis).with({ namespace }).connected());
    applications = await Promise.all(pairs);
    return closeAll;
  });

  it('receive no eviction of another namespace', async () => {
    const all = applications.flatMap((application) => application.all);
    for (const [index, { a: here, b: there }] of applications.entries()) {
      await Promise.all(['1', '2', '3', '4'].map((key) => fill(key, NAMESPACES[index], ...all)));
      await here.region('products').evict('1');
      await here.evictTags('all');
      await here.region('prices').clear();
      await untilDropped('1', there);
      await here.clear();
      await untilDropped('2', there);

      const others = all.filter((cache) => cache !== here && cache !== there);
      for (const key of ['1', '2', '3', '4'])
        expect(copies(key, ...others)).toEqual(others.map(() => NAMESPACES[index]));
      await others[0]?.clear();
      for (const cache of all) await cache.clear();
      // An eviction that a peer receives later would drop what the next round stores.
      await eventually(() => {
        for (const { a, b } of applications) {
          expect(a.stats().bridge.received).toBe(b.stats().bridge.published);
          expect(b.stats().bridge.received).toBe(a.stats().bridge.published);
        }
      });
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

  it('leave foreign keys in Redis unchanged, also when they are cleared and shut down', async () => {
    const client = redis.admin;
    for (const key of FOREIGN) await client.set(key, 'theirs');
    const logs = (): Promise<number[]> => Promise.all(NAMESPACES.map((namespace) => client.xlen(`{${namespace}}:log`)));
    const before = await logs();

    const [shop] = applications;
    await shop?.a.clear();
    const after = await logs();
    expect(after.map((length, index) => length - (before[index] ?? 0))).toEqual(
      NAMESPACES.map((_, index) => Number(index === 0)),
    );

    await closeAll();
    expect(await client.mget(FOREIGN)).toEqual(FOREIGN.map(() => 'theirs'));
    const ours = NAMESPACES.flatMap((namespace) => [`{${namespace}}:log`, `{${namespace}}:members`]);
    const others = (await client.keys('*')).filter((key) => !ours.includes(key));
    expect(new Set(others)).toEqual(new Set(FOREIGN));
  });
});

describe('A namespace', () => {
  it.each(['', ' ', 'a b', 'a\tb', 'a\0', '{', '}', '{shop}', 'a{b', 'shop}:log', '\ud800', 'x'.repeat(201)])(
    'is refused when it could be taken for another: %j',
    (namespace) => {
      expect(() => instances(1).with({ namespace }).local()).toThrow(InvalidOptionsError);
    },
  );
});
