import type { DistributedCache } from 'nestjs-distributed-cache';
import { InvalidKeyError } from 'nestjs-distributed-cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { HOSTILE_NAMES, HUGE_NAMES } from '../support/hostile/hostile-names.js';
import { eventually } from '../support/common/eventually.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const NAMES = [...HOSTILE_NAMES, ...HUGE_NAMES];

/** One thing that can be named: where an entry of that name is, and what evicts it. */
interface Named {
  read(cache: DistributedCache, name: string): unknown;
  load(cache: DistributedCache, name: string, value: unknown): Promise<unknown>;
  evict(cache: DistributedCache, name: string): Promise<unknown>;
}

const NAMED: Readonly<Record<string, Named>> = {
  keys: {
    read: (cache, name) => cache.region('products').getSync(name),
    load: (cache, name, value) => cache.region('products').getOrLoad(name, () => value),
    evict: (cache, name) => cache.region('products').evict(name),
  },
  'parts of a key': {
    read: (cache, name) => cache.region('products').getSync([name, name]),
    load: (cache, name, value) => cache.region('products').getOrLoad([name, name], () => value),
    evict: (cache, name) => cache.region('products').evict([name, name]),
  },
  regions: {
    read: (cache, name) => cache.region(name).getSync('1'),
    load: (cache, name, value) => cache.region(name).getOrLoad('1', () => value),
    evict: (cache, name) => cache.region(name).clear(),
  },
  tags: {
    read: (cache, name) => cache.region('tagged').getSync(NAMES.indexOf(name)),
    load: (cache, name, value) =>
      cache.region('tagged').getOrLoad(NAMES.indexOf(name), () => value, { tags: [name, 'all'] }),
    evict: (cache, name) => cache.evictTags(name),
  },
};

describe('Names that have broken software elsewhere', () => {
  const redis = usingRedis();
  let a: DistributedCache;
  let b: DistributedCache;

  beforeEach(async () => {
    ({ a, b } = await instances(2).on(redis).connected());
  });

  it('are listed once each in this test', () => {
    expect(new Set(NAMES).size).toBe(NAMES.length);
  });

  it.each(Object.entries(NAMED))(
    'work as %s: none is taken for another, and each is evicted in the other instance',
    async (_, { read, load, evict }) => {
      for (const cache of [a, b]) {
        for (const [index, name] of NAMES.entries()) await load(cache, name, `value ${index}`);
      }
      const held = (cache: DistributedCache): unknown[] => NAMES.map((name) => read(cache, name));
      const expected: (string | undefined)[] = NAMES.map((_name, index) => `value ${index}`);
      expect(held(a)).toEqual(expected);
      expect(held(b)).toEqual(expected);

      for (const [index, name] of NAMES.entries()) {
        await evict(a, name);
        expected[index] = undefined;
        await eventually(() => expect(read(b, name)).toBeUndefined());
        expect(held(b)).toEqual(expected);
      }
      expect(held(a)).toEqual(expected);
      expect(b.stats().bridge).toMatchObject({ malformed: 0, gaps: 0, missed: 0, flushes: 1 });
    },
  );

  it('are evicted correctly when they share messages of a hundred targets', async () => {
    for (const cache of [a, b]) for (const name of NAMES) await NAMED['keys']?.load(cache, name, 'one');
    await b.region('products').getOrLoad('untouched', () => 'one');
    await Promise.all([
      a.region('products').evictMany(NAMES),
      a.evictTags(NAMES),
      ...NAMES.map((name) => a.region(name).clear()),
    ]);
    await eventually(() => expect(NAMES.filter((name) => b.region('products').getSync(name) === 'one')).toEqual([]));
    expect(b.region('products').getSync('untouched')).toBe('one');
    expect(b.stats().bridge).toMatchObject({ malformed: 0, gaps: 0, flushes: 1 });
  });

  it('are own properties of stats().regions and change no prototype', async () => {
    for (const name of HOSTILE_NAMES) await a.region(name).getOrLoad(name, () => 'one', { tags: [name] });
    const { regions } = a.stats();
    expect(Object.keys(regions)).toHaveLength(HOSTILE_NAMES.length);
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(Object.getOwnPropertyDescriptor(regions, name)?.value).toMatchObject({ entries: 1, loads: 1 });
    }
    expect(Object.getPrototypeOf(regions)).toBe(Object.prototype);
    expect(JSON.parse(JSON.stringify(regions))).toEqual(regions);
    expect(
      Reflect.ownKeys(Object.prototype).filter((key) => ['entries', 'loads', 'ttl'].includes(String(key))),
    ).toEqual([]);
  });

  it.each(['', ...[undefined, null, 7, {}].map(String)])('work as a key, also %j', async (name) => {
    for (const cache of [a, b]) await cache.region('products').getOrLoad(name, () => 'one');
    await a.region('products').evict(name);
    await eventually(() => expect(b.region('products').getSync(name)).toBeUndefined());
  });

  it('are refused when they are empty, as a region, a tag or a list of key parts', async () => {
    expect(() => a.region('')).toThrow(InvalidKeyError);
    await expect(a.evictTags('')).rejects.toThrow(InvalidKeyError);
    await expect(a.region('products').evict([])).rejects.toThrow(InvalidKeyError);
  });
});

describe('The option regions, given by a configuration file,', () => {
  it.each(['__proto__', 'constructor', 'toString', '\ud800', '\0hash:', 'x'.repeat(1 << 20)])(
    'has settings for a region of a name that has broken software elsewhere (%#)',
    async (name) => {
      // As a configuration file gives it: an own property, whatever its name.
      const regions = Object.fromEntries([[name, { maxEntries: 1 }]]);
      const { a: cache } = instances(1).with({ regions }).local();
      for (const key of [1, 2, 3]) {
        await cache.region(name).getOrLoad(key, () => 'one');
        await cache.region('other').getOrLoad(key, () => 'one');
      }
      const entries = Object.values(cache.stats().regions).map((region) => region.entries);
      expect(entries).toEqual([1, 3]);
    },
  );
});
