import { CacheModule } from '@nestjs/cache-manager';
import { Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { Cache } from 'cache-manager';
import { describe, expect, it } from 'vitest';
import { DistributedCache } from '../../cache/distributed-cache.js';
import { InvalidOptionsError } from '../../errors.js';
import { DistributedCacheModule } from '../distributed-cache.module.js';
import { CACHE_MANAGER } from './sole-cache-manager.js';

const LOCAL = { redisConnectionString: '' };

@Module({ providers: [{ provide: 'CACHE_MANAGER', useValue: { mine: true } }], exports: ['CACHE_MANAGER'] })
class LegacyCacheModule {}

/** The application's provider of the token; boots and shuts down. */
async function tokenIn(...imports: (DynamicModule | (new () => object))[]): Promise<unknown> {
  const testing = await Test.createTestingModule({ imports }).compile();
  await testing.init();
  const token = testing.get<unknown>(CACHE_MANAGER, { strict: false });
  await testing.close();
  return token;
}

describe('Another provider of CACHE_MANAGER', () => {
  it('is refused at boot, naming both modules', async () => {
    const failure = tokenIn(LegacyCacheModule, DistributedCacheModule.forRoot(LOCAL));
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /LegacyCacheModule and DistributedCacheModule both provide the token 'CACHE_MANAGER'/,
    );
  });

  it('is refused in whichever order they are imported', async () => {
    await expect(tokenIn(DistributedCacheModule.forRoot(LOCAL), LegacyCacheModule)).rejects.toThrow(
      /LegacyCacheModule and DistributedCacheModule/,
    );
  });

  it('is refused when it is the module of @nestjs/cache-manager', async () => {
    const theirs = CacheModule.register({ isGlobal: true });
    await expect(tokenIn(theirs, DistributedCacheModule.forRoot(LOCAL))).rejects.toThrow(
      /^CacheModule and DistributedCacheModule both provide .* Remove it from CacheModule: .*forRoot\(\{ cacheManager: false \}\)/,
    );
  });

  it('is accepted with cacheManager: false', async () => {
    const given = { mine: true };
    expect(await tokenIn(LegacyCacheModule, DistributedCacheModule.forRoot({ ...LOCAL, cacheManager: false }))).toEqual(
      given,
    );
    const asynchronous = DistributedCacheModule.forRootAsync({ cacheManager: false, useFactory: () => LOCAL });
    expect(await tokenIn(LegacyCacheModule, asynchronous)).toEqual(given);
  });

  it('is accepted beside a named cache, which does not provide the token', async () => {
    const named = DistributedCacheModule.forRoot({ ...LOCAL, name: 'sessions' });
    expect(await tokenIn(LegacyCacheModule, named)).toEqual({ mine: true });
  });

  it('is not seen in a module that re-exports ours', async () => {
    @Module({
      providers: [
        {
          provide: CACHE_MANAGER,
          inject: [DistributedCache],
          useFactory: (cache: DistributedCache) => cache.cacheManager,
        },
      ],
    })
    class PassingOnModule {}
    await expect(tokenIn(PassingOnModule, DistributedCacheModule.forRoot(LOCAL))).resolves.toBeDefined();
  });

  it('is not seen in a subclass of our module', async () => {
    class ShopCacheModule extends DistributedCacheModule {}
    await expect(tokenIn(ShopCacheModule.forRoot(LOCAL))).resolves.toBeDefined();
  });

  it('is accepted as an override of a test', async () => {
    const testing = await Test.createTestingModule({ imports: [DistributedCacheModule.forRoot(LOCAL)] })
      .overrideProvider(CACHE_MANAGER)
      .useValue({ fake: true })
      .compile();
    await testing.init();
    expect(testing.get<Cache>(CACHE_MANAGER)).toEqual({ fake: true });
    await testing.close();
  });
});
