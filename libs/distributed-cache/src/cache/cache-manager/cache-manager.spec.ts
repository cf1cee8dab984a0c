import type { Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { InvalidOptionsError } from '../../errors.js';
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

  it.each<[string, unknown]>([
    ['a text without a unit', '10'],
    ['another text', 'soon'],
    ['NaN', Number.NaN],
  ])('that is %s is refused by set, mset and wrap, before anything is loaded', async (_, ttl) => {
    const { a } = await cached(1);
    const { cacheManager } = a;
    const wrong = unsafeCast<number>(ttl);
    let loads = 0;
    for (const [method, refused] of [
      ['set', () => cacheManager.set('k', 1, wrong)],
      ['mset', () => cacheManager.mset([{ key: 'k', value: 1, ttl: wrong }])],
      ['wrap', () => cacheManager.wrap('k', () => (loads += 1), wrong)],
    ] as const) {
      const refusal = refused();
      await expect(refusal).rejects.toThrow(InvalidOptionsError);
      await expect(refusal).rejects.toThrow(
        new RegExp(`^cacheManager\\.${method}: ttl: .* (is not a duration|has no unit)`),
      );
    }
    expect(loads).toBe(0);
    await expect(cacheManager.get('k')).resolves.toBeUndefined();
  });

  it("that is null is the region's, and one that is computed may be undefined", async () => {
    const { a, clock } = await cached(1);
    const { cacheManager } = a;
    const none = unsafeCast<number>(null);
    await cacheManager.set('set', 1, none);
    await cacheManager.mset([{ key: 'mset', value: 1, ttl: none }]);
    await cacheManager.wrap('wrap', () => 1, none);
    await cacheManager.wrap(
      'computed',
      () => 1,
      unsafeCast<() => number>(() => undefined),
    );
    const keys = ['set', 'mset', 'wrap', 'computed'];
    await clock.advance('4m');
    await expect(cacheManager.mget(keys)).resolves.toEqual([1, 1, 1, 1]);
    await clock.advance('1m');
    await expect(cacheManager.mget(keys)).resolves.toEqual([undefined, undefined, undefined, undefined]);
  });

  it('that is less than 0 means that the value has expired already', async () => {
    const { a } = await cached(1);
    await a.cacheManager.set('k', 'old');
    await a.cacheManager.set('k', 'new', -1);
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

  it('lists the keys that this instance holds, with their values', async () => {
    const { a, b } = await cached();
    await a.cacheManager.set('k', 1);
    await a.cacheManager.set('l', 2);
    await b.cacheManager.set('m', 3);
    const listed: unknown[] = [];
    for await (const entry of a.cacheManager.stores[0]?.iterator?.({}) ?? []) listed.push(entry);
    expect(listed).toEqual([
      ['k', 1],
      ['l', 2],
    ]);
  });

  it('clears a namespace in every instance, and leaves the others', async () => {
    const { a, b, clock } = await cached();
    const keyvOf = (cache: typeof a, namespace: string): Keyv => {
      const keyv = new Keyv({ store: cache.cacheManager.stores[0]?.store, namespace });
      keyv.serialize = undefined;
      keyv.deserialize = undefined;
      return keyv;
    };
    for (const cache of [a, b])
      for (const namespace of ['one', 'other']) await keyvOf(cache, namespace).set('k', namespace);
    await keyvOf(a, 'one').clear();
    await clock.advance(0);
    for (const cache of [a, b]) {
      await expect(keyvOf(cache, 'one').get('k')).resolves.toBeUndefined();
      await expect(keyvOf(cache, 'other').get('k')).resolves.toBe('other');
    }
  });

  it('evicts elsewhere what this instance does not hold, and says that it did not', async () => {
    const both = await cached();
    await both.b.cacheManager.set('k', 1);
    await expect(both.a.cacheManager.stores[0]?.delete('k')).resolves.toBe(false);
    expect(await heldBy(both, 'k')).toEqual([undefined, undefined]);
  });

  it('serves nothing beyond the lease', async () => {
    const { a, bridge, clock } = await cached();
    await a.cacheManager.set('k', 1);
    bridge.cut(a);
    await clock.advance('21s');
    await expect(a.cacheManager.get('k')).resolves.toBeUndefined();
  });
});
