import {
  Controller,
  Get,
  Headers,
  Inject,
  Injectable,
  Logger,
  type ModuleMetadata,
  Param,
  type Provider,
  Req,
  Res,
  Scope,
  SetMetadata,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CacheEvict } from '../../decorators/cache-evict.decorator.js';
import { CachePut } from '../../decorators/cache-put.decorator.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { Caching } from '../../decorators/caching.decorator.js';
import { CacheNotInjectedError, InvalidOptionsError } from '../../errors.js';
import { DistributedCacheModule } from '../distributed-cache.module.js';
import type { DistributedCacheOptions } from '../options/distributed-cache.options.js';

const warn = vi.spyOn(Logger.prototype, 'warn');
beforeEach(() => void warn.mockReset());

const started: TestingModule[] = [];
afterEach(() => Promise.all(started.splice(0).map((testing) => testing.close())));

/** Boots an application in local mode. */
async function boot(metadata: ModuleMetadata, options: DistributedCacheOptions = {}): Promise<TestingModule> {
  const cacheModule = DistributedCacheModule.forRoot({ redisConnectionString: '', ...options });
  const testing = await Test.createTestingModule({
    ...metadata,
    imports: [cacheModule, ...(metadata.imports ?? [])],
  }).compile();
  started.push(testing);
  return testing.init();
}

/** Makes another class with the name `ProductService` at each call. */
function reader(options: { region?: string } = {}): new () => object {
  @Injectable()
  class ProductService {
    @Cacheable(options)
    async find(id: string): Promise<string> {
      return id;
    }
  }
  return ProductService;
}

describe('At boot, two classes of one name', () => {
  it('are refused with one default region, with an error that names the methods and what to do', async () => {
    const failure = boot({ providers: [reader(), reader()] });
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /@Cacheable on ProductService\.find: .*Rename one of them, or give one of the methods a region/s,
    );
  });

  it('are accepted with regions of their own, and so is one class in two modules', async () => {
    await expect(boot({ providers: [reader({ region: 'a' }), reader()] })).resolves.toBeDefined();
    const twice = reader();
    await expect(
      boot({ providers: [twice, { provide: 'alias', useClass: twice }, { provide: 'same', useExisting: twice }] }),
    ).resolves.toBeDefined();
  });

  it('are accepted in two applications of one process', async () => {
    await expect(boot({ providers: [reader()] })).resolves.toBeDefined();
    await expect(boot({ providers: [reader()] })).resolves.toBeDefined();
  });

  it('are not confused with two subclasses of one base, which are accepted', async () => {
    const base = reader();
    await expect(
      boot({ providers: [class OrderService extends base {}, class UserService extends base {}] }),
    ).resolves.toBeDefined();
  });
});

describe('At boot, @Cacheable without key', () => {
  it('is refused on a request-scoped class', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class TenantService {
      @Cacheable()
      async find(id: string): Promise<string> {
        return id;
      }
    }
    await expect(boot({ providers: [TenantService] })).rejects.toThrow(
      /@Cacheable on TenantService\.find: the class is request-scoped.*Give key/s,
    );
  });

  it('is refused on a class that is request-scoped through a dependency, inside @Caching and when inherited too', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {
      constructor(@Inject(REQUEST) readonly request: unknown) {}
    }
    class Repository {
      @Caching({ cacheable: {} })
      async find(id: string): Promise<string> {
        return id;
      }
    }
    @Injectable()
    class TenantRepository extends Repository {
      constructor(@Inject(Tenant) readonly tenant: Tenant) {
        super();
      }
    }
    await expect(boot({ providers: [Tenant, TenantRepository] })).rejects.toThrow(
      /@Caching on TenantRepository\.find: the class is request-scoped/,
    );
  });

  it('is accepted on transient classes, and with a key or for evictions on request-scoped ones', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class TenantService {
      @Cacheable({ key: (id) => ['acme', id] })
      async find(id: string): Promise<string> {
        return id;
      }
      @CacheEvict({ region: 'TenantService.find' })
      async drop(_id: string): Promise<void> {}
    }
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientService {
      @Cacheable()
      async find(id: string): Promise<string> {
        return id;
      }
    }
    await expect(boot({ providers: [TenantService, TransientService] })).resolves.toBeDefined();
  });

  it('is refused with @Req or @Res among the parameters', async () => {
    @Controller()
    class RequestController {
      @Cacheable()
      @Get('a')
      async find(@Param('id') id: string, @Req() _request: object): Promise<string> {
        return id;
      }
    }
    @Controller()
    class ResponseController {
      @Get('b')
      @Cacheable()
      async find(@Res() _response: object): Promise<void> {}
    }
    await expect(boot({ controllers: [RequestController] })).rejects.toThrow(
      /@Cacheable on RequestController\.find: it takes @Req/,
    );
    await expect(boot({ controllers: [ResponseController] })).rejects.toThrow(
      /@Cacheable on ResponseController\.find: it takes @Res/,
    );
  });

  it.each([
    ['@Context', 'graphql:resolver_type', '1:1'],
    ['@Info', 'graphql:resolve_property', '2:0'],
    ['@Ctx', 'microservices:pattern', '6:1'],
  ])('is refused with %s among the parameters', async (parameter, metadata, kind) => {
    class Resolver {
      @Cacheable()
      @SetMetadata(metadata, 'Query')
      async find(_first: object, _second: object): Promise<void> {}
    }
    Reflect.defineMetadata('__routeArguments__', { [kind]: {} }, Resolver, 'find');
    await expect(boot({ providers: [Resolver] })).rejects.toThrow(`@Cacheable on Resolver.find: it takes ${parameter}`);
  });

  it("is accepted with one property of a context, as by @Context('tenantId')", async () => {
    class Resolver {
      @Cacheable()
      @SetMetadata('graphql:resolver_type', 'Query')
      async find(tenantId: string): Promise<string> {
        return tenantId;
      }
    }
    Reflect.defineMetadata('__routeArguments__', { '1:0': { index: 0, data: 'tenantId' } }, Resolver, 'find');
    await expect(boot({ providers: [Resolver] })).resolves.toBeDefined();
  });

  it('is accepted with the parent of a GraphQL field, with other parameters, and with a key', async () => {
    class Resolver {
      @Cacheable()
      @SetMetadata('graphql:resolve_property', 'reviews')
      async reviews(_parent: object): Promise<void> {}
    }
    Reflect.defineMetadata('__routeArguments__', { '0:0': {} }, Resolver, 'reviews');
    @Controller()
    class ProductController {
      @Cacheable()
      @Get(':id')
      async find(@Param('id') id: string, @Headers('accept-language') _language: string): Promise<string> {
        return id;
      }
      @Cacheable({ key: (request) => request.url })
      @Get()
      async all(@Req() request: { url: string }): Promise<string> {
        return request.url;
      }
    }
    await expect(boot({ providers: [Resolver], controllers: [ProductController] })).resolves.toBeDefined();
  });
});

describe('At boot, an instance that Nest did not create', () => {
  class ProductService {
    calls = 0;
    @Cacheable()
    async find(id: string): Promise<string> {
      this.calls += 1;
      return id;
    }
  }

  it.each<[string, () => Provider]>([
    ['useFactory', () => ({ provide: ProductService, useFactory: () => new ProductService() })],
    ['an asynchronous useFactory', () => ({ provide: ProductService, useFactory: async () => new ProductService() })],
    ['useValue', () => ({ provide: ProductService, useValue: new ProductService() })],
  ])('gets its cache: %s', async (_what, provider) => {
    const testing = await boot({ providers: [provider()] });
    const service = testing.get(ProductService);

    await service.find('1');
    await service.find('1');
    expect(service.calls).toBe(1);
  });

  it('rejects where Nest does not know it, instead of not caching', async () => {
    const testing = await boot({ providers: [{ provide: 'services', useValue: [new ProductService()] }] });
    const [service] = testing.get<ProductService[]>('services');
    await expect(service?.find('1')).rejects.toThrow(CacheNotInjectedError);
  });

  it('is refused when it names a cache that is not registered', async () => {
    class SessionService {
      @Cacheable({ cache: 'sessions' })
      async find(id: string): Promise<string> {
        return id;
      }
    }
    const provider = { provide: SessionService, useFactory: () => new SessionService() };
    await expect(boot({ providers: [provider] })).rejects.toThrow(
      /@Cacheable on SessionService\.find asks for the cache 'sessions', which is not registered\. .*forRoot\(\{ name: 'sessions' \}\)/,
    );

    const sessions = DistributedCacheModule.forRoot({ name: 'sessions', redisConnectionString: '' });
    const testing = await boot({ providers: [provider], imports: [sessions] });
    expect(await testing.get(SessionService).find('1')).toBe('1');
  });
});

describe('At boot, there is a warning', () => {
  it('for an eviction everywhere that gives up before an instance which is cut off has stopped serving', async () => {
    class Permissions {
      @CacheEvict({ region: 'permissions', all: true, everywhere: { timeout: '5s' } })
      async revokeAll(): Promise<void> {}
      @CacheEvict({ region: 'permissions', all: true, everywhere: { timeout: '11s' } })
      async revokeLater(): Promise<void> {}
      @Cacheable({ region: 'permissions' })
      async of(id: string): Promise<string> {
        return id;
      }
    }
    await boot({ providers: [Permissions] });
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(
        /@CacheEvict on Permissions\.revokeAll: .*5000 ms is not above maxStaleness, which is 10000 ms/,
      ),
    ]);
  });

  it('about a class name under three letters with a default region', async () => {
    class Ab {
      @Cacheable()
      async find(): Promise<void> {}
    }
    class Cd {
      @Cacheable({ region: 'named' })
      async find(): Promise<void> {}
    }
    await boot({ providers: [Ab, Cd] });
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(/^Ab\.find: the class name has fewer than three letters/),
    ]);
  });

  it('about a region that is evicted and never cached in, with the nearest known name', async () => {
    class ProductService {
      @Cacheable({ region: 'products' })
      async find(): Promise<void> {}
      @CachePut({ region: 'orders', key: () => '1' })
      async order(): Promise<void> {}
      @CacheEvict({ region: 'product', all: true })
      async misspelt(): Promise<void> {}
      @CacheEvict({ region: 'products', all: true })
      async right(): Promise<void> {}
      @CacheEvict({ region: 'orders', all: true })
      async put(): Promise<void> {}
      @CacheEvict({ region: 'of-the-options', all: true })
      async configured(): Promise<void> {}
      @CacheEvict({ tags: ['tag'] })
      async onlyTags(): Promise<void> {}
    }
    await boot({ providers: [ProductService] }, { regions: { 'of-the-options': { ttl: '1m' } } });
    expect(warn.mock.calls.flat()).toEqual([
      `ProductService.misspelt evicts from region 'product', but nothing here caches in it. The nearest known region is 'products'.`,
    ]);
  });

  it('about an eviction of a default region of its own, with the known regions', async () => {
    class ProductService {
      @Cacheable({ region: 'catalogue' })
      async find(): Promise<void> {}
      @CacheEvict()
      async drop(): Promise<void> {}
    }
    await boot({ providers: [ProductService] }, { cacheManager: false });
    expect(warn.mock.calls.flat()).toEqual([
      `ProductService.drop evicts from region 'ProductService.drop', but nothing here caches in it. Known regions: 'catalogue'.`,
    ]);
  });
});
