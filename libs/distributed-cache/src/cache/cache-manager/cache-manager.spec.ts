import type { Cache } from 'cache-manager';
import { describe, expect, it } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';

async function cached(size = 2): Promise<InstancesInMemory & { readonly managers: readonly Cache[] }> {
  const shop = await instances(size).connected();
  return Object.assign(shop, { managers: shop.all.map(({ cacheManager }) => cacheManager) });
}

/** What each instance holds under `key`. */
async function heldBy({ managers, clock }: Awaited<ReturnType<typeof cached>>, key: string): Promise<unknown[]> {
  await clock.advance(0);
  return Promise.all(managers.map((manager) => manager.get(key)));
}

describe('get and set of the cache-manager Cache', () => {
  it('are local: an update through set is not published', async () => {
    const both = await cached();
    await both.a.cacheManager.set('k', 'mine');
    expect(await heldBy(both, 'k')).toEqual(['mine', undefined]);
    await both.b.cacheManager.set('k', 'theirs');
    expect(await heldBy(both, 'k')).toEqual(['mine', 'theirs']);
    expect(both.a.stats().bridge.published).toBe(0);
  });

  it("work on region 'default'", async () => {
    const { a } = await cached();
    await a.cacheManager.set('k', 'value');
    expect(a.region('default').getSync('k')).toBe('value');
    await a.region('default').set('k', 'newer');
    await expect(a.cacheManager.get('k')).resolves.toBe('newer');
    expect(a.cacheManager).toBe(a.cacheManager);
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['false', false],
    ['0', 0],
    ['an empty text', ''],
    ['an object with a value of its own', { value: 1, expires: 0 }],
    ['a Map', new Map([['a', 1]])],
  ])('keep %s unchanged', async (_, value) => {
    const { a } = await cached();
    await a.cacheManager.set('k', value);
    await expect(a.cacheManager.get('k')).resolves.toBe(value);
  });

  it('give undefined on a miss', async () => {
    const { a } = await cached();
    await expect(a.cacheManager.get('k')).resolves.toBeUndefined();
    await expect(a.cacheManager.mget(['k', 'l'])).resolves.toEqual([undefined, undefined]);
  });

  it('have forms for many keys, mget and mset', async () => {
    const { a } = await cached();
    await a.cacheManager.mset([
      { key: 'k', value: 1 },
      { key: 'l', value: 2 },
    ]);
    await expect(a.cacheManager.mget(['l', 'k', 'm'])).resolves.toEqual([2, 1, undefined]);
  });
});

describe('a time to live in cache-manager', () => {
  it("is the call's in ms, else the region's", async () => {
    const { a, clock } = await cached();
    await a.cacheManager.set('short', 1, 1_000);
    await a.cacheManager.set('default', 1);
    await clock.advance('1s');
    await expect(a.cacheManager.get('short')).resolves.toBeUndefined();
    await expect(a.cacheManager.get('default')).resolves.toBe(1);
    await clock.advance('5m');
    await expect(a.cacheManager.get('default')).resolves.toBeUndefined();
  });

  it('of 0 is our Infinity, in set, mset and wrap', async () => {
    const { a, clock } = await cached(1);
    await a.cacheManager.set('set', 1, 0);
    await a.cacheManager.mset([{ key: 'mset', value: 1, ttl: 0 }]);
    await a.cacheManager.wrap('wrap', () => 1, 0);
    await a.cacheManager.wrap('wrap with options', () => 1, { ttl: 0 });
    await clock.advance('10m');
    const keys = ['set', 'mset', 'wrap', 'wrap with options'];
    await expect(a.cacheManager.mget(keys)).resolves.toEqual([1, 1, 1, 1]);
  });

  it('may be computed from the value in wrap', async () => {
    const { a, clock } = await cached();
    await a.cacheManager.wrap(
      'k',
      () => 3,
      (value: number) => value * 1_000,
    );
    await clock.advance(2_999);
    await expect(a.cacheManager.get('k')).resolves.toBe(3);
    await clock.advance(1);
    await expect(a.cacheManager.get('k')).resolves.toBeUndefined();
  });

  it('that is over publishes nothing: the other instances keep their entries', async () => {
    const both = await cached();
    await both.a.cacheManager.set('k', 1, 10);
    await both.b.cacheManager.set('k', 1, 60_000);
    await both.clock.advance('1s');
    expect(await heldBy(both, 'k')).toEqual([undefined, 1]);
    expect(both.a.stats().bridge.published).toBe(0);
  });
});

describe('del, mdel and clear of the cache-manager Cache', () => {
  it.each<[string, (manager: Cache) => Promise<unknown>, unknown[]]>([
    ['del', (manager) => manager.del('k'), [undefined, undefined]],
    ['mdel', (manager) => manager.mdel(['other', 'k']), [undefined, undefined]],
    ['clear', (manager) => manager.clear(), [undefined, undefined]],
    ['del of another key', (manager) => manager.del('other'), [1, 1]],
  ])('reach every instance (%s)', async (_, remove, left) => {
    const both = await cached();
    for (const manager of both.managers) await manager.set('k', 1);
    await remove(both.a.cacheManager);
    expect(await heldBy(both, 'k')).toEqual(left);
  });

  it('leave the other regions (clear)', async () => {
    const { a } = await cached();
    await a.region('products').getOrLoad('1', () => 'kept');
    await a.cacheManager.clear();
    expect(a.region('products').getSync('1')).toBe('kept');
  });

  it("reject with onUndelivered: 'throw' when the eviction is not delivered", async () => {
    const { a, bridge, clock } = await instances(1).with({ onUndelivered: 'throw' }).connected();
    bridge.cut(a);
    await clock.advance(0);
    await expect(a.cacheManager.del('k')).rejects.toThrow('is not confirmed');
    await expect(a.cacheManager.mdel(['k'])).rejects.toThrow('is not confirmed');
    await expect(a.cacheManager.clear()).rejects.toThrow('is not confirmed');
  });
});

describe('wrap of the cache-manager Cache', () => {
  it('loads once for concurrent callers', async () => {
    const { a } = await cached();
    const asked = deferred<string>();
    let loads = 0;
    const load = (): Promise<string> => {
      loads += 1;
      return asked.promise;
    };
    const readers = [a.cacheManager.wrap('k', load), a.cacheManager.wrap('k', load)];
    asked.resolve('loaded');
    await expect(Promise.all(readers)).resolves.toEqual(['loaded', 'loaded']);
    expect(loads).toBe(1);
  });

  it('does not store a value whose key is evicted while it loads', async () => {
    const both = await cached();
    const asked = deferred<string>();
    const reader = both.a.cacheManager.wrap('k', () => asked.promise);
    await both.b.cacheManager.del('k');
    await both.clock.advance(0);
    asked.resolve('overtaken');
    await expect(reader).resolves.toBe('overtaken');
    expect(await heldBy(both, 'k')).toEqual([undefined, undefined]);
  });

  it('caches null, and no failure', async () => {
    const { a } = await cached();
    await expect(a.cacheManager.wrap('k', () => null)).resolves.toBeNull();
    await expect(a.cacheManager.wrap('k', () => expect.unreachable())).resolves.toBeNull();
    await expect(a.cacheManager.wrap('l', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await expect(a.cacheManager.wrap('l', () => 'back')).resolves.toBe('back');
  });

  it('gives the stored form with raw: true', async () => {
    const { a } = await cached();
    const raw = await a.cacheManager.wrap('k', () => 'value', { raw: true });
    expect(raw).toMatchObject({ value: 'value', expires: expect.any(Number) });
  });
});

describe('the local store behind the cache-manager Cache', () => {
  it('has the interface of a Keyv store', async () => {
    const { a } = await cached();
    const [keyv] = a.cacheManager.stores;
    await keyv?.set('k', 1);
    await expect(keyv?.has('k')).resolves.toBe(true);
    await expect(keyv?.delete('k')).resolves.toBe(true);
    await expect(keyv?.has('k')).resolves.toBe(false);
  });

  it('serves nothing beyond the lease', async () => {
    const { a, bridge, clock } = await cached();
    await a.cacheManager.set('k', 1);
    bridge.cut(a);
    await clock.advance('21s');
    await expect(a.cacheManager.get('k')).resolves.toBeUndefined();
  });
});
