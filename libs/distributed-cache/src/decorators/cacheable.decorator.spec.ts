import { describe, expect, it } from 'vitest';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withTestCache } from '../testing/test-cache.js';
import { defaultKey } from '../keys/default-key.js';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { Cacheable } from './cacheable.decorator.js';

interface Product {
  readonly id: string;
  readonly category: number;
}

describe('@Cacheable', () => {
  it('calls the method once per key and gives a promise of its result', async () => {
    class ProductService {
      calls = 0;
      @Cacheable({ region: 'products', key: (id) => id })
      async find(id: string, _locale: string): Promise<string> {
        this.calls += 1;
        return `product ${id}`;
      }
    }
    const service = withTestCache(new ProductService());

    expect(await service.find('1', 'de')).toBe('product 1');
    expect(await service.find('1', 'en')).toBe('product 1');
    expect(await service.find('2', 'de')).toBe('product 2');
    expect(service.calls).toBe(2);
  });

  it('lets concurrent calls of one key share one call of the method', async () => {
    class ProductService {
      calls = 0;
      @Cacheable()
      async find(id: string): Promise<string> {
        this.calls += 1;
        return id;
      }
    }
    const service = withTestCache(new ProductService());

    await Promise.all([service.find('1'), service.find('1'), service.find('1')]);
    expect(service.calls).toBe(1);
  });

  it('passes on an error of the method and does not cache it, thrown synchronously or not', async () => {
    class ProductService {
      calls = 0;
      @Cacheable()
      find(id: string): Promise<string> {
        this.calls += 1;
        if (this.calls === 1) throw new RangeError('synchronous');
        if (this.calls === 2) return Promise.reject(new TypeError('asynchronous'));
        return Promise.resolve(id);
      }
    }
    const service = withTestCache(new ProductService());

    await expect(service.find('1')).rejects.toThrow(RangeError);
    await expect(service.find('1')).rejects.toThrow(TypeError);
    expect(await service.find('1')).toBe('1');
  });

  it('takes all arguments for the key by default, so that code can evict by defaultKey', async () => {
    class ProductService {
      calls = 0;
      @Cacheable({ region: 'products' })
      async find(id: string, options: { locale: string; page: number }): Promise<string> {
        this.calls += 1;
        return `${id} ${options.locale}`;
      }
    }
    const cache = startedCache();
    const service = withTestCache(new ProductService(), cache);

    await service.find('1', { locale: 'de', page: 2 });
    await service.find('1', { page: 2, locale: 'de' });
    expect(service.calls).toBe(1);

    await cache.region('products').evict(defaultKey('1', { locale: 'de', page: 2 }));
    await service.find('1', { locale: 'de', page: 2 });
    expect(service.calls).toBe(2);
  });

  it('calls every callback with the instance as this, and those that run after the method with (result, ...args)', async () => {
    const seen: unknown[] = [];
    class ProductService {
      tenant = 'acme';
      @Cacheable({
        key(...args) {
          seen.push(['key', this.tenant, ...args]);
          return [this.tenant, ...args];
        },
        condition(...args) {
          seen.push(['condition', this.tenant, ...args]);
          return true;
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
      })
      async find(id: string, page: number): Promise<string> {
        seen.push(['method', this.tenant, id, page]);
        return 'found';
      }
    }
    await withTestCache(new ProductService()).find('1', 2);

    expect(seen).toEqual([
      ['condition', 'acme', '1', 2],
      ['key', 'acme', '1', 2],
      ['method', 'acme', '1', 2],
      ['unless', 'acme', 'found', '1', 2],
      ['ttl', 'acme', 'found', '1', 2],
      ['tags', 'acme', 'found', '1', 2],
    ]);
  });

  it('neither reads nor stores when the condition is not true', async () => {
    class ProductService {
      calls = 0;
      isCaching = true;
      @Cacheable({
        condition() {
          return this.isCaching;
        },
      })
      find(_id: string): Promise<number> {
        this.calls += 1;
        return Promise.resolve(this.calls);
      }
    }
    const service = withTestCache(new ProductService());

    service.isCaching = false;
    expect(await service.find('1')).toBe(1);
    service.isCaching = true;
    expect(await service.find('1')).toBe(2);
    service.isCaching = false;
    expect(await service.find('1')).toBe(3);
    service.isCaching = true;
    expect(await service.find('1')).toBe(2);
  });

  it('does not store a result that unless refuses', async () => {
    class ProductService {
      calls = 0;
      @Cacheable({ unless: (count, _id) => count < 2 })
      async find(_id: string): Promise<number> {
        this.calls += 1;
        return this.calls;
      }
    }
    const service = withTestCache(new ProductService());

    expect([await service.find('1'), await service.find('1'), await service.find('1')]).toEqual([1, 2, 2]);
  });

  it('prefers its TTL, fixed or computed, to that of the region, and stores nothing for a computed one of 0 or less', async () => {
    const clock = new ManualClock();
    class ProductService {
      calls = 0;
      @Cacheable({ region: 'products', key: (id) => ['fixed', id], ttl: '10s' })
      async fixed(_id: string): Promise<number> {
        return (this.calls += 1);
      }
      @Cacheable({ region: 'products', key: (id) => ['computed', id], ttl: (_calls, _id, ttl) => ttl })
      async computed(_id: string, _ttl: number): Promise<number> {
        return (this.calls += 1);
      }
    }
    const cache = startedCache({ clock, ttlJitter: 0, regions: { products: { ttl: '1h' } } });
    const service = withTestCache(new ProductService(), cache);

    await service.fixed('1');
    await service.computed('1', 20_000);
    await service.computed('2', 0);
    await service.computed('3', -1);
    const stored = (): (number | undefined)[] =>
      [
        ['fixed', '1'],
        ['computed', '1'],
        ['computed', '2'],
        ['computed', '3'],
      ].map((key) => cache.region<number>('products').getSync(key));

    expect(stored()).toEqual([1, 2, undefined, undefined]);
    await clock.advance(10_001);
    expect(stored()).toEqual([undefined, 2, undefined, undefined]);
    await clock.advance(10_000);
    expect(stored()).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('stores fixed or computed tags with the result', async () => {
    class ProductService {
      calls = 0;
      @Cacheable({ tags: ['products'] })
      async fixed(_id: string): Promise<number> {
        return (this.calls += 1);
      }
      @Cacheable({ tags: (product, id) => [`category:${product.category}`, `id:${id}`] })
      async computed(id: string): Promise<Product> {
        this.calls += 1;
        return { id, category: 7 };
      }
    }
    const cache = startedCache();
    const service = withTestCache(new ProductService(), cache);

    const reloadedBy: Record<string, number> = {};
    for (const tag of ['products', 'category:7', 'id:1', 'id:2']) {
      await service.fixed('1');
      await service.computed('1');
      const before = service.calls;
      await cache.evictTags(tag);
      await service.fixed('1');
      await service.computed('1');
      reloadedBy[tag] = service.calls - before;
    }
    expect(reloadedBy).toEqual({ products: 1, 'category:7': 1, 'id:1': 1, 'id:2': 0 });
  });

  it('stores null, and undefined only with cacheUndefined; it calls no callback for a result that it does not store', async () => {
    class ProductService {
      calls = 0;
      @Cacheable()
      async none(): Promise<null> {
        this.calls += 1;
        return null;
      }
      @Cacheable({
        unless: () => {
          throw new Error('asked about nothing');
        },
      })
      async nothing(): Promise<undefined> {
        this.calls += 1;
        return undefined;
      }
      @Cacheable({ cacheUndefined: true, tags: () => 'kept' })
      async kept(): Promise<undefined> {
        this.calls += 1;
        return undefined;
      }
    }
    const service = withTestCache(new ProductService());

    const callsOf = async (read: () => Promise<unknown>): Promise<number> => {
      const before = service.calls;
      await read();
      await read();
      return service.calls - before;
    };
    expect(await callsOf(() => service.none())).toBe(1);
    expect(await callsOf(() => service.nothing())).toBe(2);
    expect(await callsOf(() => service.kept())).toBe(1);
  });

  it('rejects without calling the method when key or condition throws', async () => {
    class ProductService {
      calls = 0;
      @Cacheable({
        key: () => {
          throw new RangeError('no key');
        },
      })
      async keyThrows(): Promise<number> {
        return (this.calls += 1);
      }
      @Cacheable()
      async keyless(_callback: () => void): Promise<number> {
        return (this.calls += 1);
      }
    }
    const service = withTestCache(new ProductService());

    await expect(service.keyThrows()).rejects.toThrow(RangeError);
    await expect(service.keyless(() => {})).rejects.toThrow(InvalidKeyError);
    expect(service.calls).toBe(0);
  });

  it('does not deadlock when a method calls its overridden method with the same key, and stores both results', async () => {
    class Repository {
      @Cacheable()
      async find(id: string): Promise<string> {
        return `base ${id}`;
      }
    }
    class ProductRepository extends Repository {
      @Cacheable()
      override async find(id: string): Promise<string> {
        return `product of ${await super.find(id)}`;
      }
    }
    const cache = startedCache();
    const repository = withTestCache(new ProductRepository(), cache);

    expect(await repository.find('1')).toBe('product of base 1');
    expect(cache.region('ProductRepository.find').getSync('1')).toBe('product of base 1');
    expect(cache.region('ProductRepository.find(Repository)').getSync('1')).toBe('base 1');
  });

  it('does not deadlock when a cached method calls itself with the same key in one region', async () => {
    class ProductService {
      isInner = false;
      @Cacheable({ region: 'products', key: (id) => id })
      async find(id: string): Promise<string> {
        if (this.isInner) return 'inner';
        this.isInner = true;
        return `outer of ${await this.find(id)}`;
      }
    }

    expect(await withTestCache(new ProductService()).find('1')).toBe('outer of inner');
  });

  it('gives each subclass of a generic base its own region', async () => {
    abstract class Repository {
      abstract readonly kind: string;
      @Cacheable()
      async find(id: string): Promise<string> {
        return `${this.kind} ${id}`;
      }
    }
    class ProductRepository extends Repository {
      readonly kind = 'product';
    }
    class OrderRepository extends Repository {
      readonly kind = 'order';
    }
    const cache = startedCache();

    expect(await withTestCache(new ProductRepository(), cache).find('1')).toBe('product 1');
    expect(await withTestCache(new OrderRepository(), cache).find('1')).toBe('order 1');
    expect(Object.keys(cache.stats().regions)).toEqual(['ProductRepository.find', 'OrderRepository.find']);
  });

  it.each([
    ['ttl: 0', { ttl: 0 }],
    ['a negative TTL', { ttl: -1 }],
    ['an empty region name', { region: '' }],
    ['an empty cache name', { cache: '' }],
  ])('refuses %s when the class is defined, naming Class.method', (_what, options) => {
    const define = (): unknown => {
      class ProductService {
        @Cacheable(options)
        async find(id: string): Promise<string> {
          return id;
        }
      }
      return ProductService;
    };

    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow(/@Cacheable on ProductService\.find/);
  });
});
