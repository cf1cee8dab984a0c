import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { instances, startedCache } from '../../../../test/support/instances/instances.js';
import type { DistributedCache } from './distributed-cache.js';
import type { Region } from './region.js';
import type { RegionStats } from './stats.js';

const MANY = 2_500;
/** The names that are kept whatever their regions hold. */
const FREE = 1_000;

/** Uses a region of each of so many tenants once, and evicts what it has loaded. */
async function useTenants(cache: DistributedCache, count = MANY, prefix = 'tenant'): Promise<void> {
  for (let tenant = 0; tenant < count; tenant += 1) {
    const region = cache.region(`${prefix}-${tenant}`);
    await region.getOrLoad('1', () => tenant);
    await region.evict('1');
  }
}

function namesOf(cache: DistributedCache): string[] {
  return Object.keys(cache.stats().regions);
}

function total(cache: DistributedCache, name: keyof RegionStats): number {
  const { regions, others } = cache.stats();
  return [...Object.values(regions), ...(others ? [others] : [])].reduce((sum, stats) => sum + stats[name], 0);
}

describe('A region', () => {
  it('without entries, running loads and settings of its own is released when there are many names', async () => {
    const cache = startedCache();
    await useTenants(cache);
    expect(namesOf(cache).length).toBeLessThanOrEqual(FREE);
  });

  it('keeps its counts while there are not many names', async () => {
    const cache = startedCache();
    await useTenants(cache, FREE);
    expect(namesOf(cache)).toHaveLength(FREE);
    expect(cache.stats().regions['tenant-0']).toMatchObject({ loads: 1, invalidated: 1 });
    expect(cache.stats().others).toBeUndefined();
  });

  it('is kept while it has an entry', async () => {
    const cache = startedCache();
    await cache.region('products').set('1', 'one');
    await useTenants(cache);
    expect(namesOf(cache)).toContain('products');
    expect(cache.region('products').getSync('1')).toBe('one');
  });

  it('is kept while a load of it runs, which a peer can fence', async () => {
    const { a, b, clock } = await instances(2).connected();
    const products = a.region('products');
    const source = deferred<string>();
    const read = products.getOrLoad('1', () => source.promise);
    await useTenants(a);
    expect(namesOf(a)).toContain('products');

    await b.region('products').evict('1');
    await clock.advance(0);
    source.resolve('old');
    expect(await read).toBe('old');
    expect(products.getSync('1')).toBeUndefined();
  });

  it('is kept when it has settings of its own', async () => {
    const cache = startedCache({ regions: { products: { ttl: '1m' } } });
    cache.region('products');
    await useTenants(cache);
    expect(namesOf(cache)).toContain('products');
  });

  it('is released, too, when a bound has removed its entries', async () => {
    const cache = startedCache({ maxEntries: 10 });
    for (let tenant = 0; tenant < MANY; tenant += 1) await cache.region(`tenant-${tenant}`).set('1', tenant);
    expect(namesOf(cache).length).toBeLessThanOrEqual(FREE);
    expect(namesOf(cache)).toContain(`tenant-${MANY - 1}`);
  });

  it('leaves no more names than a third of those with entries, beside the first 1,000', async () => {
    const occupied = 3_000;
    const cache = startedCache({ maxEntries: occupied });
    for (let tenant = 0; tenant < occupied; tenant += 1) await cache.region(`kept-${tenant}`).set('1', tenant);
    await useTenants(cache, 4 * MANY, 'passing');
    const kept = namesOf(cache).filter((name) => name.startsWith('kept-'));
    expect(namesOf(cache).length).toBeLessThanOrEqual(kept.length + kept.length / 3 + FREE);
  });
});

describe('When a region is released', () => {
  it('its counts are added to those of the others, so that no total falls', async () => {
    const cache = startedCache();
    await useTenants(cache);
    expect(total(cache, 'loads')).toBe(MANY);
    expect(total(cache, 'misses')).toBe(MANY);
    expect(total(cache, 'invalidated')).toBe(MANY);
    expect(cache.stats().others).toMatchObject({ entries: 0, loads: MANY - namesOf(cache).length });
  });

  it('a handle of it that was kept goes on, with the same entries as a new one', async () => {
    const cache = startedCache();
    const kept = cache.region('products');
    await useTenants(cache);
    expect(namesOf(cache)).not.toContain('products');

    const fresh = cache.region('products');
    await fresh.getOrLoad('1', () => 'one');
    expect(await kept.getOrLoad('1', () => 'another')).toBe('one');
    await kept.set('2', 'two');
    expect(fresh.getSync('2')).toBe('two');
    await kept.evict('1');
    expect(fresh.getSync('1')).toBeUndefined();
    expect(cache.stats().regions['products']).toMatchObject({ entries: 1, hits: 2 });
  });

  it.each<[string, (region: Region<string>) => unknown]>([
    ['getOrLoad', (region) => region.getOrLoad('1', () => 'one')],
    ['getOrLoadMany', (region) => region.getOrLoadMany(['1'], () => new Map([['1', 'one']]))],
    ['set', (region) => region.set('1', 'one')],
    ['update', (region) => region.update('1', () => 'one')],
  ])('a handle of it that was kept stores with %s', async (_, store) => {
    const cache = startedCache();
    const kept = cache.region<string>('products');
    await useTenants(cache);
    await store(kept);
    expect(cache.region('products').getSync('1')).toBe('one');
  });

  it('a handle of it that was kept counts its reads', async () => {
    const cache = startedCache();
    const kept = cache.region<string>('products');
    await useTenants(cache);
    expect([await kept.get('1'), kept.getSync('1')]).toEqual([undefined, undefined]);
    expect(cache.stats().regions['products']?.misses).toBe(2);
  });

  it('readers by an old and by a new handle share one load', async () => {
    const cache = startedCache();
    const kept = cache.region<string>('products');
    await useTenants(cache);
    const source = deferred<string>();
    const first = cache.region<string>('products').getOrLoad('1', () => source.promise);
    const second = kept.getOrLoad('1', () => 'not shared');
    source.resolve('one');
    expect(await Promise.all([first, second])).toEqual(['one', 'one']);
  });

  it('a put that began before is stored where new handles find it', async () => {
    const cache = startedCache();
    const commit = deferred<string>();
    const put = cache.region<string>('products').update('1', () => commit.promise);
    await useTenants(cache);
    expect(namesOf(cache)).not.toContain('products');
    await cache.region('products').getOrLoad('2', () => 'two');

    commit.resolve('one');
    await put;
    expect(cache.region('products').getSync('1')).toBe('one');
    expect(cache.stats().regions['products']?.entries).toBe(2);
  });

  it('what was put in a hold that began before is stored where new handles find it', async () => {
    const cache = startedCache();
    await cache.holdEvictions(async () => {
      await cache.region('products').set('1', 'one');
      await useTenants(cache);
      expect(namesOf(cache)).not.toContain('products');
      await cache.region('products').set('2', 'two');
    });
    expect(cache.region('products').getSync('1')).toBe('one');
    expect(cache.region('products').getSync('2')).toBe('two');
  });

  it('what was loaded in a hold that began before is stored where new handles find it, and counts', async () => {
    const cache = startedCache({ maxEntries: 10 });
    await cache.holdEvictions(async () => {
      await cache.region('products').getOrLoad('1', () => 'one');
      await useTenants(cache);
      expect(namesOf(cache)).not.toContain('products');
      const before = total(cache, 'loads');
      await cache.region('products').getOrLoad('2', () => 'two');
      expect(total(cache, 'loads')).toBe(before + 1);
    });
    expect(cache.region('products').getSync('1')).toBe('one');
    expect(cache.region('products').getSync('2')).toBe('two');
    // The store goes on as before: entries leave when it is full.
    for (let key = 0; key < 40; key += 1) await cache.region('others').getOrLoad(key, () => key);
    expect(total(cache, 'entries')).toBe(10);
  });

  it('an entry that is loaded again after its invalidation is stored where new handles find it', async () => {
    const { a, clock } = await instances(1)
      .with({ refreshOnInvalidate: { within: '1s' } })
      .connected();
    const products = a.region('products');
    await products.getOrLoad('1', () => 'one');
    await products.getOrLoad('1', () => 'one');
    await products.evict('1');
    await useTenants(a);
    expect(namesOf(a)).not.toContain('products');

    await clock.advance(1_000);
    expect(a.region('products').getSync('1')).toBe('one');
  });

  it('while there is no news, nothing of it is kept either', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    bridge.cut(a);
    await clock.advance(6_000);
    const kept = a.region<string>('products');
    await useTenants(a);
    expect(namesOf(a)).not.toContain('products');
    await kept.getOrLoad('1', () => 'one');
    expect(await kept.getOrLoad('1', () => 'another')).toBe('one');
  });
});
