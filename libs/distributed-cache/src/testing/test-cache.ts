import type { FactoryProvider } from '@nestjs/common';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { cacheSlotsOf } from '../decorators/runtime/cache-slot.js';
import type { DistributedCacheOptions } from '../module/options/distributed-cache.options.js';
import { resolveSettings } from '../module/options/resolve-settings.js';

/** The options of a cache in a test: those of the module, without those that lead to Redis. @publicApi */
export interface TestCacheOptions extends Omit<
  DistributedCacheOptions,
  'redis' | 'redisConnectionString' | 'abortConnect' | 'requireRedis' | 'cacheManager'
> {
  /** The name of the cache. Default: the unnamed one. */
  name?: string | undefined;
}

/**
 * A real cache as a provider, for unit tests of classes with decorated methods. It runs in local mode unless `bridge` is given, and is
 * ready when the testing module is compiled: it needs no `init()`.
 *
 * @example
 * const module = await Test.createTestingModule({ providers: [ProductService, provideTestCache()] }).compile();
 *
 * @example <caption>Replaces the cache of an application, which is then never started</caption>
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
      // Nothing is stored before the first sync. A test that did not wait for it would sometimes see a miss too many.
      await cache.firstSync(1).catch(() => {});
      return cache;
    },
  };
}

/**
 * Gives an instance that was made by `new` a cache for its decorated methods, in place of the one that it may have, and returns the instance.
 *
 * @param cache - one cache to share between several instances, or to inspect. Default: a new one in local mode.
 *
 * @example
 * const service = withTestCache(new ProductService(repository));
 *
 * @publicApi
 */
export function withTestCache<T extends object>(instance: T, cache: DistributedCache = testCache({})): T {
  for (const slot of cacheSlotsOf(instance)) slot.give(instance, cache, { isChosen: true });
  return instance;
}

function testCache({ name, ...options }: TestCacheOptions): DistributedCache {
  const cache = new DistributedCache(resolveSettings(options, { name, remembersLoaders: true }), {
    clock: options.clock,
  });
  cache.start(options.bridge);
  return cache;
}
