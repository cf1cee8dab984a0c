import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import { instances, startedCache } from '../../../../test/support/instances/instances.js';
import { orderServiceWith } from '../../../../test/support/instances/order-service.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { CacheNotInjectedError, InvalidationNotDeliveredError, InvalidOptionsError } from '../errors.js';
import { DistributedCacheModule } from '../module/distributed-cache.module.js';
import { withTestCache } from '../testing/test-cache.js';
import { CacheEvict } from './cache-evict.decorator.js';
import { CachePut } from './cache-put.decorator.js';
import { Cacheable } from './cacheable.decorator.js';
import { Caching } from './caching.decorator.js';
import { HoldEvictions } from './hold-evictions.decorator.js';

const FAILURE = new Error('rolled back');

/** What a library for transactions does: it begins one, runs the method, and commits, or rolls back. */
function Transactional(): MethodDecorator {
  return (_target, _name, descriptor: PropertyDescriptor) => {
    const method: (this: unknown, ...args: unknown[]) => Promise<unknown> = descriptor.value;
    descriptor.value = async function (this: Products, ...args: unknown[]): Promise<unknown> {
      const result = await method.apply(this, args);
      await this.atCommit();
      return result;
    };
  };
}

class Products {
  atCommit: () => unknown = () => undefined;

  @Cacheable({ region: 'products', key: (id: string) => id })
  async find(id: string): Promise<string> {
    return `loaded ${id}`;
  }

  @HoldEvictions()
  @Transactional()
  @CacheEvict({ region: 'products', key: (id: string) => id })
  async remove(_id: string): Promise<void> {}

  @HoldEvictions()
  @CachePut({ region: 'products', key: (id: string) => id })
  @Transactional()
  async rename(_id: string, name: string): Promise<string> {
    return name;
  }

  @Caching({ evict: [{ region: 'products', all: true }] })
  @HoldEvictions()
  @Transactional()
  async removeAll(): Promise<void> {}

  @HoldEvictions()
  @Transactional()
  @CacheEvict({ region: 'products', key: (id: string) => id, beforeInvocation: true })
  async replace(_id: string): Promise<void> {}

  @HoldEvictions()
  @CacheEvict({ region: 'products', key: (id: string) => id, everywhere: true })
  async revoke(_id: string): Promise<void> {}
}

function shop(): { cache: DistributedCache; products: Products; held: () => unknown } {
  const cache = startedCache();
  const products = withTestCache(new Products(), cache);
  return { cache, products, held: () => cache.region('products').getSync('1') };
}

describe('@HoldEvictions', () => {
  it.each([
    ['@CacheEvict below', (products: Products) => products.remove('1'), undefined],
    ['@CachePut below', (products: Products) => products.rename('1', 'new'), 'new'],
    ['@Caching above', (products: Products) => products.removeAll(), undefined],
    ['beforeInvocation below', (products: Products) => products.replace('1'), undefined],
  ])('makes %s take effect once the method, with its transaction, has succeeded', async (_, change, afterwards) => {
    const { cache, products, held } = shop();
    await products.find('1');
    const seen: unknown[] = [];
    cache.on('evict', () => seen.push('evict'));
    products.atCommit = () => seen.push('commit');
    await change(products);
    expect(seen).toEqual(['commit', 'evict']);
    expect(held()).toBe(afterwards);
  });

  it.each([
    ['@CacheEvict', (products: Products) => products.remove('1')],
    ['@CachePut', (products: Products) => products.rename('1', 'never committed')],
    ['beforeInvocation', (products: Products) => products.replace('1')],
  ])('drops what %s does when the method, or its commit, fails', async (_, change) => {
    const { products, held } = shop();
    await products.find('1');
    products.atCommit = () => {
      throw FAILURE;
    };
    await expect(change(products)).rejects.toBe(FAILURE);
    expect(held()).toBe('loaded 1');
  });

  it('refuses everywhere inside, and evicts nothing then', async () => {
    const { products, held } = shop();
    await products.find('1');
    await expect(products.revoke('1')).rejects.toThrow(InvalidOptionsError);
    expect(held()).toBe('loaded 1');
  });

  it("with onUndelivered: 'throw' rejects with an error that carries the result of the method, which has succeeded", async () => {
    const { a, bridge, clock } = await instances(1).with({ onUndelivered: 'throw' }).connected();
    bridge.cut(a);
    const failure = failureOf(withTestCache(new Products(), a).rename('1', 'new'));
    await clock.advance('1m');
    expect(await failure).toBeInstanceOf(InvalidationNotDeliveredError);
    expect(await failure).toHaveProperty('result', 'new');
  });

  it('rejects without running the method when the instance has no cache', async () => {
    const products = new Products();
    let hasRun = false;
    products.atCommit = () => (hasRun = true);
    await expect(products.removeAll()).rejects.toThrow(CacheNotInjectedError);
    await expect(products.remove('1')).rejects.toThrow(CacheNotInjectedError);
    expect(hasRun).toBe(false);
  });

  it.each([
    [[], /cache is an empty list/],
    ['', /cache must be a non-empty string/],
    [['prices', ''], /cache must be a non-empty string/],
  ])('refuses %j for cache when the class is defined', (cache, message) => {
    expect(orderServiceWith(HoldEvictions({ cache }))).toThrow(message);
  });

  it('refuses a static method', () => {
    expect(() => {
      class Static {
        @HoldEvictions()
        static async run(): Promise<void> {}
      }
      return Static;
    }).toThrow(InvalidOptionsError);
  });
});

describe('@HoldEvictions with several caches', () => {
  class Orders {
    readonly seen: unknown[] = [];

    @HoldEvictions({ cache: ['prices', undefined] })
    async place(work: () => Promise<void>): Promise<string> {
      await work();
      return 'placed';
    }

    @HoldEvictions({ cache: 'prices' })
    async reprice(work: () => Promise<void>): Promise<void> {
      await work();
    }
  }

  async function orders() {
    @Module({
      imports: [DistributedCacheModule.forRoot({}), DistributedCacheModule.forRoot({ name: 'prices' })],
      providers: [Orders],
    })
    class AppModule {}
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    await app.init();
    onTestFinished(() => app.close());
    const [unnamed, prices] = [undefined, 'prices'].map((name) =>
      app.get<DistributedCache>(getDistributedCacheToken(name)),
    );
    if (!unnamed || !prices) throw new Error('no caches');
    return { service: app.get(Orders), unnamed, prices };
  }

  it('holds those that it names, and no other', async () => {
    const { service, unnamed, prices } = await orders();
    const holding = (): boolean[] => [unnamed.isHoldingEvictions, prices.isHoldingEvictions];
    const seen: boolean[][] = [];
    await service.place(async () => void seen.push(holding()));
    await service.reprice(async () => void seen.push(holding()));
    expect(seen).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  it('evicts in all of them, also when one of them was shut down', async () => {
    const { service, unnamed, prices } = await orders();
    await unnamed.region('r').set('1', 'old');
    const failure = await failureOf(
      service.place(async () => {
        await unnamed.region('r').evict('1');
        await prices.region('r').evict('1');
        await prices.close();
      }),
    );
    expect(failure).toHaveProperty('result', 'placed');
    expect(unnamed.region('r').getSync('1')).toBeUndefined();
  });
});
