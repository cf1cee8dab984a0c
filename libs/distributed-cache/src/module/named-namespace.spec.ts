import { Module, type ModuleMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Test } from '@nestjs/testing';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { DistributedCacheModule } from './distributed-cache.module.js';
import type { DistributedCacheOptions } from './options/distributed-cache.options.js';

const LOCAL = { redisConnectionString: '' };
const sessions = (options: DistributedCacheOptions = {}) =>
  DistributedCacheModule.forRoot({ name: 'sessions', ...LOCAL, ...options });

/** The namespace of the cache 'sessions' in an application with these modules. */
async function namespaceIn(...imports: NonNullable<ModuleMetadata['imports']>): Promise<string> {
  const testing = await Test.createTestingModule({ imports }).compile();
  return testing.get<DistributedCache>(getDistributedCacheToken('sessions'), { strict: false }).status().namespace;
}

describe('The namespace of a named cache without one of its own', () => {
  it('follows that of the unnamed cache, whichever is registered first', async () => {
    const unnamed = DistributedCacheModule.forRoot({ ...LOCAL, namespace: 'shop' });
    expect(await namespaceIn(unnamed, sessions())).toBe('shop:sessions');
    expect(await namespaceIn(sessions(), unnamed)).toBe('shop:sessions');
  });

  it('follows that of an unnamed cache whose options come from an asynchronous factory', async () => {
    const unnamed = DistributedCacheModule.forRootAsync({
      useFactory: async () => {
        await new Promise(setImmediate);
        return { ...LOCAL, namespace: 'shop' };
      },
    });
    expect(await namespaceIn(sessions(), unnamed)).toBe('shop:sessions');
  });

  it('is made of the default where the application has no unnamed cache', async () => {
    expect(await namespaceIn(sessions())).toBe('distributed-cache:sessions');
  });

  it('is the one that is given, if one is', async () => {
    const unnamed = DistributedCacheModule.forRoot({ ...LOCAL, namespace: 'shop' });
    expect(await namespaceIn(unnamed, sessions({ namespace: 'own' }))).toBe('own');
  });

  it('follows an unnamed cache that is not global, in the module that registers both', async () => {
    @Module({ imports: [DistributedCacheModule.forRoot({ ...LOCAL, namespace: 'shop', isGlobal: false }), sessions()] })
    class CachesModule {}
    expect(await namespaceIn(CachesModule)).toBe('shop:sessions');
  });

  it('is refused where the unnamed cache is not global and gets its options too late', async () => {
    const unnamed = DistributedCacheModule.forRootAsync({
      isGlobal: false,
      useFactory: async () => {
        await new Promise(setImmediate);
        return { ...LOCAL, namespace: 'shop' };
      },
    });
    const testing = await Test.createTestingModule({ imports: [sessions(), unnamed] }).compile();
    await expect(testing.init()).rejects.toThrow("the cache 'sessions' has no namespace of its own");
    await testing.close();
  });
});
