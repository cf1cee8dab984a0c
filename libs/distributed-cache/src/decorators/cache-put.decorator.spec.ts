import { describe, expect, it } from 'vitest';
import { orderServiceWith } from '../../../../test/support/instances/order-service.js';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withTestCache } from '../testing/test-cache.js';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { CachePut } from './cache-put.decorator.js';

interface Product {
  readonly id: string;
  readonly price: number;
}

class ProductService {
  calls = 0;

  @CachePut({ region: 'products', key: (id) => id, tags: (product) => [`price:${product.price}`] })
  async reprice(id: string, price: number): Promise<Product> {
    this.calls += 1;
    return { id, price };
  }

  @CachePut({ region: 'products', keyFromResult: (product) => product.id })
  async create(price: number): Promise<Product> {
    return { id: 'new', price };
  }
}

describe('@CachePut', () => {
  it('runs the method at every call and stores its result under the key of the arguments, with its tags', async () => {
    const cache = startedCache();
    const products = cache.region<Product>('products');
    const service = withTestCache(new ProductService(), cache);

    expect(await service.reprice('1', 10)).toEqual({ id: '1', price: 10 });
    expect(await service.reprice('1', 20)).toEqual({ id: '1', price: 20 });
    expect(products.getSync('1')).toEqual({ id: '1', price: 20 });
    expect(service.calls).toBe(2);

    await cache.evictTags('price:20');
    expect(products.getSync('1')).toBeUndefined();
  });

  it('stores under the key of the result', async () => {
    const cache = startedCache();
    await withTestCache(new ProductService(), cache).create(5);
    expect(cache.region('products').getSync('new')).toEqual({ id: 'new', price: 5 });
  });

  it('drops the copies of the other instances', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const [here, there] = [startedCache({ bridge, clock }), startedCache({ bridge, clock })];
    await clock.advance(0);
    await there.region('products').getOrLoad('1', () => 'old');

    await withTestCache(new ProductService(), here).reprice('1', 10);
    expect(there.region('products').getSync('1')).toBeUndefined();
    expect(here.region('products').getSync('1')).toEqual({ id: '1', price: 10 });
  });

  it('does not store a result whose key was invalidated after the method began', async () => {
    const cache = startedCache();
    const products = cache.region('products');
    class SlowService {
      @CachePut({ region: 'products', key: (id) => id })
      async reprice(id: string): Promise<string> {
        await products.evict(id);
        return 'overtaken';
      }
    }

    expect(await withTestCache(new SlowService(), cache).reprice('1')).toBe('overtaken');
    expect(products.getSync('1')).toBeUndefined();
  });

  it('evicts, without storing, a result that unless refuses, undefined, and one with a computed TTL of 0 or less', async () => {
    class Service {
      @CachePut({ region: 'products', key: (id) => id, unless: (result, id) => result === id })
      async refused(id: string): Promise<string> {
        return id;
      }
      @CachePut({ region: 'products', key: (id) => id })
      async nothing(_id: string): Promise<undefined> {
        return undefined;
      }
      @CachePut({ region: 'products', key: (id) => id, ttl: (_result, id) => id.length - 1 })
      async over(id: string): Promise<string> {
        return id;
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Service(), cache);

    for (const put of [() => service.refused('1'), () => service.nothing('1'), () => service.over('1')]) {
      await cache.region('products').set('1', 'old');
      await put();
      expect(cache.region('products').getSync('1')).toBeUndefined();
    }
  });

  it('prefers its TTL to that of the region', async () => {
    const clock = new ManualClock();
    class Service {
      @CachePut({ region: 'products', key: (id) => id, ttl: '1s' })
      async put(id: string): Promise<string> {
        return id;
      }
    }
    const cache = startedCache({ clock, ttlJitter: 0 });
    await withTestCache(new Service(), cache).put('1');

    expect(cache.region('products').getSync('1')).toBe('1');
    await clock.advance(1_001);
    expect(cache.region('products').getSync('1')).toBeUndefined();
  });

  it('leaves the cache unchanged when the condition is not true', async () => {
    class Service {
      @CachePut({ region: 'products', key: (id) => id, condition: (id) => id !== '1' })
      async put(id: string): Promise<string> {
        return id;
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Service(), cache);
    await cache.region('products').set('1', 'kept');

    expect(await service.put('1')).toBe('1');
    expect(cache.region('products').getSync('1')).toBe('kept');
  });

  it('changes nothing when the method fails', async () => {
    class Service {
      @CachePut({ region: 'products', key: (id) => id })
      async put(_id: string): Promise<string> {
        throw new RangeError('refused');
      }
    }
    const cache = startedCache();
    await cache.region('products').set('1', 'kept');

    await expect(withTestCache(new Service(), cache).put('1')).rejects.toThrow(RangeError);
    expect(cache.region('products').getSync('1')).toBe('kept');
  });

  it('evicts all possible targets when a callback that takes the result fails: the method has changed something', async () => {
    const cache = startedCache();
    const products = cache.region('products');
    const mistake = new Error('mistake in a callback');
    class Service {
      @CachePut({
        region: 'products',
        key: (id) => id,
        ttl: () => {
          throw mistake;
        },
      })
      async badTtl(_id: string): Promise<string> {
        return 'new';
      }
      @CachePut({
        region: 'products',
        keyFromResult: () => {
          throw mistake;
        },
      })
      async badKey(): Promise<string> {
        return 'new';
      }
    }
    for (const key of ['1', '2']) await products.set(key, 'old');

    await expect(withTestCache(new Service(), cache).badTtl('1')).rejects.toBe(mistake);
    expect([products.getSync('1'), products.getSync('2')]).toEqual([undefined, 'old']);
    await expect(withTestCache(new Service(), cache).badKey()).rejects.toBe(mistake);
    expect(products.getSync('2')).toBeUndefined();
  });

  it('evicts the whole region and stores nothing when keyFromResult gives no key that is allowed', async () => {
    const cache = startedCache();
    const products = cache.region('products');
    class Service {
      @CachePut({ region: 'products', keyFromResult: (row: { id: number }) => row.id })
      async save(row: { id: number }): Promise<{ id: number }> {
        return row;
      }
    }
    await products.set('1', 'old');
    const saving = withTestCache(new Service(), cache).save({ id: Number.NaN });
    await expect(saving).rejects.toThrow(InvalidKeyError);
    await expect(saving).rejects.toThrow(/^@CachePut on Service\.save: keyFromResult: The key is NaN/);
    expect([products.getSync('1'), products.getSync('')]).toEqual([undefined, undefined]);
  });

  describe('with keyFromResult, for an id that does not exist', () => {
    class Service {
      @CachePut({ region: 'products', keyFromResult: (product) => product?.id })
      async tolerant(product: Product | null | undefined): Promise<Product | null | undefined> {
        return product;
      }
      @CachePut<Service, Service['turnedDown']>({
        region: 'products',
        unless: (product) => !product,
        keyFromResult: (product) => product.id,
      })
      async turnedDown(product: Product): Promise<Product> {
        return product;
      }
      @CachePut({ region: 'products', keyFromResult: (product) => product.id })
      async careless(product: Product): Promise<Product> {
        return product;
      }
    }
    it.each<[string, (service: Service) => Promise<unknown>]>([
      ['undefined as the key', (service) => service.tolerant(null)],
      ['undefined as the key of undefined', (service) => service.tolerant(undefined)],
      ['a result that unless turns down', (service) => Reflect.apply(service.turnedDown, service, [null])],
      ['undefined, which unless turns down', (service) => Reflect.apply(service.turnedDown, service, [])],
    ])('puts and evicts nothing: %s', async (_what, call) => {
      const cache = startedCache();
      await cache.region('products').set('1', 'kept');
      await call(withTestCache(new Service(), cache));
      expect(cache.region('products').getSync('1')).toBe('kept');
      expect(cache.stats().regions['products']).toMatchObject({ entries: 1 });
    });

    it.each([null, undefined])(
      'evicts nothing when the callback looks for the key in %s, and passes its error on',
      async (result) => {
        const cache = startedCache();
        await cache.region('products').set('1', 'kept');
        const service = withTestCache(new Service(), cache);
        await expect(Reflect.apply(service.careless, service, [result])).rejects.toThrow(TypeError);
        expect(cache.region('products').getSync('1')).toBe('kept');
      },
    );
  });

  it('uses the TTL of the region when the computed one is undefined', async () => {
    const clock = new ManualClock();
    const cache = startedCache({ clock, ttl: '1m', ttlJitter: 0 });
    class Service {
      @CachePut({ region: 'products', key: (id) => id, ttl: () => undefined })
      async save(id: string): Promise<string> {
        return id;
      }
    }
    await withTestCache(new Service(), cache).save('1');
    await clock.advance(59_999);
    expect(cache.region('products').getSync('1')).toBe('1');
    await clock.advance(1);
    expect(cache.region('products').getSync('1')).toBeUndefined();
  });

  it('does not run the method when its key is invalid', async () => {
    let calls = 0;
    class Service {
      @CachePut({ region: 'products', key: () => Number.NaN })
      async put(): Promise<void> {
        calls += 1;
      }
    }

    await expect(withTestCache(new Service()).put()).rejects.toThrow(InvalidKeyError);
    expect(calls).toBe(0);
  });

  it.each<[string, object | undefined]>([
    ['no options', undefined],
    ['no region', { key: () => 'a' }],
    ['no key', { region: 'a' }],
    ['two keys', { region: 'a', key: () => 'a', keyFromResult: () => 'a' }],
    ['a key that is no function', { region: 'a', key: 'a' }],
  ])('refuses %s when the class is defined, naming Class.method', (_what, options) => {
    const define = orderServiceWith(Reflect.apply(CachePut, undefined, [options]));

    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow(/@CachePut on OrderService\.save/);
  });
});
