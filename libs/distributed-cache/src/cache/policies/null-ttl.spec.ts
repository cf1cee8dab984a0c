import { describe, expect, it } from 'vitest';
import { instances, startedCache, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { CachePut } from '../../decorators/cache-put.decorator.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';
import type { DistributedCache } from '../distributed-cache.js';

function local(options: DistributedCacheOptions = {}): InstancesInMemory {
  return instances(1)
    .with({ ttl: '10m', ...options })
    .local();
}

/** What is there under '1' just before, and just after, ten seconds have passed. */
async function aroundTenSeconds({ a, clock }: InstancesInMemory): Promise<readonly unknown[]> {
  await clock.advance(9_999);
  const before = a.region('r').getSync('1');
  await clock.advance(1);
  return [before, a.region('r').getSync('1')];
}

describe('nullTtl', () => {
  it.each<[string, DistributedCacheOptions]>([
    ['module', { nullTtl: '10s' }],
    ['region', { nullTtl: '5m', regions: { r: { nullTtl: '10s' } } }],
  ])('of the %s is the time to live of null', async (_, options) => {
    const one = local(options);
    await one.a.region('r').getOrLoad('1', () => null);
    expect(await aroundTenSeconds(one)).toEqual([null, undefined]);
  });

  it('of a call wins over that of the region, and over the ttl of the call', async () => {
    const one = local({ nullTtl: '5m' });
    await one.a.region('r').getOrLoad('1', () => null, { ttl: '1h', nullTtl: '10s' });
    expect(await aroundTenSeconds(one)).toEqual([null, undefined]);
  });

  it('holds for set, update and bulk reads, too', async () => {
    for (const write of [
      (cache: DistributedCache) => cache.region('r').set('1', null),
      (cache: DistributedCache) => cache.region('r').update('1', () => null),
      (cache: DistributedCache) => cache.region('r').set('1', null, { ttl: '1h' }),
      (cache: DistributedCache) => cache.region('r').getOrLoadMany(['1'], () => new Map([['1', null]])),
    ]) {
      const one = local({ nullTtl: '10s' });
      await write(one.a);
      expect(await aroundTenSeconds(one)).toEqual([null, undefined]);
    }
  });

  it('says nothing about other values', async () => {
    const { a, clock } = local({ nullTtl: '10s' });
    await a.region('r').getOrLoad('1', () => 0);
    await clock.advance('1m');
    expect(a.region('r').getSync('1')).toBe(0);
  });

  it('gives way to setTtl, with which the loader speaks of this very result', async () => {
    const { a, clock } = local({ nullTtl: '1s' });
    await a.region('r').getOrLoad('1', ({ setTtl }) => (setTtl('1m'), null));
    await clock.advance('59s');
    expect(a.region('r').getSync('1')).toBeNull();
  });

  it('holds for undefined where that is stored', async () => {
    const { a, clock } = local({ nullTtl: '10s', cacheUndefined: true });
    let loads = 0;
    const load = (): undefined => void (loads += 1);
    await a.region('r').getOrLoad('1', load);
    await clock.advance(9_999);
    await a.region('r').getOrLoad('1', load);
    expect(loads).toBe(1);
    await clock.advance(1);
    await a.region('r').getOrLoad('1', load);
    expect(loads).toBe(2);
  });

  it('of @Cacheable wins over its ttl, but not over one that is computed for this very result', async () => {
    const clock = new ManualClock();
    class Products {
      calls: string[] = [];
      @Cacheable({ region: 'fixed', key: (id: string) => id, ttl: '1h', nullTtl: '10s' })
      async fixed(_id: string): Promise<null> {
        this.calls.push('fixed');
        return null;
      }
      @Cacheable({ region: 'computed', key: (id: string) => id, ttl: () => '20s', nullTtl: '10s' })
      async computed(_id: string): Promise<null> {
        this.calls.push('computed');
        return null;
      }
    }
    const service = withTestCache(new Products(), startedCache({ clock, ttlJitter: 0 }));
    const readBoth = async (): Promise<void> => void (await Promise.all([service.fixed('1'), service.computed('1')]));
    await readBoth();
    await clock.advance(9_999);
    await readBoth();
    expect(service.calls).toEqual(['fixed', 'computed']);
    await clock.advance(1);
    await readBoth();
    expect(service.calls).toEqual(['fixed', 'computed', 'fixed']);
    await clock.advance(9_999);
    await readBoth();
    expect(service.calls).toHaveLength(3);
    await clock.advance(1);
    await readBoth();
    expect(service.calls.slice(3)).toEqual(['fixed', 'computed']);
  });

  it('of the region holds for @CachePut in the same way', async () => {
    const clock = new ManualClock();
    class Products {
      @CachePut({ region: 'r', key: (id: string) => id, ttl: '1h' })
      async fixed(_id: string): Promise<null> {
        return null;
      }
      @CachePut({ region: 'r', key: (id: string) => id, ttl: () => '20s' })
      async computed(_id: string): Promise<null> {
        return null;
      }
    }
    const cache = startedCache({ clock, ttlJitter: 0, nullTtl: '10s' });
    const service = withTestCache(new Products(), cache);
    await service.fixed('fixed');
    await service.computed('computed');
    const held = (): unknown[] => ['fixed', 'computed'].filter((key) => cache.region('r').getSync(key) === null);
    await clock.advance(9_999);
    expect(held()).toEqual(['fixed', 'computed']);
    await clock.advance(1);
    expect(held()).toEqual(['computed']);
    await clock.advance('10s');
    expect(held()).toEqual([]);
  });
});

describe('cacheUndefined', () => {
  it.each<[string, DistributedCacheOptions, { cacheUndefined?: boolean }, number]>([
    ['is off by default', {}, {}, 2],
    ['of the module', { cacheUndefined: true }, {}, 1],
    ['of the region', { regions: { r: { cacheUndefined: true } } }, {}, 1],
    [
      'of the region, which wins over the module',
      { cacheUndefined: true, regions: { r: { cacheUndefined: false } } },
      {},
      2,
    ],
    ['of the call, which wins over the region', { cacheUndefined: true }, { cacheUndefined: false }, 2],
    ['of the call', {}, { cacheUndefined: true }, 1],
  ])('%s', async (_, options, ofCall, expected) => {
    const { a } = local(options);
    let loads = 0;
    for (let read = 0; read < 2; read += 1) await a.region('r').getOrLoad('1', () => void (loads += 1), ofCall);
    expect(loads).toBe(expected);
  });

  it.each([true, false])('%s of the region holds for set, update and @CachePut', async (cacheUndefined) => {
    class Products {
      @CachePut({ region: 'r', key: (id: string) => id })
      async save(_id: string): Promise<undefined> {
        return undefined;
      }
    }
    const cache = startedCache({ cacheUndefined });
    await cache.region('r').set('set', undefined);
    await cache.region('r').update('update', () => undefined);
    await withTestCache(new Products(), cache).save('put');
    expect(cache.stats().regions['r']).toMatchObject({ entries: cacheUndefined ? 3 : 0 });
  });
});
