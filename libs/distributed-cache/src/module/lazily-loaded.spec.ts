import { Injectable, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { booted } from '../../../../test/support/instances/booted.js';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { InvalidOptionsError, RedisUnavailableError } from '../errors.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { DistributedCacheModule } from './distributed-cache.module.js';

class Shop {
  calls = 0;
  @Cacheable()
  async find(id: string): Promise<string> {
    this.calls += 1;
    return id;
  }
}

describe('In a module that is loaded lazily', () => {
  it('a decorated method of a class uses the cache of the application', async () => {
    @Injectable()
    class LazyShop extends Shop {}
    @Module({ providers: [LazyShop] })
    class LazyModule {}
    const testing = await booted({});
    const shop = (await testing.get(LazyModuleLoader).load(() => LazyModule)).get(LazyShop);
    await shop.find('1');
    await shop.find('1');
    expect(shop.calls).toBe(1);
  });

  it('a decorated method of an instance that a factory or a value gives uses the cache of the application', async () => {
    @Module({
      providers: [
        { provide: 'made', useFactory: () => new (class Made extends Shop {})() },
        { provide: 'given', useValue: new (class Given extends Shop {})() },
      ],
    })
    class LazyModule {}
    const testing = await booted({});
    const lazy = await testing.get(LazyModuleLoader).load(() => LazyModule);
    for (const token of ['made', 'given']) {
      const shop = lazy.get<Shop>(token);
      await shop.find('1');
      await shop.find('1');
      expect(shop.calls).toBe(1);
    }
  });

  it('a request-scoped class without a key is refused at its first call', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class LazyShop extends Shop {}
    @Module({ providers: [LazyShop] })
    class LazyModule {}
    const testing = await booted({});
    const lazy = await testing.get(LazyModuleLoader).load(() => LazyModule);
    const failure = (await lazy.resolve(LazyShop)).find('1');
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(/LazyShop\.find: the class is request-scoped/);
  });

  it('two classes of one name with one default region are refused at their first call', async () => {
    const another = (): new () => Shop => {
      @Injectable()
      class LazyShop extends Shop {}
      return LazyShop;
    };
    const [one, other] = [another(), another()];
    @Module({ providers: [other] })
    class LazyModule {}
    const testing = await booted({ providers: [one] });
    const lazy = await testing.get(LazyModuleLoader).load(() => LazyModule);
    await expect(lazy.get(other).find('1')).rejects.toThrow(/two classes named LazyShop/);
  });

  it('a cache starts, reaches the other instances, and leaves when the application closes', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const options = { name: 'lazy', namespace: 'shop', bridge };
    @Module({ imports: [DistributedCacheModule.forRoot(options)] })
    class LazyModule {}
    const testing = await booted({});
    const peer = (await booted({ imports: [DistributedCacheModule.forRoot(options)] })).get<DistributedCache>(
      getDistributedCacheToken('lazy'),
    );
    const lazy = await testing.get(LazyModuleLoader).load(() => LazyModule);
    const cache = lazy.get<DistributedCache>(getDistributedCacheToken('lazy'), { strict: false });
    expect(cache.status().state).toBe('coherent');

    await peer.region('products').set('1', 'old');
    expect(await cache.region('products').evict('1', { everywhere: true })).toMatchObject({ instances: 2 });
    expect(peer.region('products').getSync('1')).toBeUndefined();

    await testing.close();
    expect(cache.isClosed).toBe(true);
  });

  it('a cache whose registration is a mistake makes the loading fail, and nothing else', async () => {
    @Module({ imports: [DistributedCacheModule.forRoot({ redisConnectionString: '' })] })
    class SecondModule {}
    const testing = await booted({});
    const loading = testing.get(LazyModuleLoader).load(() => SecondModule);
    await expect(loading).rejects.toThrow(/registers the unnamed cache twice/);
    expect(testing.get(DistributedCache).isClosed).toBe(false);
  });

  it('a cache with abortConnect makes the loading fail when Redis cannot be reached', async () => {
    const redisConnectionString = '127.0.0.1:1,abortConnect=true,connectRetry=1';
    @Module({ imports: [DistributedCacheModule.forRoot({ name: 'lazy', redisConnectionString })] })
    class LazyModule {}
    const testing = await booted({});
    await expect(testing.get(LazyModuleLoader).load(() => LazyModule)).rejects.toThrow(RedisUnavailableError);
  });
});
