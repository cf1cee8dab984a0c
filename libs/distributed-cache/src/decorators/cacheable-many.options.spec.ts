import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { startedCache } from '../../../../test/support/instances/instances.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { InvalidOptionsError } from '../errors.js';
import { defaultKey } from '../keys/default-key.js';
import { ManualClock } from '../testing/manual-clock.js';
import { provideTestCache, withTestCache } from '../testing/test-cache.js';
import { CacheableMany } from './cacheable-many.decorator.js';

interface Product {
  readonly id: string;
  readonly category: string;
  readonly ttl?: number;
}

const byId = (ids: string[]): Map<string, string> => new Map(ids.map((id) => [id, `product ${id}`]));

describe('The attributes of @CacheableMany:', () => {
  it('region names the region of the entries; by default it is <class>.<method>', async () => {
    class Products {
      @CacheableMany()
      async byDefault(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
      @CacheableMany({ region: 'products' })
      async named(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Products(), cache);
    await service.byDefault(['1']);
    await service.named(['2']);
    expect(cache.region('Products.byDefault').getSync('1')).toBe('product 1');
    expect(cache.region('products').getSync('2')).toBe('product 2');
  });

  it('key makes the key of one id, from the id and the further arguments', async () => {
    class Products {
      readonly tenant = 'acme';
      @CacheableMany({
        region: 'products',
        key(id, locale) {
          return [this.tenant, id.number, locale];
        },
        idOf: ({ number }) => ({ number }),
      })
      async find(ids: { number: number }[], _locale: string, _trace: object): Promise<{ number: number }[]> {
        return ids.map(({ number }) => ({ number })).toReversed();
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Products(), cache);
    expect(await service.find([{ number: 1 }, { number: 2 }], 'de', {})).toEqual([{ number: 1 }, { number: 2 }]);
    expect(cache.region('products').getSync(['acme', 2, 'de'])).toEqual({ number: 2 });
  });

  it('key decides which ids are one: they are loaded once', async () => {
    class Products {
      readonly calls: unknown[] = [];
      @CacheableMany({ key: (id) => id.toLowerCase(), idOf: (product) => product })
      async find(ids: string[]): Promise<string[]> {
        this.calls.push(ids);
        return ids.map((id) => id.toLowerCase());
      }
    }
    const service = withTestCache(new Products());
    expect(await service.find(['A', 'a', 'B'])).toEqual(['a', 'b']);
    expect(service.calls).toEqual([['A', 'B']]);
  });

  it('key is, by default, the id alone; with further arguments, what defaultKey makes of both', async () => {
    class Products {
      readonly calls: unknown[] = [];
      @CacheableMany({ region: 'products' })
      async find(ids: (string | number)[], ...rest: unknown[]): Promise<Map<string | number, string>> {
        this.calls.push([ids, ...rest]);
        return new Map(ids.map((id) => [id, `product ${id} ${rest.join()}`]));
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Products(), cache);
    await service.find(['1', 7]);
    await service.find(['1'], 'de');
    await service.find(['1'], 'en');
    expect(await service.find(['1'], 'de')).toEqual(new Map([['1', 'product 1 de']]));
    expect(service.calls).toEqual([[['1', 7]], [['1'], 'de'], [['1'], 'en']]);
    const region = cache.region('products');
    expect(['1', '7', 7].map((key) => region.getSync(key))).toEqual(['product 1 ', 'product 7 ', 'product 7 ']);
    expect(region.getSync(defaultKey('1', 'de'))).toBe('product 1 de');

    // The id of an attacker must not be taken for an id and its arguments.
    const hostile = defaultKey('1', 'de');
    expect(await service.find([hostile])).toEqual(new Map([[hostile, `product ${hostile} `]]));
  });

  it('condition takes the arguments; when it is not true, the method is called with them, and nothing is read or stored', async () => {
    class Products {
      readonly calls: unknown[] = [];
      @CacheableMany({ region: 'products', condition: (ids, isCached) => ids.length > 0 && isCached })
      async find(ids: string[], isCached: boolean): Promise<Map<string, string>> {
        this.calls.push([ids, isCached]);
        return byId(ids);
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Products(), cache);
    expect(await service.find(['1', '1'], false)).toEqual(byId(['1']));
    expect(await service.find(['1', '1'], false)).toEqual(byId(['1']));
    expect(await service.find([], true)).toEqual(new Map());
    expect(service.calls).toEqual([
      [['1', '1'], false],
      [['1', '1'], false],
      [[], true],
    ]);
    expect(cache.stats().regions['products']).toMatchObject({ entries: 0, hits: 0, misses: 0 });
  });

  it('unless keeps single values from being stored', async () => {
    class Products {
      readonly calls: unknown[] = [];
      @CacheableMany({ unless: (product, id, page) => product === null || id === '2' || page > 1, idOf: 'position' })
      async find(ids: string[], _page: number): Promise<(string | null)[]> {
        this.calls.push(ids);
        return ids.map((id) => (id === '3' ? null : id));
      }
    }
    const service = withTestCache(new Products());
    expect(await service.find(['1', '2', '3'], 1)).toEqual(['1', '2', null]);
    expect(await service.find(['1', '2', '3'], 1)).toEqual(['1', '2', null]);
    await service.find(['1'], 2);
    await service.find(['1'], 2);
    expect(service.calls).toEqual([['1', '2', '3'], ['2', '3'], ['1'], ['1']]);
  });

  it('ttl, fixed or computed for each value, is preferred to that of the region', async () => {
    const clock = new ManualClock();
    class Products {
      @CacheableMany({ region: 'products', key: (id) => ['fixed', id], ttl: '10s' })
      async fixed(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
      @CacheableMany({
        region: 'products',
        key: (id) => ['computed', id],
        ttl: (_value, id, unit) => (id === '9' ? undefined : Number(id) * unit),
      })
      async computed(ids: string[], _unit: number): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    const cache = startedCache({ clock, ttlJitter: 0, regions: { products: { ttl: '1h' } } });
    const service = withTestCache(new Products(), cache);
    await service.fixed(['1']);
    await service.computed(['0', '1', '2', '9'], 10_000);
    const stored = (): string[] =>
      ['fixed 1', 'computed 0', 'computed 1', 'computed 2', 'computed 9'].filter(
        (key) => cache.region('products').getSync(key.split(' ')) !== undefined,
      );
    expect(stored()).toEqual(['fixed 1', 'computed 1', 'computed 2', 'computed 9']);
    await clock.advance('10s');
    expect(stored()).toEqual(['computed 2', 'computed 9']);
    await clock.advance('10s');
    expect(stored()).toEqual(['computed 9']);
  });

  it('tags, fixed or computed for each value, let evictTags find the entries', async () => {
    class Products {
      @CacheableMany({ region: 'fixed', tags: ['products'] })
      async fixed(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
      @CacheableMany({
        region: 'computed',
        key: (id) => id,
        tags: (product, id, locale) => [product.category, `id:${id}`, locale],
        idOf: (product) => product.id,
      })
      async computed(ids: string[], _locale: string): Promise<Product[]> {
        return ids.map((id) => ({ id, category: id < '3' ? 'low' : 'high' }));
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Products(), cache);
    const leftAfter = async (tag: string): Promise<number[]> => {
      await service.fixed(['1', '2']);
      await service.computed(['1', '2', '3'], 'de');
      await cache.evictTags(tag);
      const { regions } = cache.stats();
      return ['fixed', 'computed'].map((region) => regions[region]?.entries ?? 0);
    };
    expect(await leftAfter('products')).toEqual([0, 3]);
    expect(await leftAfter('low')).toEqual([2, 1]);
    expect(await leftAfter('id:3')).toEqual([2, 2]);
    expect(await leftAfter('de')).toEqual([2, 0]);
  });

  it('cacheUndefined remembers the ids that have no value; no callback is asked about those', async () => {
    class Products {
      calls = 0;
      @CacheableMany({ idOf: (product) => product.id })
      async forgets(_ids: string[]): Promise<Product[]> {
        this.calls += 1;
        return [];
      }
      @CacheableMany({ cacheUndefined: true, tags: (product) => product.id, idOf: (product) => product.id })
      async remembers(_ids: string[]): Promise<Product[]> {
        this.calls += 1;
        return [];
      }
    }
    const service = withTestCache(new Products());
    await service.forgets(['1']);
    await service.forgets(['1']);
    expect(service.calls).toBe(2);
    expect([await service.remembers(['1']), await service.remembers(['1'])]).toEqual([[], []]);
    expect(service.calls).toBe(3);
  });

  it('cache names the cache', async () => {
    class Products {
      @CacheableMany({ cache: 'second', region: 'products' })
      async find(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    const testing = await Test.createTestingModule({
      providers: [Products, provideTestCache(), provideTestCache({ name: 'second' })],
    }).compile();
    await testing.get(Products).find(['1']);
    const cacheNamed = (name?: string): DistributedCache => testing.get(getDistributedCacheToken(name));
    expect(cacheNamed('second').region('products').getSync('1')).toBe('product 1');
    expect(cacheNamed().region('products').getSync('1')).toBeUndefined();
  });

  it('callbacks have the instance as this; they take one value and one id, then the further arguments', async () => {
    const seen: unknown[] = [];
    class Products {
      readonly tenant = 'acme';
      @CacheableMany({
        condition(...args) {
          seen.push(['condition', this.tenant, ...args]);
          return true;
        },
        key(...args) {
          seen.push(['key', this.tenant, ...args]);
          return args[0];
        },
        unless(...args) {
          seen.push(['unless', this.tenant, ...args]);
          return false;
        },
        ttl(...args) {
          seen.push(['ttl', this.tenant, ...args]);
          return '1m';
        },
        tags(...args) {
          seen.push(['tags', this.tenant, ...args]);
          return [];
        },
        idOf: 'position',
      })
      async find(ids: string[], page: number): Promise<string[]> {
        seen.push(['method', this.tenant, ids, page]);
        return ids.map((id) => `product ${id}`);
      }
    }
    await withTestCache(new Products()).find(['1'], 2);
    expect(seen).toEqual([
      ['condition', 'acme', ['1'], 2],
      ['key', 'acme', '1', 2],
      ['method', 'acme', ['1'], 2],
      ['unless', 'acme', 'product 1', '1', 2],
      ['tags', 'acme', 'product 1', '1', 2],
      ['ttl', 'acme', 'product 1', '1', 2],
    ]);
  });

  it('a callback that fails for one value rejects the call; the other values are stored', async () => {
    class Products {
      @CacheableMany({
        region: 'products',
        tags: (_product, id) => {
          if (id === '1') throw new RangeError('no tags');
          return [];
        },
      })
      async find(ids: string[]): Promise<Map<string, string>> {
        return byId(ids);
      }
    }
    const cache = startedCache();
    await expect(withTestCache(new Products(), cache).find(['1', '2'])).rejects.toThrow(RangeError);
    expect(['1', '2'].map((id) => cache.region('products').getSync(id))).toEqual([undefined, 'product 2']);
  });

  it('the method is not called when condition or key throws', async () => {
    class Products {
      calls = 0;
      @CacheableMany({
        condition: () => {
          throw new RangeError('no condition');
        },
      })
      async condition(_ids: string[]): Promise<Map<string, string>> {
        this.calls += 1;
        return new Map();
      }
      @CacheableMany({
        key: () => {
          throw new RangeError('no key');
        },
      })
      async key(_ids: string[]): Promise<Map<string, string>> {
        this.calls += 1;
        return new Map();
      }
    }
    const service = withTestCache(new Products());
    await expect(service.condition(['1'])).rejects.toThrow(RangeError);
    await expect(service.key(['1'])).rejects.toThrow(RangeError);
    expect(service.calls).toBe(0);
  });

  it.each<[string, object, RegExp]>([
    ['ttl: 0', { ttl: 0 }, /ttl 0 is not allowed/],
    ['a negative TTL', { ttl: -1 }, /ttl/],
    ['an empty region name', { region: '' }, /region must be a non-empty string/],
    ['an empty cache name', { cache: '' }, /cache must be a non-empty string/],
    ['a key that is no function', { key: 'id' }, /key must be a function/],
    ['a condition that is no function', { condition: true }, /condition must be a function/],
    ['unless that is no function', { unless: true }, /unless must be a function/],
    ['idOf that is a text', { idOf: 'id' }, /idOf must be a function .*, or 'position'/],
  ])('%s is refused when the class is defined, naming Class.method', (_what, options, message) => {
    const define = (): unknown => {
      class Products {
        @CacheableMany(options)
        async find(ids: string[]): Promise<Map<string, string>> {
          return byId(ids);
        }
      }
      return Products;
    };
    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow(/@CacheableMany on Products\.find/);
    expect(define).toThrow(message);
  });
});
