import { Injectable, Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { InjectDistributedCache } from '../decorators/inject-distributed-cache.decorator.js';
import { InvalidOptionsError } from '../errors.js';
import { DistributedCacheModule } from './distributed-cache.module.js';
import type { DistributedCacheOptions, DistributedCacheOptionsFactory } from './options/distributed-cache.options.js';

const LOCAL = { redisConnectionString: '' };

const started: TestingModule[] = [];
afterEach(() => Promise.all(started.splice(0).map((testing) => testing.close())));

async function boot(metadata: ModuleMetadata): Promise<TestingModule> {
  const testing = await Test.createTestingModule(metadata).compile();
  started.push(testing);
  return testing.init();
}

async function namespaceWith(cacheModule: DynamicModule): Promise<string> {
  return (await boot({ imports: [cacheModule] })).get(DistributedCache).status().namespace;
}

@Injectable()
class Reader {
  calls = 0;
  constructor(readonly cache: DistributedCache) {}

  @Cacheable({ key: (id) => id })
  async find(id: string): Promise<string> {
    this.calls += 1;
    return id;
  }
}

describe('DistributedCacheModule.forRoot', () => {
  it('caches in every module of the application without further imports', async () => {
    @Module({ providers: [Reader], exports: [Reader] })
    class ProductsModule {}

    const testing = await boot({ imports: [ProductsModule, DistributedCacheModule.forRoot(LOCAL)] });
    const reader = testing.get(Reader);
    await reader.find('1');
    await reader.find('1');
    expect(reader.calls).toBe(1);
    expect(reader.cache).toBe(testing.get(DistributedCache));
  });

  it('takes options', async () => {
    expect(await namespaceWith(DistributedCacheModule.forRoot({ ...LOCAL, namespace: 'shop' }))).toBe('shop');
  });

  it('with isGlobal: false serves only the modules that import it, also through one that re-exports it', async () => {
    @Module({
      imports: [DistributedCacheModule.forRoot({ ...LOCAL, isGlobal: false })],
      exports: [DistributedCacheModule],
    })
    class CachingModule {}
    @Module({ imports: [CachingModule], providers: [Reader] })
    class ImportingModule {}
    @Module({ providers: [Reader] })
    class OtherModule {}

    const testing = await boot({ imports: [ImportingModule] });
    expect(testing.get(Reader).cache).toBe(testing.get(DistributedCache));
    await expect(boot({ imports: [CachingModule, OtherModule] })).rejects.toThrow(/can't resolve dependencies/);
  });

  it('may be imported by several modules as one dynamic module', async () => {
    const cacheModule = DistributedCacheModule.forRoot(LOCAL);
    @Module({ imports: [cacheModule] })
    class OtherModule {}
    await expect(boot({ imports: [cacheModule, OtherModule] })).resolves.toBeDefined();
  });

  it('with enabled: false makes every read load', async () => {
    const testing = await boot({
      imports: [DistributedCacheModule.forRoot({ ...LOCAL, enabled: false })],
      providers: [Reader],
    });
    const reader = testing.get(Reader);
    await reader.find('1');
    await reader.find('1');
    expect(reader.calls).toBe(2);
  });
});

describe('DistributedCacheModule.forRootAsync', () => {
  @Injectable()
  class Namespaces {
    readonly current = 'injected';
  }
  @Module({ providers: [Namespaces], exports: [Namespaces] })
  class NamespacesModule {}

  @Injectable()
  class CacheOptions implements DistributedCacheOptionsFactory {
    constructor(private readonly namespaces: Namespaces) {}
    async createDistributedCacheOptions(): Promise<DistributedCacheOptions> {
      return { ...LOCAL, namespace: this.namespaces.current };
    }
  }
  @Module({ imports: [NamespacesModule], providers: [CacheOptions], exports: [CacheOptions] })
  class CacheOptionsModule {}

  it('takes options from a factory with its injected providers', async () => {
    const cacheModule = DistributedCacheModule.forRootAsync({
      imports: [NamespacesModule],
      inject: [Namespaces],
      useFactory: (namespaces: Namespaces) => ({ ...LOCAL, namespace: namespaces.current }),
    });
    expect(await namespaceWith(cacheModule)).toBe('injected');
  });

  it('takes options from a class', async () => {
    const cacheModule = DistributedCacheModule.forRootAsync({ imports: [NamespacesModule], useClass: CacheOptions });
    expect(await namespaceWith(cacheModule)).toBe('injected');
  });

  it('takes options from an existing provider', async () => {
    const cacheModule = DistributedCacheModule.forRootAsync({
      imports: [CacheOptionsModule],
      useExisting: CacheOptions,
    });
    expect(await namespaceWith(cacheModule)).toBe('injected');
  });

  it('takes a configuration file of @nestjs/config', async () => {
    const cacheConfig = registerAs('cache', (): DistributedCacheOptions => ({
      ...LOCAL,
      namespace: 'configured',
      regions: { products: { ttl: '10m' } },
    }));
    @Module({
      imports: [
        ConfigModule.forRoot({ load: [cacheConfig] }),
        DistributedCacheModule.forRootAsync(cacheConfig.asProvider()),
      ],
      providers: [Reader],
    })
    class AppModule {}

    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    expect(app.get(Reader).cache.status()).toMatchObject({ namespace: 'configured', state: 'local' });
    await app.close();
  });

  it('takes a configuration file for a named cache, which is not global', async () => {
    const sessionsConfig = registerAs('sessions', (): DistributedCacheOptions => LOCAL);
    const cacheModule = DistributedCacheModule.forRootAsync({
      ...sessionsConfig.asProvider(),
      name: 'sessions',
      isGlobal: false,
    });
    const testing = await boot({ imports: [cacheModule] });
    expect(testing.get<DistributedCache>(getDistributedCacheToken('sessions')).status().namespace).toBe(
      'distributed-cache:sessions',
    );
  });

  it('refuses other values of a factory than options', async () => {
    const fromFile = (): DistributedCacheOptions => JSON.parse('null');
    await expect(boot({ imports: [DistributedCacheModule.forRootAsync({ useFactory: fromFile })] })).rejects.toThrow(
      'DistributedCacheModule: the options: null is not allowed; allowed: an object.',
    );
  });
});

describe('A named cache', () => {
  @Injectable()
  class SessionService {
    calls = 0;
    constructor(
      readonly cache: DistributedCache,
      @InjectDistributedCache('sessions') readonly sessions: DistributedCache,
      @InjectDistributedCache() readonly unnamed: DistributedCache,
    ) {}

    @Cacheable({ cache: 'sessions', region: 'sessions', key: (id) => id })
    async find(id: string): Promise<string> {
      this.calls += 1;
      return id;
    }
  }

  const imports = [
    DistributedCacheModule.forRoot(LOCAL),
    DistributedCacheModule.forRoot({ ...LOCAL, name: 'sessions' }),
  ];

  it('is injected by its name, and the unnamed one by its class', async () => {
    const testing = await boot({ imports, providers: [SessionService] });
    const { cache, sessions, unnamed } = testing.get(SessionService);
    expect(sessions).toBe(testing.get(getDistributedCacheToken('sessions')));
    expect(cache).toBe(testing.get(DistributedCache));
    expect(unnamed).toBe(cache);
    expect(sessions).not.toBe(cache);
  });

  it('has a namespace of its own', async () => {
    const { cache, sessions } = (await boot({ imports, providers: [SessionService] })).get(SessionService);
    expect(cache.status().namespace).toBe('distributed-cache');
    expect(sessions.status().namespace).toBe('distributed-cache:sessions');
  });

  it('stores for decorators that name it, and keeps its entries when another cache is cleared', async () => {
    const service = (await boot({ imports, providers: [SessionService] })).get(SessionService);
    await service.find('1');
    expect(service.cache.region('sessions').getSync('1')).toBeUndefined();
    await service.cache.clear();
    await service.find('1');
    expect(service.calls).toBe(1);

    await service.sessions.clear();
    await service.find('1');
    expect(service.calls).toBe(2);
  });

  it('may be the only cache', async () => {
    const testing = await boot({ imports: [DistributedCacheModule.forRoot({ ...LOCAL, name: 'sessions' })] });
    expect(testing.get(getDistributedCacheToken('sessions'))).toBeInstanceOf(DistributedCache);
    expect(() => testing.get(DistributedCache)).toThrow();
    expect(() => testing.get('CACHE_MANAGER')).toThrow();
  });
});

describe('getDistributedCacheToken', () => {
  it('is the class for the unnamed cache', () => {
    expect(getDistributedCacheToken()).toBe(DistributedCache);
  });
});

describe('An invalid option', () => {
  it('fails the boot with an error that names it', async () => {
    const failure = boot({ imports: [DistributedCacheModule.forRoot({ ttl: 0 })] });
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(/^DistributedCacheModule: ttl: 0 is not allowed/);
  });

  it('of a factory fails the boot with an error that names the cache too', async () => {
    const options = { ...LOCAL, maxStaleness: '10ms' as const };
    const cacheModule = DistributedCacheModule.forRootAsync({ name: 'sessions', useFactory: () => options });
    await expect(boot({ imports: [cacheModule] })).rejects.toThrow(
      /^DistributedCacheModule, cache 'sessions': maxStaleness: '10ms' is not allowed/,
    );
  });

  it('that is unknown fails the boot with the nearest known option', async () => {
    // Not a literal, in which the compiler would find the mistake.
    const misspelt = { ...LOCAL, namspace: 'shop' };
    await expect(boot({ imports: [DistributedCacheModule.forRoot(misspelt)] })).rejects.toThrow(
      /namspace: there is no such option\. Did you mean namespace\?/,
    );
  });

  it.each([
    ['name', '', "''"],
    ['name', 7, '7'],
    ['isGlobal', 'no', "'no'"],
    ['cacheManager', 'false', "'false'"],
    ['cacheManager', null, 'null'],
  ])('fails the boot when it is %s: %j', async (option, value, shown) => {
    const options: object = { ...LOCAL, namespace: 'shop', [option]: value };
    await expect(boot({ imports: [DistributedCacheModule.forRoot(options)] })).rejects.toThrow(
      `DistributedCacheModule: ${option}: ${shown} is not allowed`,
    );
  });

  it('fails the boot when a factory gives cacheManager: false, which is too late', async () => {
    const late = DistributedCacheModule.forRootAsync({ useFactory: () => ({ ...LOCAL, cacheManager: false }) });
    await expect(boot({ imports: [late] })).rejects.toThrow(/forRootAsync\(\{ cacheManager: false, useFactory: … \}\)/);
  });
});
