import { describe, expect, it, vi } from 'vitest';
import { Logger } from '@nestjs/common';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { orderServiceWith } from '../../../../test/support/instances/order-service.js';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withTestCache } from '../testing/test-cache.js';
import { defaultKey } from '../keys/default-key.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { InvalidationNotDeliveredError, InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { CacheEvict } from './cache-evict.decorator.js';

const REGIONS = ['products', 'orders'];
const KEYS = ['1', '2', '3'];

/** The keys that are still stored, by region. */
function left(cache: DistributedCache): Record<string, string[]> {
  return Object.fromEntries(
    REGIONS.map((name) => [name, KEYS.filter((key) => cache.region(name).getSync(key) !== undefined)]),
  );
}

async function filled(cache = startedCache()): Promise<DistributedCache> {
  for (const name of REGIONS)
    for (const key of KEYS) await cache.region(name).set(key, `${name} ${key}`, { tags: [`tag:${key}`] });
  return cache;
}

class ProductService {
  seen: unknown[] = [];

  @CacheEvict({ region: 'products', key: (id) => id })
  async one(id: string): Promise<void> {
    this.seen.push(id);
  }
  @CacheEvict({ region: 'products', keys: (ids) => ids })
  async many(_ids: string[]): Promise<void> {}
  @CacheEvict({ region: 'products', keyFromResult: (id) => id })
  async byResult(): Promise<string> {
    return '2';
  }
  @CacheEvict({ region: 'products', all: true })
  async all(): Promise<void> {}
  @CacheEvict({ region: 'products' })
  async byArguments(_id: string): Promise<void> {}
  @CacheEvict({ tags: (product, id) => [`tag:${product}`, `tag:${id}`] })
  async onlyTags(_id: string): Promise<string> {
    return '2';
  }
  @CacheEvict({ region: 'products', key: (id) => id, tags: ['tag:3'] })
  async keyAndTags(_id: string): Promise<void> {}
  @CacheEvict({ region: 'products', key: (id) => id, condition: (id) => id !== '1' })
  async conditional(_id: string): Promise<void> {}
}

describe('@CacheEvict', () => {
  it.each<[string, (service: ProductService) => Promise<unknown>, string[], string[]]>([
    ['one key of the arguments', (service) => service.one('1'), ['2', '3'], KEYS],
    ['many keys of the arguments', (service) => service.many(['1', '3']), ['2'], KEYS],
    ['no key at all', (service) => service.many([]), KEYS, KEYS],
    ['one key of the result', (service) => service.byResult(), ['1', '3'], KEYS],
    ['the whole region', (service) => service.all(), [], KEYS],
    ['the default key of all arguments', (service) => service.byArguments('1'), ['2', '3'], KEYS],
    ['tags alone, of every region', (service) => service.onlyTags('1'), ['3'], ['3']],
    ['a key and tags', (service) => service.keyAndTags('1'), ['2'], ['1', '2']],
    ['nothing while the condition does not hold', (service) => service.conditional('1'), KEYS, KEYS],
    ['something when the condition holds', (service) => service.conditional('2'), ['1', '3'], KEYS],
  ])('evicts %s', async (_what, call, products, orders) => {
    const cache = await filled();
    await call(withTestCache(new ProductService(), cache));
    expect(left(cache)).toEqual({ products, orders });
  });

  it('evicts the default key of the default region when it has no attributes', async () => {
    class ListService {
      @CacheEvict()
      async drop(_page: number, _size: number): Promise<void> {}
    }
    const cache = startedCache();
    await cache.region('ListService.drop').set(defaultKey(1, 20), 'list');

    await withTestCache(new ListService(), cache).drop(1, 20);
    expect(cache.region('ListService.drop').getSync(defaultKey(1, 20))).toBeUndefined();
  });

  it('evicts after the method succeeded, and nothing when it failed', async () => {
    const cache = await filled();
    class Service {
      @CacheEvict({ region: 'products', key: (id) => id })
      async remove(id: string): Promise<string[]> {
        if (id === '2') throw new RangeError('refused');
        return left(cache)['products'] ?? [];
      }
    }
    const service = withTestCache(new Service(), cache);

    expect(await service.remove('1')).toContain('1');
    await expect(service.remove('2')).rejects.toThrow(RangeError);
    expect(left(cache)['products']).toEqual(['2', '3']);
  });

  it('evicts before the method with beforeInvocation, also when that fails; tags then take the arguments', async () => {
    const cache = await filled();
    class Service {
      @CacheEvict({ region: 'products', key: (id) => id, beforeInvocation: true, tags: (_id, tag) => `tag:${tag}` })
      async remove(_id: string, _tag: string): Promise<void> {
        throw new RangeError(JSON.stringify(left(cache)));
      }
    }

    const failure = { products: ['2'], orders: ['1', '2'] };
    await expect(withTestCache(new Service(), cache).remove('1', '3')).rejects.toThrow(JSON.stringify(failure));
  });

  it('evicts on an error when evictOnError(error, …args) is true, and passes the error on', async () => {
    const cache = await filled();
    class Service {
      isTolerant = false;
      @CacheEvict({
        region: 'products',
        key: (id) => id,
        tags: ['tag:3'],
        evictOnError(error, id) {
          return this.isTolerant && error instanceof RangeError && id === '1';
        },
      })
      async remove(_id: string): Promise<void> {
        throw new RangeError('refused');
      }
    }
    const service = withTestCache(new Service(), cache);

    await expect(service.remove('1')).rejects.toThrow('refused');
    expect(left(cache)['products']).toEqual(KEYS);
    service.isTolerant = true;
    await expect(service.remove('1')).rejects.toThrow('refused');
    expect(left(cache)['products']).toEqual(['2']);
  });

  it('passes on the error of the method when evictOnError fails itself, and logs that', async () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    class Service {
      @CacheEvict({
        region: 'products',
        evictOnError: () => {
          throw new TypeError('broken callback');
        },
      })
      async remove(): Promise<void> {
        throw new RangeError('refused');
      }
    }

    await expect(withTestCache(new Service()).remove()).rejects.toThrow(RangeError);
    expect(logged).toHaveBeenCalledWith(
      expect.objectContaining({ method: 'Service.remove', error: 'broken callback' }),
    );
    logged.mockRestore();
  });

  it('does not run the method when key, keys or condition throw or give no valid key', async () => {
    class Service {
      calls = 0;
      @CacheEvict({ region: 'products', key: () => [] })
      async noKey(): Promise<void> {
        this.calls += 1;
      }
      @CacheEvict({ region: 'products', keys: () => ['1', Number.NaN] })
      async noKeys(): Promise<void> {
        this.calls += 1;
      }
      @CacheEvict({
        region: 'products',
        condition: () => {
          throw new InvalidKeyError('condition');
        },
      })
      async noCondition(): Promise<void> {
        this.calls += 1;
      }
    }
    const service = withTestCache(new Service());

    await expect(service.noKey()).rejects.toThrow(InvalidKeyError);
    await expect(service.noKeys()).rejects.toThrow(InvalidKeyError);
    await expect(service.noCondition()).rejects.toThrow(InvalidKeyError);
    expect(service.calls).toBe(0);
  });

  it('evicts all possible targets when a callback that takes the result fails: the method has changed something', async () => {
    const cache = await filled();
    const mistake = new Error('mistake in a callback');
    class Service {
      @CacheEvict({ region: 'products', key: (id) => id, tags: () => [''] })
      async badTag(_id: string): Promise<void> {}
      @CacheEvict({
        region: 'orders',
        keyFromResult: () => {
          throw mistake;
        },
      })
      async badKey(): Promise<void> {}
    }

    await expect(withTestCache(new Service(), cache).badTag('1')).rejects.toThrow(InvalidKeyError);
    expect(left(cache)).toEqual({ products: ['2', '3'], orders: KEYS });
    await expect(withTestCache(new Service(), cache).badKey()).rejects.toBe(mistake);
    expect(left(cache)).toEqual({ products: ['2', '3'], orders: [] });
  });

  it('does not run the method when a tag of the attributes is invalid', async () => {
    const cache = await filled();
    class Service {
      calls = 0;
      @CacheEvict({ region: 'products', key: (id) => id, tags: [''] })
      async badTag(_id: string): Promise<void> {
        this.calls += 1;
      }
    }
    const service = withTestCache(new Service(), cache);

    await expect(service.badTag('1')).rejects.toThrow(InvalidKeyError);
    expect([service.calls, left(cache)]).toEqual([0, { products: KEYS, orders: KEYS }]);
  });

  it('evicts the tags of the attributes when keyFromResult fails', async () => {
    const cache = await filled();
    class Service {
      @CacheEvict({ region: 'products', keyFromResult: () => Number.NaN, tags: ['tag:3'] })
      async badKey(): Promise<void> {}
    }

    await expect(withTestCache(new Service(), cache).badKey()).rejects.toThrow(InvalidKeyError);
    expect(left(cache)).toEqual({ products: [], orders: ['1', '2'] });
  });

  it('publishes all of its targets in one message', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const here = startedCache({ bridge, clock });
    const there = startedCache({ bridge, clock });
    await clock.advance(0);
    await filled(there);
    const { published } = here.stats().bridge;

    await withTestCache(new ProductService(), here).keyAndTags('1');
    expect(left(there)).toEqual({ products: ['2'], orders: ['1', '2'] });
    expect(here.stats().bridge.published - published).toBe(1);
  });

  it('rejects with an error that carries the result of each caller when only the delivery fails', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const cache = startedCache({ bridge, clock, onUndelivered: 'throw' });
    await clock.advance(0);
    class Service {
      @CacheEvict({ region: 'products', key: (id) => id })
      async remove(id: string): Promise<string> {
        return `removed ${id}`;
      }
    }
    const service = withTestCache(new Service(), cache);
    bridge.refuse('retry');

    const failures = Promise.all(
      ['1', '2'].map((id) =>
        service.remove(id).then(
          () => expect.unreachable(),
          (error: unknown) => error,
        ),
      ),
    );
    await clock.advance(1_001);
    const [first, second] = await failures;
    expect(first).toBeInstanceOf(InvalidationNotDeliveredError);
    expect(first).toMatchObject({ code: 'INVALIDATION_NOT_DELIVERED', result: 'removed 1' });
    expect(second).toMatchObject({ code: 'INVALIDATION_NOT_DELIVERED', result: 'removed 2' });
  });

  it('with everywhere waits until no instance can serve the old value, and carries the result in the error when that fails', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const [here, there] = [startedCache({ bridge, clock }), startedCache({ bridge, clock })];
    await clock.advance(0);
    class Service {
      @CacheEvict({ region: 'products', key: (id) => id, tags: ['tag:1'], everywhere: { timeout: '500ms' } })
      async revoke(id: string): Promise<string> {
        return `revoked ${id}`;
      }
      @CacheEvict({ region: 'products', key: (id) => id, everywhere: true })
      async withPatience(id: string): Promise<string> {
        return `revoked ${id}`;
      }
    }
    const service = withTestCache(new Service(), here);
    expect(await service.revoke('1')).toBe('revoked 1');

    bridge.cut(there, { silently: true });
    const failure = failureOf(service.revoke('1'));
    const patient = service.withPatience('2');
    await clock.advance(500);
    expect(await failure).toMatchObject({
      code: 'INVALIDATION_NOT_CONFIRMED',
      missing: [there.status().instanceId],
      result: 'revoked 1',
    });
    // The maxStaleness of the instance that is cut off.
    await clock.advance('10s');
    expect(await patient).toBe('revoked 2');
  });

  it('resolves when the cache was closed during the method and there is nothing to evict', async () => {
    const cache = startedCache();
    const service = withTestCache(new ProductService(), cache);
    await cache.close();

    await expect(service.many([])).resolves.toBeUndefined();
  });

  it('rejects with an error that carries the result when the cache was closed during the method', async () => {
    const cache = startedCache();
    const service = withTestCache(new ProductService(), cache);
    await cache.close();

    await expect(service.byResult()).rejects.toMatchObject({ code: 'CACHE_CLOSED', result: '2' });
  });

  it.each<[string, object]>([
    ['all and key', { region: 'a', all: true, key: () => 'a' }],
    ['key and keys', { region: 'a', key: () => 'a', keys: () => ['a'] }],
    ['key and keyFromResult', { region: 'a', key: () => 'a', keyFromResult: () => 'a' }],
    ['beforeInvocation and keyFromResult', { region: 'a', beforeInvocation: true, keyFromResult: () => 'a' }],
    ['evictOnError and keyFromResult', { region: 'a', evictOnError: () => true, keyFromResult: () => 'a' }],
    ['evictOnError and tags that take the result', { tags: () => 'a', evictOnError: () => true }],
    ['evictOnError and beforeInvocation', { region: 'a', evictOnError: () => true, beforeInvocation: true }],
    ['everywhere that is no timeout', { region: 'a', all: true, everywhere: '5s' }],
    ['everywhere with a timeout of 0', { region: 'a', all: true, everywhere: { timeout: 0 } }],
    ['keys that are no function', { region: 'a', keys: ['a'] }],
  ])('refuses %s when the class is defined, naming Class.method', (_what, options) => {
    const define = orderServiceWith(Reflect.apply(CacheEvict, undefined, [options]));

    expect(define).toThrow(InvalidOptionsError);
    expect(define).toThrow(/@CacheEvict on OrderService\.save/);
  });
});
