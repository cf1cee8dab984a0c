import { Inject, Injectable, type Provider, Scope } from '@nestjs/common';
import { ModuleRef, REQUEST } from '@nestjs/core';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { booted, compiled } from '../../../../../test/support/instances/booted.js';
import { startedCache } from '../../../../../test/support/instances/instances.js';
import { DistributedCache } from '../../cache/distributed-cache.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { cacheSlotsOf } from '../../decorators/runtime/cache-slot.js';
import { CacheNotInjectedError, InvalidOptionsError } from '../../errors.js';
import { withTestCache } from '../../testing/test-cache.js';

class Shop {
  calls = 0;
  @Cacheable()
  async find(id: string): Promise<string> {
    this.calls += 1;
    return id;
  }
}

class FrozenShop {
  readonly calls: string[] = [];
  constructor() {
    Object.freeze(this);
  }
  @Cacheable()
  async find(id: string): Promise<string> {
    this.calls.push(id);
    return id;
  }
}

const giving = (instance: object): Provider => ({ provide: 'shop', useValue: instance });

describe('An instance that was given to Nest by useValue', () => {
  it('uses the cache of the second application once the first one has closed', async () => {
    const shop = new Shop();
    const first = await booted({ providers: [giving(shop)] });
    await shop.find('1');
    await first.close();

    const second = await booted({ providers: [giving(shop)] });
    await shop.find('1');
    await shop.find('1');
    expect(shop.calls).toBe(2);
    expect(second.get(DistributedCache).region('Shop.find').getSync('1')).toBe('1');
  });

  it('is refused by a second application while the first one runs', async () => {
    const shop = new Shop();
    await booted({ providers: [giving(shop)] });
    const second = booted({ providers: [giving(shop)] });
    await expect(second).rejects.toThrow(InvalidOptionsError);
    await expect(second).rejects.toThrow(
      /@Cacheable on Shop\.find: .*another application, which still runs.*app\.close/s,
    );
  });

  it('uses the cache of the second application although the first one was never closed, once that one is gone', async () => {
    const shop = new Shop();
    // A cache that no application has: what is left of one that nobody closed and the garbage collector has taken.
    const forgotten = startedCache();
    await forgotten.region('Shop.find').set('1', 'old');
    for (const slot of cacheSlotsOf(shop)) slot.give(shop, forgotten);
    expect(await shop.find('1')).toBe('old');

    const second = await booted({ providers: [giving(shop)] });
    await shop.find('1');
    expect(second.get(DistributedCache).region('Shop.find').getSync('1')).toBe('1');
  });

  it('uses the cache of each testing module in turn, though none of them is initialised', async () => {
    const shop = new Shop();
    for (const expected of [1, 2, 3]) {
      const testing = await compiled({ providers: [giving(shop)] });
      await shop.find('1');
      await shop.find('1');
      expect(shop.calls).toBe(expected);
      await testing.close();
    }
  });

  it('is refused at its next call when a second testing module is compiled while the first one runs', async () => {
    const shop = new Shop();
    await compiled({ providers: [giving(shop)] });
    await shop.find('1');
    await compiled({ providers: [giving(shop)] });
    await expect(shop.find('1')).rejects.toThrow(/another application, which still runs/);
  });

  it('uses the cache of an application that boots while the one before it is still closing', async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const slow = { beforeApplicationShutdown: () => finished };
    const shop = new Shop();
    const first = await booted({ providers: [giving(shop), { provide: 'slow', useValue: slow }] });
    const closing = first.close();
    const second = await booted({ providers: [giving(shop)] });
    await shop.find('1');
    expect(second.get(DistributedCache).region('Shop.find').getSync('1')).toBe('1');
    finish();
    await closing;
  });

  it('may be frozen after Nest has made it, and be given another cache', async () => {
    class LaterFrozenShop {
      @Cacheable()
      async find(id: string): Promise<string> {
        return id;
      }
    }
    const testing = await booted({ providers: [LaterFrozenShop] });
    const shop = Object.freeze(testing.get(LaterFrozenShop));
    expect(await shop.find('1')).toBe('1');
    const cache = startedCache();
    await cache.region('LaterFrozenShop.find').set('1', 'substitute');
    withTestCache(shop, cache);
    expect(await shop.find('1')).toBe('substitute');
  });

  it('keeps what withTestCache() gave it before', async () => {
    const shop = withTestCache(new Shop());
    await shop.find('1');
    await booted({ providers: [giving(shop)] });
    await shop.find('1');
    expect(shop.calls).toBe(1);
  });

  it('uses what withTestCache() gives it afterwards', async () => {
    const shop = new Shop();
    await booted({ providers: [giving(shop)] });
    await shop.find('1');
    withTestCache(shop);
    await shop.find('1');
    expect(shop.calls).toBe(2);
    await shop.find('1');
    expect(shop.calls).toBe(2);
  });

  it('may be frozen', async () => {
    class GivenShop extends FrozenShop {}
    const testing = await booted({ providers: [giving(new GivenShop()), FrozenShop] });
    for (const shop of [testing.get<FrozenShop>('shop'), testing.get(FrozenShop)]) {
      await shop.find('1');
      await shop.find('1');
      expect(shop.calls).toEqual(['1']);
    }
  });

  it('is given the cache before the application is initialised', async () => {
    const shop = new Shop();
    await compiled({ providers: [giving(shop)] });
    await shop.find('1');
    await shop.find('1');
    expect(shop.calls).toBe(1);
  });
});

describe('The cache of an instance', () => {
  it('shows in no log line, comparison, copy or list of its properties', async () => {
    @Injectable()
    class InjectedShop extends Shop {}
    const testing = await booted({ providers: [InjectedShop, { provide: 'made', useFactory: () => new Shop() }] });
    for (const [shop, plain] of [
      [testing.get(InjectedShop), new InjectedShop()],
      [testing.get<Shop>('made'), new Shop()],
    ] as const) {
      await shop.find('1');
      plain.calls = 1;
      expect(shop).toStrictEqual(plain);
      expect(inspect(shop, { depth: 5 })).toBe(inspect(plain));
      expect(Object.getOwnPropertySymbols(Object.assign({}, shop))).toEqual([]);
    }
  });
});

describe('CacheNotInjectedError says why: the instance', () => {
  it('was called in its constructor, before Nest injects', async () => {
    @Injectable()
    class Eager extends Shop {
      readonly first = this.find('1').catch((error: unknown) => error);
    }
    const testing = await booted({ providers: [Eager] });
    const error = await testing.get(Eager).first;
    expect(error).toBeInstanceOf(CacheNotInjectedError);
    expect(error).toHaveProperty('message', expect.stringMatching(/constructor of Eager.*onModuleInit/s));
  });

  it('got the method from a class that it does not extend', async () => {
    class Copied {}
    Object.defineProperties(Copied.prototype, Object.getOwnPropertyDescriptors(Shop.prototype));
    Object.defineProperty(Copied.prototype, 'constructor', { value: Copied });
    const testing = await booted({ providers: [Copied] });
    const copied = testing.get<Shop>(Copied);
    await expect(copied.find('1')).rejects.toThrow(/copied from Shop to Copied.*Let Copied extend Shop/s);
  });

  it('was made by a request-scoped factory, which is named', async () => {
    const testing = await booted({
      providers: [{ provide: 'PER_REQUEST', scope: Scope.REQUEST, useFactory: () => new Shop() }],
    });
    const shop = await testing.resolve<Shop>('PER_REQUEST');
    await expect(shop.find('1')).rejects.toThrow(/request-scoped factory of PER_REQUEST.*moduleRef\.create\(Shop\)/s);
  });

  it('was made by new, with what to do in a test and in an application', async () => {
    await expect(new Shop().find('1')).rejects.toThrow(
      /Nest did not make it.*provideTestCache\(\).*moduleRef\.create/s,
    );
  });

  it('was called before its application has a cache, with what to do', async () => {
    const shop = new Shop();
    const asking = { provide: 'asks', useFactory: () => shop.find('1').catch((error: unknown) => String(error)) };
    const testing = await booted({ providers: [asking, giving(shop)] });
    expect(testing.get('asks')).toMatch(/not initialised yet.*app\.init\(\).*onModuleInit/s);
  });

  it('is served when the factory of the request lets Nest make it, and a key is given', async () => {
    class ShopWithKey {
      @Cacheable({ key: (id) => ['one tenant', id] })
      async find(id: string): Promise<string> {
        return id;
      }
    }
    const shop = await madeForRequest(ShopWithKey);
    expect(await shop.find('1')).toBe('1');
  });

  it('is refused when the factory of the request lets Nest make it, and the key is made of the arguments', async () => {
    class ShopOfRequest extends Shop {}
    const shop = await madeForRequest(ShopOfRequest);
    await expect(shop.find('1')).rejects.toThrow(InvalidOptionsError);
    await expect(shop.find('1')).rejects.toThrow(
      /ShopOfRequest\.find: .*request-scoped factory \(PER_REQUEST\).*Give key/s,
    );
  });
});

/** What a request-scoped factory lets Nest make. */
async function madeForRequest<T extends object>(type: new () => T): Promise<T> {
  @Injectable({ scope: Scope.REQUEST })
  class Tenant {
    constructor(@Inject(REQUEST) readonly request: unknown) {}
  }
  const testing = await booted({
    providers: [
      Tenant,
      { provide: 'PER_REQUEST', inject: [ModuleRef, Tenant], useFactory: (ref: ModuleRef) => ref.create(type) },
    ],
  });
  return testing.resolve<T>('PER_REQUEST');
}
