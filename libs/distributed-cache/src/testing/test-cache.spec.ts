import { Injectable, Logger, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { CacheEvict } from '../decorators/cache-evict.decorator.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { InjectDistributedCache } from '../decorators/inject-distributed-cache.decorator.js';
import { CacheNotInjectedError, InvalidOptionsError } from '../errors.js';
import { DistributedCacheModule } from '../module/distributed-cache.module.js';
import { CACHE_MANAGER } from '../module/boot-checks/sole-cache-manager.js';
import { InMemoryInvalidationBridge } from './in-memory-invalidation-bridge.js';
import { ManualClock } from './manual-clock.js';
import { provideTestCache, withTestCache } from './test-cache.js';

/** The source of truth, which counts how often it is asked. */
@Injectable()
class Products {
  reads = 0;
  name = 'chair';
}

@Injectable()
class ProductService {
  constructor(private readonly products: Products) {}

  @Cacheable({ region: 'products', key: (id) => id, ttl: '1m' })
  async find(id: string): Promise<string> {
    this.products.reads += 1;
    return `${id}:${this.products.name}`;
  }

  @CacheEvict({ region: 'products', key: (id) => id })
  async rename(_id: string, name: string): Promise<void> {
    this.products.name = name;
  }
}

const compiled: TestingModule[] = [];
afterEach(() => Promise.all(compiled.splice(0).map((testing) => testing.close())));

async function compile(builder: ReturnType<typeof Test.createTestingModule>): Promise<TestingModule> {
  const testing = await builder.compile();
  compiled.push(testing);
  return testing;
}

describe('provideTestCache', () => {
  it('is all that a unit test of a decorated class needs, without init()', async () => {
    const testing = await compile(
      Test.createTestingModule({ providers: [ProductService, Products, provideTestCache()] }),
    );
    const service = testing.get(ProductService);
    expect(await service.find('1')).toBe('1:chair');
    expect(await service.find('1')).toBe('1:chair');
    expect(testing.get(Products).reads).toBe(1);

    await service.rename('1', 'table');
    expect(await service.find('1')).toBe('1:table');
  });

  it('provides the cache itself, in local mode', async () => {
    const testing = await compile(Test.createTestingModule({ providers: [provideTestCache({ namespace: 'test' })] }));
    expect(testing.get(DistributedCache).status()).toMatchObject({ state: 'local', namespace: 'test' });
  });

  it('provides a named cache', async () => {
    @Injectable()
    class SessionService {
      calls = 0;
      constructor(@InjectDistributedCache('sessions') readonly sessions: DistributedCache) {}

      @Cacheable({ cache: 'sessions', region: 'sessions', key: (id) => id })
      async find(id: string): Promise<string> {
        this.calls += 1;
        return id;
      }
    }
    const testing = await compile(
      Test.createTestingModule({ providers: [SessionService, provideTestCache({ name: 'sessions' })] }),
    );
    const service = testing.get(SessionService);
    await service.find('1');
    await service.find('1');
    expect(service.calls).toBe(1);
    expect(service.sessions).toBe(testing.get(getDistributedCacheToken('sessions')));
    expect(service.sessions.status().namespace).toBe('distributed-cache:sessions');
  });

  it('takes a clock of the test', async () => {
    const clock = new ManualClock();
    const testing = await compile(
      Test.createTestingModule({ providers: [ProductService, Products, provideTestCache({ clock, ttlJitter: 0 })] }),
    );
    const service = testing.get(ProductService);
    await service.find('1');
    await clock.advance(59_999);
    await service.find('1');
    expect(testing.get(Products).reads).toBe(1);
    await clock.advance(1);
    await service.find('1');
    expect(testing.get(Products).reads).toBe(2);
  });

  it('joins an application through a bridge, and stores from the first read', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const products = new Products();
    const providers = [ProductService, { provide: Products, useValue: products }];
    const test = await compile(Test.createTestingModule({ providers: [...providers, provideTestCache({ bridge })] }));
    const application = await compile(
      Test.createTestingModule({ imports: [DistributedCacheModule.forRoot({ bridge })], providers }),
    );
    await application.init();

    await test.get(ProductService).find('1');
    await test.get(ProductService).find('1');
    expect(products.reads).toBe(1);
    await application.get(ProductService).rename('1', 'table');
    await vi.waitFor(async () => expect(await test.get(ProductService).find('1')).toBe('1:table'));
  });

  it('provides a cache also when the bridge refuses to dial', async () => {
    const bridge = new InMemoryInvalidationBridge();
    bridge.refuse('report');
    const testing = await compile(Test.createTestingModule({ providers: [provideTestCache({ bridge })] }));
    expect(testing.get(DistributedCache).status().state).toBe('connecting');
  });

  it('refuses options that are not allowed', async () => {
    await expect(Test.createTestingModule({ providers: [provideTestCache({ ttl: 0 })] }).compile()).rejects.toThrow(
      InvalidOptionsError,
    );
  });
});

describe('withTestCache', () => {
  it('gives an instance made by new a cache of its own', async () => {
    const products = new Products();
    const service = withTestCache(new ProductService(products));
    await service.find('1');
    await service.find('1');
    expect(products.reads).toBe(1);

    await withTestCache(new ProductService(products)).find('1');
    expect(products.reads).toBe(2);
  });

  it('gives several instances one cache', async () => {
    const testing = await compile(Test.createTestingModule({ providers: [provideTestCache()] }));
    const cache = testing.get(DistributedCache);
    const products = new Products();
    await withTestCache(new ProductService(products), cache).find('1');
    await withTestCache(new ProductService(products), cache).find('1');
    expect(products.reads).toBe(1);
    expect(cache.region('products').getSync('1')).toBe('1:chair');
  });
});

@Module({
  imports: [DistributedCacheModule.forRoot({ redisConnectionString: 'redis://127.0.0.1:1' })],
  providers: [ProductService, Products],
})
class AppModule {}

describe('In a test of an application, its cache', () => {
  it('can be replaced by a test cache, which connects to nothing', async () => {
    const log = vi.spyOn(Logger.prototype, 'log');
    const testing = await compile(
      Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(DistributedCache)
        .useFactory({ factory: provideTestCache({ namespace: 'test' }).useFactory }),
    );
    await testing.init();
    expect(log.mock.calls.map(([line]) => String(line)).filter((line) => line.startsWith('The cache'))).toEqual([]);
    log.mockRestore();

    const cache = testing.get(DistributedCache);
    expect(cache.status()).toMatchObject({ state: 'local', namespace: 'test' });
    expect(testing.get(CACHE_MANAGER)).toBe(cache.cacheManager);
    await testing.get(ProductService).find('1');
    await testing.get(ProductService).find('1');
    expect(testing.get(Products).reads).toBe(1);
  });

  it('that is replaced by a mock is refused', async () => {
    const testing = await compile(
      Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(DistributedCache)
        .useValue({ region: () => ({ getOrLoad: () => 'mocked' }) }),
    );
    await testing.init();
    await expect(testing.get(ProductService).find('1')).rejects.toThrow(CacheNotInjectedError);
  });

  it('that is replaced is not closed by the application', async () => {
    const cache = await provideTestCache().useFactory();
    const testing = await compile(
      Test.createTestingModule({ imports: [AppModule] })
        .overrideProvider(DistributedCache)
        .useValue(cache),
    );
    await testing.init();
    await testing.close();
    await cache.region('products').set('1', 'kept');
    expect(cache.region('products').getSync('1')).toBe('kept');
  });
});

describe('Two testing modules joined by one bridge', () => {
  function instance(bridge: InMemoryInvalidationBridge, products: Products, clock?: ManualClock) {
    return compile(
      Test.createTestingModule({
        imports: [DistributedCacheModule.forRoot({ bridge, clock })],
        providers: [ProductService, { provide: Products, useValue: products }],
      }),
    );
  }

  it('are coherent after init()', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const products = new Products();
    const [a, b] = [await instance(bridge, products), await instance(bridge, products)];
    await Promise.all([a.init(), b.init()]);

    await b.get(ProductService).find('1');
    await b.get(ProductService).find('1');
    expect(products.reads).toBe(1);
    await a.get(ProductService).rename('1', 'table');
    await vi.waitFor(async () => expect(await b.get(ProductService).find('1')).toBe('1:table'));
  });

  it('are coherent again when a cut is healed, and meanwhile stale for at most maxStaleness', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    const products = new Products();
    const [a, b] = [await instance(bridge, products, clock), await instance(bridge, products, clock)];
    await a.init();
    await b.init();
    const service = b.get(ProductService);
    await service.find('1');

    bridge.cut(b.get(DistributedCache));
    await a.get(ProductService).rename('1', 'table');
    await clock.advance('10s');
    await clock.advance(1);
    expect(await service.find('1')).toBe('1:table');

    await a.get(ProductService).rename('1', 'stool');
    bridge.heal();
    await clock.advance('5s');
    expect(b.get(DistributedCache).status().state).toBe('coherent');
    expect(await service.find('1')).toBe('1:stool');
  });

  it('load for every read and store nothing without init()', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const products = new Products();
    const [a, b] = [await instance(bridge, products), await instance(bridge, products)];
    await a.init();

    expect(await b.get(ProductService).find('1')).toBe('1:chair');
    await a.get(ProductService).rename('1', 'table');
    expect(await b.get(ProductService).find('1')).toBe('1:table');
    expect(products.reads).toBe(2);
    expect(b.get(DistributedCache).status()).toMatchObject({ state: 'connecting', leaseAge: null });
  });

  it('deliver at init() the evictions that were made before', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const products = new Products();
    const [a, b] = [await instance(bridge, products), await instance(bridge, products)];
    await b.init();
    await b.get(ProductService).find('1');

    await a.get(ProductService).rename('1', 'table');
    expect(a.get(DistributedCache).status().outbox).toBe(1);
    await a.init();
    await vi.waitFor(async () => expect(await b.get(ProductService).find('1')).toBe('1:table'));
    expect(a.get(DistributedCache).status().outbox).toBe(0);
  });
});
