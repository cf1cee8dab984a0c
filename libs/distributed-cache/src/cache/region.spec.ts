import { describe, expect, it } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';

const S = 10_000;

describe('a region', () => {
  it('gives undefined on a miss and never loads', async () => {
    const { a } = await instances(1).connected();
    const products = a.region('products');
    expect(products.getSync('42')).toBeUndefined();
    await expect(products.get('42')).resolves.toBeUndefined();
  });

  it('is the same at every call, and another one under another name', async () => {
    const { a } = await instances(1).connected();
    await a.region('products').getOrLoad('42', () => 'chair');
    expect(a.region('products').getSync('42')).toBe('chair');
    expect(a.region('prices').getSync('42')).toBeUndefined();
  });

  it('takes a number as its decimal string', async () => {
    const { a } = await instances(1).connected();
    await a.region('products').getOrLoad(42, () => 'chair');
    expect(a.region('products').getSync('42')).toBe('chair');
  });

  it('refuses an invalid name or key, by a rejection where the method gives a promise', async () => {
    const { a } = await instances(1).connected();
    const products = a.region('products');
    expect(() => a.region('')).toThrow(InvalidKeyError);
    expect(() => products.getSync([])).toThrow(InvalidKeyError);
    await expect(products.getOrLoad(Number.NaN, () => 1)).rejects.toThrow(InvalidKeyError);
    await expect(products.get([])).rejects.toThrow(InvalidKeyError);
    await expect(products.set([], 1)).rejects.toThrow(InvalidKeyError);
    await expect(products.update([], () => 1)).rejects.toThrow(InvalidKeyError);
    await expect(products.evict([])).rejects.toThrow(InvalidKeyError);
    await expect(products.getOrLoadMany([[]], () => new Map())).rejects.toThrow(InvalidKeyError);
  });
});

describe('a time to live', () => {
  it("is the call's, else the region's", async () => {
    const regions = { products: { ttl: 2_000 } };
    const { a, clock } = await instances(1).with({ regions }).connected();
    const products = a.region('products');
    await products.getOrLoad('1', () => 1);
    await products.getOrLoad('2', () => 2, { ttl: '3s' });
    await clock.advance(1_999);
    expect([products.getSync('1'), products.getSync('2')]).toEqual([1, 2]);
    await clock.advance(1);
    expect([products.getSync('1'), products.getSync('2')]).toEqual([undefined, 2]);
    await clock.advance('1s');
    expect(products.getSync('2')).toBeUndefined();
  });

  it('of Infinity ends with an eviction', async () => {
    const { a, clock } = instances(1).local();
    await a.region('r').getOrLoad('1', () => 1, { ttl: Infinity });
    await clock.advance('3650d');
    expect(a.region('r').getSync('1')).toBe(1);
    await a.region('r').evict('1');
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('of 0 or less that the loader computed means that nothing is stored', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    for (const ttl of [0, -1]) {
      await expect(region.getOrLoad('1', (context) => (context.setTtl(ttl), 'loaded'))).resolves.toBe('loaded');
      expect(region.getSync('1')).toBeUndefined();
    }
  });

  it('of 0 in the options is refused, and the loader not called', async () => {
    const { a } = await instances(1).connected();
    const loader = (): never => expect.unreachable();
    await expect(a.region('r').getOrLoad('1', loader, { ttl: 0 })).rejects.toThrow(InvalidOptionsError);
  });

  it('loses up to the share of ttlJitter, so that entries do not expire together', async () => {
    const { a } = await instances(1).with({ ttl: 1_000, ttlJitter: 0.05 }).connected();
    const ttls: number[] = [];
    a.on('store', ({ ttl }) => ttls.push(ttl));
    for (let key = 0; key < 200; key += 1) await a.region('r').getOrLoad(key, () => key);
    expect(Math.min(...ttls)).toBeGreaterThan(950);
    expect(Math.min(...ttls)).toBeLessThan(960);
    expect(Math.max(...ttls)).toBeLessThanOrEqual(1_000);
    expect(Math.max(...ttls)).toBeGreaterThan(990);
  });
});

describe('a value of null or undefined:', () => {
  it('null is a value', async () => {
    const { a } = await instances(1).connected();
    await a.region('r').getOrLoad('1', () => null);
    expect(a.region('r').getSync('1')).toBeNull();
  });

  it('undefined is not stored', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    await region.getOrLoad('1', () => undefined);
    await region.set('2', undefined);
    await region.update('3', () => undefined);
    expect(a.stats().regions['r']).toMatchObject({ entries: 0 });
  });

  it('undefined is stored with cacheUndefined', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    const cacheUndefined = true;
    await region.getOrLoad('1', () => undefined, { cacheUndefined });
    await region.set('2', undefined, { cacheUndefined });
    await region.update('3', () => undefined, { cacheUndefined });
    expect(a.stats().regions['r']).toMatchObject({ entries: 3 });
    await expect(region.getOrLoad('1', () => 'not asked')).resolves.toBeUndefined();
  });
});

describe('a loader of a region', () => {
  it('gets the key, and may set the tags of its value', async () => {
    const { a } = await instances(1).connected();
    await a.region('r').getOrLoad(['a', 1], (context) => {
      context.setTags(['sale']);
      return context.key;
    });
    expect(a.stats().regions['r']).toMatchObject({ entries: 1 });
    await a.evictTags('sale');
    expect(a.stats().regions['r']).toMatchObject({ entries: 0 });
  });

  it('may keep its result from being stored with skip()', async () => {
    const { a } = await instances(1).connected();
    await expect(a.region('r').getOrLoad('1', (context) => (context.skip(), 1))).resolves.toBe(1);
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('gets the expired value as previous, while the lease covers it', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const region = a.region<string>('r');
    const previous = (): Promise<unknown> =>
      region.getOrLoad('1', (context) => context.previous ?? 'none', { ttl: '1s' });
    await region.getOrLoad('1', () => 'first', { ttl: '1s' });
    await clock.advance('1s');
    await expect(previous()).resolves.toBe('first');

    bridge.cut(a);
    await clock.advance(S + 5_001);
    await expect(previous()).resolves.toBe('none');
  });

  it('gets no previous value that was evicted while it waited for its turn', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region<string>('r');
    for (let times = 0; times < 3; times += 1) {
      void region.getOrLoad('1', () => new Promise<string>(() => {}));
      await region.evict('1');
    }
    await region.set('1', 'first', { ttl: '1s', tags: 'sale' });
    await clock.advance('1s');
    const reader = region.getOrLoad('1', (context) => context.previous ?? 'none');
    await a.evictTags('sale');
    await clock.advance('1s');
    await expect(reader).resolves.toBe('none');
  });

  it('gets no previous value that was evicted before it looks', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region<string>('r');
    await region.getOrLoad('1', () => 'first', { ttl: '1s', tags: 'sale' });
    await clock.advance('1s');
    const looks = deferred<void>();
    const reader = region.getOrLoad('1', async (context) => {
      await looks.promise;
      return context.previous ?? 'none';
    });
    await a.evictTags('sale');
    looks.resolve();
    await expect(reader).resolves.toBe('none');
  });

  it('gets no previous value once the lease does not cover it any more', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const region = a.region<string>('r');
    await region.getOrLoad('1', () => 'first', { ttl: '1s' });
    await clock.advance('1s');
    const looks = deferred<void>();
    const reader = region.getOrLoad('1', async (context) => {
      await looks.promise;
      return context.previous ?? 'none';
    });
    bridge.cut(a);
    await clock.advance(S + 5_001);
    looks.resolve();
    await expect(reader).resolves.toBe('none');
  });

  it('gives a result that is made of the previous value no more staleness than that has', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    const region = a.region<string>('r');
    await region.getOrLoad('1', () => 'old', { ttl: '1s' });
    await clock.advance('1s');
    bridge.cut(a);
    await b.region('r').evict('1');
    await clock.advance(S - 1_500);
    await region.getOrLoad('1', (context) => context.previous ?? 'none');
    await clock.advance(5_000);
    await expect(region.getOrLoad('1', () => 'new')).resolves.toBe('new');
  });

  it('gets a signal that is aborted when the cache is shut down', async () => {
    const { a } = await instances(1).connected();
    const asked = deferred<AbortSignal>();
    void a.region('r').getOrLoad('1', (context) => {
      asked.resolve(context.signal);
      return new Promise(() => {});
    });
    const signal = await asked.promise;
    expect(signal.aborted).toBe(false);
    await a.close();
    expect(signal.aborted).toBe(true);
  });
});
