import { Controller, Get, Inject, Injectable, Module, Param, UseInterceptors } from '@nestjs/common';
import { CACHE_MANAGER as THEIR_CACHE_MANAGER, CacheInterceptor, CacheKey, CacheTTL } from '@nestjs/cache-manager';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Cache } from 'cache-manager';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DistributedCache } from '../../cache/distributed-cache.js';
import { InMemoryInvalidationBridge } from '../../testing/in-memory-invalidation-bridge.js';
import { DistributedCacheModule } from '../distributed-cache.module.js';
import { CACHE_MANAGER } from './sole-cache-manager.js';

@Injectable()
class LegacyService {
  constructor(@Inject(CACHE_MANAGER) readonly cacheManager: Cache) {}
}

const started: TestingModule[] = [];
afterEach(() => Promise.all(started.splice(0).map((testing) => testing.close())));

async function boot(bridge?: InMemoryInvalidationBridge): Promise<TestingModule> {
  const options = bridge ? { bridge } : { redisConnectionString: '' };
  const testing = await Test.createTestingModule({
    imports: [DistributedCacheModule.forRoot(options)],
    providers: [LegacyService],
  }).compile();
  started.push(testing);
  return testing.init();
}

describe('The token CACHE_MANAGER', () => {
  it('is the token of @nestjs/cache-manager', () => {
    expect(CACHE_MANAGER).toBe(THEIR_CACHE_MANAGER);
  });

  it("gives a cache-manager Cache on region 'default'", async () => {
    const testing = await boot();
    const { cacheManager } = testing.get(LegacyService);
    const cache = testing.get(DistributedCache);
    expect(cacheManager).toBe(cache.cacheManager);

    await cacheManager.set('1', { name: 'chair' }, 60_000);
    expect(await cacheManager.get('1')).toEqual({ name: 'chair' });
    expect(cache.region('default').getSync('1')).toEqual({ name: 'chair' });
    expect(await cacheManager.wrap('2', async () => 'loaded')).toBe('loaded');
    expect(cache.region('default').getSync('2')).toBe('loaded');
  });

  it('gives a Cache that deletes in every instance', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const [a, b] = [await boot(bridge), await boot(bridge)].map((testing) => testing.get(LegacyService).cacheManager);
    await b?.set('1', 'old');
    await a?.del('1');
    await vi.waitFor(async () => expect(await b?.get('1')).toBeUndefined());
  });
});

describe('CacheInterceptor of @nestjs/cache-manager', () => {
  it('caches the answer of a handler, without a change of the application', async () => {
    let calls = 0;

    @Controller('products')
    @UseInterceptors(CacheInterceptor)
    class ProductsController {
      @Get('all')
      @CacheKey('all-products')
      @CacheTTL(60_000)
      all(): string[] {
        calls += 1;
        return ['chair'];
      }

      @Get(':id')
      one(@Param('id') id: string): { id: string } {
        calls += 1;
        return { id };
      }
    }
    @Module({
      imports: [DistributedCacheModule.forRoot({ redisConnectionString: '' })],
      controllers: [ProductsController],
    })
    class AppModule {}

    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const answer = async (path: string): Promise<unknown> => (await fetch(`${url}/products/${path}`)).json();

    for (const path of ['1', '1', '2', 'all', 'all']) await answer(path);
    expect(calls).toBe(3);
    expect(await answer('2')).toEqual({ id: '2' });
    expect(await answer('all')).toEqual(['chair']);

    const cacheManager = app.get<Cache>(CACHE_MANAGER);
    expect(await cacheManager.get('all-products')).toEqual(['chair']);
    await cacheManager.del('/products/1');
    await answer('1');
    expect(calls).toBe(4);
    await app.close();
  });
});
