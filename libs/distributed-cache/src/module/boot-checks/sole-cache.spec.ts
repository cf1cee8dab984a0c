import { Module, type DynamicModule } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DistributedCache } from '../../cache/distributed-cache.js';
import { InvalidOptionsError } from '../../errors.js';
import { InMemoryInvalidationBridge } from '../../testing/in-memory-invalidation-bridge.js';
import { DistributedCacheModule } from '../distributed-cache.module.js';

const started: TestingModule[] = [];
afterEach(() => Promise.all(started.splice(0).map((testing) => testing.close())));

async function boot(...imports: (DynamicModule | (new () => object))[]): Promise<TestingModule> {
  const testing = await Test.createTestingModule({ imports }).compile();
  started.push(testing);
  return testing.init();
}

describe('Two registrations in one application', () => {
  it('of the unnamed cache are refused at boot', async () => {
    @Module({ imports: [DistributedCacheModule.forRoot({ redisConnectionString: '' })] })
    class ProductsModule {}

    const failure = boot(ProductsModule, DistributedCacheModule.forRoot({ redisConnectionString: '', ttl: '1m' }));
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /DistributedCacheModule registers the unnamed cache twice\. Register it once, in the root module/,
    );
  });

  it('of one name are refused at boot, by forRoot or forRootAsync', async () => {
    const sessions = { name: 'sessions', redisConnectionString: '' };
    await expect(
      boot(
        DistributedCacheModule.forRoot(sessions),
        DistributedCacheModule.forRootAsync({ name: 'sessions', useFactory: () => ({ redisConnectionString: '' }) }),
      ),
    ).rejects.toThrow(/registers the cache 'sessions' twice/);
  });

  it('with one namespace on one bridge are refused at boot, before anything is connected', async () => {
    const bridge = new InMemoryInvalidationBridge();
    const dial = bridge.dial.bind(bridge);
    let dials = 0;
    bridge.dial = (...args) => {
      dials += 1;
      return dial(...args);
    };
    const failure = boot(
      DistributedCacheModule.forRoot({ bridge, namespace: 'shop' }),
      DistributedCacheModule.forRoot({ bridge, namespace: 'shop', name: 'sessions' }),
    );
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      "DistributedCacheModule: the unnamed cache and the cache 'sessions' share the namespace 'shop' on one Redis. " +
        'Give each its own namespace, or leave the option out: the default contains the name of the cache.',
    );
    expect(dials).toBe(0);
  });

  it('with one namespace on one Redis are refused at boot, in whichever database', async () => {
    await expect(
      boot(
        DistributedCacheModule.forRoot({ redisConnectionString: 'redis://127.0.0.1:1/1', namespace: 'shop' }),
        DistributedCacheModule.forRoot({ name: 'b', redisConnectionString: '127.0.0.1:1', namespace: 'shop' }),
      ),
    ).rejects.toThrow(/share the namespace 'shop' on one Redis/);
  });

  it('are accepted with one bridge and two namespaces, and with one namespace and two bridges', async () => {
    const bridge = new InMemoryInvalidationBridge();
    await expect(
      boot(
        DistributedCacheModule.forRoot({ bridge }),
        DistributedCacheModule.forRoot({ bridge, name: 'a' }),
        DistributedCacheModule.forRoot({ bridge: new InMemoryInvalidationBridge(), name: 'b', namespace: 'shop' }),
        DistributedCacheModule.forRoot({ bridge: new InMemoryInvalidationBridge(), name: 'c', namespace: 'shop' }),
      ),
    ).resolves.toBeDefined();
  });

  it('are accepted with one namespace in local mode', async () => {
    const local = { redisConnectionString: '', namespace: 'shop' };
    await expect(
      boot(DistributedCacheModule.forRoot(local), DistributedCacheModule.forRoot({ ...local, name: 'a' })),
    ).resolves.toBeDefined();
  });
});

describe('Two applications in one process', () => {
  it("may have one name and one namespace, and are then instances that receive each other's evictions", async () => {
    const bridge = new InMemoryInvalidationBridge();
    const [a, b] = [
      (await boot(DistributedCacheModule.forRoot({ bridge }))).get(DistributedCache),
      (await boot(DistributedCacheModule.forRoot({ bridge }))).get(DistributedCache),
    ];
    await b.region('products').set('1', 'old');
    await a.region('products').evict('1');
    await vi.waitFor(() => expect(b.region('products').getSync('1')).toBeUndefined());
  });
});
