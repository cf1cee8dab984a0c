import type { FactoryProvider } from '@nestjs/common';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { fillCacheSlots } from '../decorators/runtime/cache-slot.js';
import type { DistributedCacheOptions } from '../module/options/distributed-cache.options.js';
import { resolveSettings } from '../module/options/resolve-settings.js';

/** Options of a cache in a test: those of the module, but for where Redis is. @publicApi */
export interface TestCacheOptions extends Omit<
  DistributedCacheOptions,
  'redis' | 'redisConnectionString' | 'abortConnect' | 'cacheManager'
> {
  /** The name of the cache. Default: the unnamed one. */
  name?: string | undefined;
}

/**
 * A real cache as a provider, for unit tests of classes with decorated methods. Alone, unless `bridge` is given. It needs no `init()`:
 * it is ready when the testing module is compiled.
 *
 * @example
 * const module = await Test.createTestingModule({ providers: [ProductService, provideTestCache()] }).compile();
 *
 * @example <caption>In the place of an application's own, which is then never started</caption>
 * Test.createTestingModule({ imports: [AppModule] })
 *   .overrideProvider(DistributedCache).useFactory({ factory: provideTestCache().useFactory });
 *
 * @publicApi
 */
export function provideTestCache(options: TestCacheOptions = {}): FactoryProvider<DistributedCache> {
  return {
    provide: getDistributedCacheToken(options.name),
    useFactory: async () => {
      const cache = testCache(options);
      // Nothing is stored before the first sync, so a test that did not wait for it would see a miss too many, now and then.
      await cache.firstSync(1).catch(() => {});
      return cache;
    },
  };
}

/**
 * Gives `instance`, made by `new`, a cache for its decorated methods, and returns it.
 *
 * @param cache - to share one between several instances, or to look at it; default: one of its own
 *
 * @example
 * const service = withTestCache(new ProductService(repository));
 *
 * @publicApi
 */
export function withTestCache<T extends object>(instance: T, cache: DistributedCache = testCache({})): T {
  fillCacheSlots(instance, () => cache);
  return instance;
}

function testCache({ name, ...options }: TestCacheOptions): DistributedCache {
  const cache = new DistributedCache(resolveSettings(options, name), { clock: options.clock });
  cache.start(options.bridge);
  return cache;
}
