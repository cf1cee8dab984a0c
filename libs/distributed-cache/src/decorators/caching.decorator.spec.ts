import { describe, expect, it } from 'vitest';
import { orderServiceWith } from '../../../../test/support/instances/order-service.js';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withTestCache } from '../testing/test-cache.js';
import { InvalidationNotDeliveredError, InvalidKeyError, InvalidOptionsError } from '../errors.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { cacheSlotsOf } from './runtime/cache-slot.js';
import { Caching } from './caching.decorator.js';

interface Product {
  readonly id: string;
  readonly slug: string;
}

class ProductService {
  calls = 0;

  @Caching({
    put: [
      { region: 'by-id', key: (id) => id },
      { region: 'by-slug', keyFromResult: (product) => product.slug },
    ],
    evict: [{ region: 'lists', all: true }, { tags: (product) => [`slug:${product.slug}`] }],
  })
  async rename(id: string, slug: string): Promise<Product> {
    this.calls += 1;
    return { id, slug };
  }

  @Caching({
    cacheable: { region: 'by-slug', key: (slug) => slug, unless: (product) => product.id === '' },
    put: [{ region: 'by-id', keyFromResult: (product) => product.id }],
    evict: [
      { region: 'lists', key: () => 'first' },
      { region: 'early', all: true, beforeInvocation: true },
    ],
  })
  async findBySlug(slug: string): Promise<Product> {
    this.calls += 1;
    return { id: `id of ${slug}`, slug };
  }
}

describe('@Caching', () => {
  it('applies all its puts and evictions in one call', async () => {
    const cache = startedCache();
    await cache.region('lists').set('first', 'list');
    await cache.region('prices').set('1', 10, { tags: 'slug:new' });

    const product = await withTestCache(new ProductService(), cache).rename('1', 'new');
    expect(cache.region('by-id').getSync('1')).toBe(product);
    expect(cache.region('by-slug').getSync('new')).toBe(product);
    expect(cache.region('lists').getSync('first')).toBeUndefined();
    expect(cache.region('prices').getSync('1')).toBeUndefined();
  });

  it('publishes all its puts and evictions in one message', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const cache = startedCache({ bridge, clock });
    await clock.advance(0);
    const { published } = cache.stats().bridge;

    await withTestCache(new ProductService(), cache).rename('1', 'new');
    expect(cache.stats().bridge.published - published).toBe(1);
  });

  it('puts and evicts nothing on a hit, when the method does not run', async () => {
    const cache = startedCache();
    const service = withTestCache(new ProductService(), cache);

    const loaded = await service.findBySlug('a');
    expect(cache.region('by-id').getSync('id of a')).toBe(loaded);
    await cache.clear();
    await service.findBySlug('a');
    await cache.region('by-id').evict('id of a');
    await cache.region('lists').set('first', 'list');

    expect(await service.findBySlug('a')).toEqual(loaded);
    expect(service.calls).toBe(2);
    expect(cache.region('by-id').getSync('id of a')).toBeUndefined();
    expect(cache.region('lists').getSync('first')).toBe('list');
  });

  it('applies evictions with beforeInvocation at every call, before it reads', async () => {
    const cache = startedCache();
    const service = withTestCache(new ProductService(), cache);
    await service.findBySlug('a');
    await cache.region('early').set('1', 'value');

    await service.findBySlug('a');
    expect(service.calls).toBe(1);
    expect(cache.region('early').getSync('1')).toBeUndefined();
  });

  it('does not store a result that an eviction of the same call covers', async () => {
    class Service {
      calls = 0;
      @Caching({ cacheable: { region: 'a', key: () => '1' }, evict: [{ region: 'a', all: true }] })
      async read(): Promise<number> {
        return (this.calls += 1);
      }
      @Caching({ put: [{ region: 'b', key: () => '1' }], evict: [{ region: 'b', all: true }] })
      async put(): Promise<number> {
        return 1;
      }
    }
    const cache = startedCache();
    const service = withTestCache(new Service(), cache);

    expect([await service.read(), await service.read()]).toEqual([1, 2]);
    expect(await service.put()).toBe(1);
    expect(cache.region('b').getSync('1')).toBeUndefined();
  });

  it('checks every key before the method changes anything', async () => {
    let calls = 0;
    class Service {
      @Caching({
        put: [{ region: 'a', key: () => '1' }],
        evict: [
          {
            region: 'b',
            key: () => {
              throw new RangeError('no key');
            },
          },
        ],
      })
      async change(): Promise<void> {
        calls += 1;
      }
    }

    await expect(withTestCache(new Service()).change()).rejects.toThrow(RangeError);
    expect(calls).toBe(0);
  });

  it('skips operations whose condition is not true, and applies the others', async () => {
    class Service {
      @Caching({
        put: [{ region: 'a', key: (id) => id, condition: () => false }],
        evict: [
          { region: 'b', key: (id) => id, condition: () => false },
          { region: 'c', key: (id) => id, condition: () => true },
        ],
      })
      async change(id: string): Promise<string> {
        return id;
      }
    }
    const cache = startedCache();
    for (const region of ['a', 'b', 'c']) await cache.region(region).set('1', 'old');

    await withTestCache(new Service(), cache).change('1');
    expect(['a', 'b', 'c'].map((region) => cache.region(region).getSync('1'))).toEqual(['old', 'old', undefined]);
  });

  it('applies its operations to several caches', async () => {
    class Service {
      @Caching({
        put: [
          { region: 'a', key: (id) => id },
          { region: 'a', key: (id) => id, cache: 'second' },
        ],
        evict: [{ region: 'b', all: true, cache: 'third' }],
      })
      async change(id: string): Promise<string> {
        return id;
      }
    }
    const [first, second, third] = [startedCache(), startedCache(), startedCache()];
    await third.region('b').set('1', 'old');
    const service = new Service();
    giveCaches(service, { second, third }, first);

    expect(await service.change('1')).toBe('1');
    expect(first.region('a').getSync('1')).toBe('1');
    expect(second.region('a').getSync('1')).toBe('1');
    expect(third.region('b').getSync('1')).toBeUndefined();
  });

  it('leaves no old value when a callback fails after the method', async () => {
    const mistake = new Error('mistake in a callback');
    const failing = (): never => {
      throw mistake;
    };
    class Service {
      @Caching({ put: [{ region: 'a', key: (id) => id }], evict: [{ tags: failing }] })
      async failingEviction(id: string): Promise<string> {
        return id;
      }
      @Caching({ put: [{ region: 'a', key: (id) => id, tags: () => [''] }] })
      async badTag(id: string): Promise<string> {
        return id;
      }
      @Caching({
        put: [
          { region: 'a', key: (id) => id, ttl: failing },
          { region: 'b', key: (id) => id, cache: 'second' },
        ],
        evict: [{ region: 'c', key: (id) => id }],
      })
      async severalCaches(id: string): Promise<string> {
        return id;
      }
    }
    const [first, second] = [startedCache(), startedCache()];
    const service = new Service();
    giveCaches(service, { second }, first);
    const fill = async (): Promise<void> => {
      for (const region of ['a', 'c']) await first.region(region).set('1', 'old');
      await second.region('b').set('1', 'old');
    };
    const left = (): unknown[] => [
      first.region('a').getSync('1'),
      second.region('b').getSync('1'),
      first.region('c').getSync('1'),
    ];

    await fill();
    await expect(service.failingEviction('1')).rejects.toBe(mistake);
    expect(left()).toEqual([undefined, 'old', 'old']);
    await fill();
    await expect(service.badTag('1')).rejects.toThrow(InvalidKeyError);
    expect(left()).toEqual([undefined, 'old', 'old']);
    await fill();
    await expect(service.severalCaches('1')).rejects.toBe(mistake);
    expect(left()).toEqual([undefined, undefined, undefined]);
  });

  it('rejects with an error that carries the result when only the delivery fails', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const cache = startedCache({ bridge, clock, onUndelivered: 'throw' });
    await clock.advance(0);
    bridge.refuse('retry');

    const failure = withTestCache(new ProductService(), cache)
      .rename('1', 'new')
      .catch((error: unknown) => error);
    await clock.advance(1_001);
    expect(await failure).toBeInstanceOf(InvalidationNotDeliveredError);
    expect(await failure).toMatchObject({ result: { id: '1', slug: 'new' } });
  });

  it.each<[string, object]>([
    ['nothing to do', {}],
    ['a put without a key', { put: [{ region: 'a' }] }],
    ['an eviction that contradicts itself', { evict: [{ region: 'a', all: true, key: () => 'a' }] }],
    ['a TTL that is none', { cacheable: { ttl: 'soon' } }],
  ])('refuses %s when the class is defined, naming Class.method', (_what, options) => {
    const define = orderServiceWith(Reflect.apply(Caching, undefined, [options]));

    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow(/@Caching on OrderService\.save/);
  });
});

/** Gives each slot of the instance the cache of its name. @param unnamed - for a slot of the unnamed cache */
function giveCaches(
  instance: object,
  named: Readonly<Record<string, DistributedCache>>,
  unnamed: DistributedCache,
): void {
  for (const slot of cacheSlotsOf(instance)) slot.give(instance, named[slot.cache ?? ''] ?? unnamed);
}
