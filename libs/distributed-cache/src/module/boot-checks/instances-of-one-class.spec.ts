import {
  type CallHandler,
  ConfigurableModuleBuilder,
  type DynamicModule,
  type ExecutionContext,
  Injectable,
  Logger,
  Module,
  type NestInterceptor,
  type Provider,
  Scope,
} from '@nestjs/common';
import { APP_INTERCEPTOR, LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { booted } from '../../../../../test/support/instances/booted.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { InvalidOptionsError } from '../../errors.js';
import { DistributedCacheModule } from '../distributed-cache.module.js';

const warn = vi.spyOn(Logger.prototype, 'warn');
beforeEach(() => void warn.mockReset());

class Shop {
  constructor(readonly tenant = 'none') {}
  @Cacheable()
  async find(id: string): Promise<string> {
    return `${id} of ${this.tenant}`;
  }
}

class ShopInRegion {
  constructor(readonly tenant: string) {}
  @Cacheable({
    region: 'shops',
    key(this: ShopInRegion, id) {
      return [this.tenant, id];
    },
  })
  async find(id: string): Promise<string> {
    return `${id} of ${this.tenant}`;
  }
}

@Injectable()
class PlainShop extends Shop {}

/** As libraries do it: one class, configured by each module that imports it. */
@Module({})
class ShopModule {
  static forFeature(tenant: unknown): DynamicModule {
    const options = { provide: 'TENANT', useValue: tenant };
    return { module: ShopModule, providers: [options, PlainShop], exports: [PlainShop] };
  }
}

function shopOf(tenant: string): { provide: string; useFactory: () => Shop } {
  return { provide: tenant, useFactory: () => new Shop(tenant) };
}

describe('Several instances of one class with a default region', () => {
  it('are refused when two factories make them, with an error that names both', async () => {
    const failure = booted({ providers: [shopOf('EAST'), shopOf('WEST')] });
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /@Cacheable on Shop\.find: .*'EAST' \(by useFactory, in RootTestModule\).*'WEST' \(by useFactory.*'Shop\.find'.*a key that contains/s,
    );
  });

  it('are refused when two values are given', async () => {
    const valueOf = (tenant: string) => ({ provide: tenant, useValue: new Shop(tenant) });
    await expect(booted({ providers: [valueOf('EAST'), valueOf('WEST')] })).rejects.toThrow(
      /'EAST' \(by useValue.*'WEST' \(by useValue/s,
    );
  });

  it('are refused when a factory makes one and Nest the other', async () => {
    const failure = booted({ providers: [PlainShop, { provide: 'OTHER', useFactory: () => new PlainShop() }] });
    await expect(failure).rejects.toThrow(/PlainShop \(by its class.*'OTHER' \(by useFactory/s);
  });

  it('are refused when one module provides the class with different configurations', async () => {
    const failure = booted({ imports: [ShopModule.forFeature('east'), ShopModule.forFeature('west')] });
    await expect(failure).rejects.toThrow(/several instances of PlainShop.*in ShopModule/s);
    await expect(failure).rejects.not.toThrow(/east/);
  });

  it('are a warning, with the cure, when one module provides the class with equal configurations', async () => {
    await booted({ imports: [ShopModule.forFeature({ a: 1 }), ShopModule.forFeature({ a: 1 })] });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/PlainShop is provided more than once.*Otherwise: Give/s));
  });

  it('are a warning, once, when several modules provide the class', async () => {
    @Module({ providers: [PlainShop] })
    class OtherModule {}
    await booted({ imports: [OtherModule], providers: [PlainShop] });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/PlainShop is provided in several modules \((?=.*RootTestModule)(?=.*OtherModule)/)],
    ]);
  });

  it('are a warning when the class is transient', async () => {
    @Injectable({ scope: Scope.TRANSIENT })
    class TransientShop extends PlainShop {}
    await booted({ providers: [TransientShop] });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/TransientShop is transient/));
  });

  it('are accepted when they are one instance under two tokens', async () => {
    const one = new Shop('east');
    await booted({
      providers: [
        { provide: 'EAST', useFactory: () => one },
        { provide: 'SAME', useValue: one },
        { provide: 'ALIAS', useExisting: 'EAST' },
      ],
    });
    expect(warn).not.toHaveBeenCalled();
  });

  it('are accepted with a region, and each is given its own values with a key that tells them apart', async () => {
    const testing = await booted({
      providers: [
        { provide: 'EAST', useFactory: () => new ShopInRegion('east') },
        { provide: 'WEST', useFactory: () => new ShopInRegion('west') },
      ],
    });
    expect(await testing.get<ShopInRegion>('EAST').find('1')).toBe('1 of east');
    expect(await testing.get<ShopInRegion>('WEST').find('1')).toBe('1 of west');
    expect(warn).not.toHaveBeenCalled();
  });

  it('are refused at the first call when the second one comes in a lazily loaded module', async () => {
    @Module({ providers: [shopOf('WEST')] })
    class WestModule {}
    const testing = await booted({ providers: [shopOf('EAST')] });
    const lazy = await testing.get(LazyModuleLoader).load(() => WestModule);
    await expect(lazy.get<Shop>('WEST').find('1')).rejects.toThrow(/'EAST' .*'WEST' /);
  });

  it('do not trouble another class that is called first after such a module was loaded', async () => {
    @Module({ providers: [shopOf('WEST')] })
    class WestModule {}
    const testing = await booted({ providers: [shopOf('EAST'), PlainShop] });
    await testing.get(LazyModuleLoader).load(() => WestModule);
    expect(await testing.get(PlainShop).find('1')).toBe('1 of none');
  });

  it('are a warning at the first call when moduleRef.create() makes another one', async () => {
    const testing = await booted({ providers: [PlainShop] });
    const another = await testing.get(ModuleRef).create(PlainShop);
    expect(warn).not.toHaveBeenCalled();
    expect(await another.find('1')).toBe('1 of none');
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/PlainShop.*moduleRef\.create\(\)/));
  });

  it('are a warning when they read a region that is named, with a key made of the arguments', async () => {
    class NamedShop {
      constructor(readonly tenant: string) {}
      @Cacheable({ region: 'shops' })
      async find(id: string): Promise<string> {
        return `${id} of ${this.tenant}`;
      }
    }
    const named = (tenant: string) => ({ provide: tenant, useFactory: () => new NamedShop(tenant) });
    await booted({ providers: [named('EAST'), named('WEST')] });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/NamedShop\.find: .*'EAST' .*'WEST' .*region 'shops'.*give a key that contains/s)],
    ]);
  });

  it('are a warning when one factory is listed in two modules', async () => {
    const provider = { provide: 'SHOP', useFactory: () => new Shop() };
    @Module({ providers: [provider] })
    class OtherModule {}
    await booted({ imports: [OtherModule], providers: [provider] });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/Shop is provided in several modules/));
  });

  it('are a warning when a test overrides a class that two modules provide', async () => {
    @Module({ providers: [PlainShop] })
    class OtherModule {}
    const testing = await Test.createTestingModule({
      imports: [DistributedCacheModule.forRoot({ redisConnectionString: '' }), OtherModule],
      providers: [PlainShop],
    })
      .overrideProvider(PlainShop)
      .useFactory({ factory: () => new PlainShop() })
      .compile();
    await testing.init();
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/PlainShop is provided in several modules/));
    await testing.close();
  });

  it('are one when a factory gives a proxy for an instance of Nest, or one that binds its methods', async () => {
    const proxyOf = (shop: PlainShop): PlainShop => new Proxy(shop, {});
    const bindingProxyOf = (shop: PlainShop): PlainShop => new Proxy<PlainShop>(shop, { get: bound });
    const testing = await booted({
      providers: [
        PlainShop,
        { provide: 'PROXY', inject: [PlainShop], useFactory: proxyOf },
        { provide: 'BINDING', inject: [PlainShop], useFactory: bindingProxyOf },
      ],
    });
    for (const token of ['PROXY', 'BINDING', PlainShop])
      expect(await testing.get<PlainShop>(token).find('1')).toBe('1 of none');
    expect(warn).not.toHaveBeenCalled();
  });

  it('is one when a factory gives nothing but a proxy that binds the methods of its target', async () => {
    const target = new Shop();
    const proxy = new Proxy<Shop>(target, { get: bound });
    const testing = await booted({ providers: [{ provide: 'PROXY', useFactory: () => proxy }] });
    expect(await testing.get<Shop>('PROXY').find('1')).toBe('1 of none');
    expect(warn).not.toHaveBeenCalled();
  });

  it('are told apart when one is made of another by Object.create()', async () => {
    const testing = await booted({ providers: [PlainShop] });
    const shop = testing.get(PlainShop);
    await shop.find('1');
    const derived: PlainShop = Object.create(shop, { tenant: { value: 'derived' } });
    await derived.find('2');
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/PlainShop\.find was called on a further instance/));
  });
});

describe('Two registrations of one dynamic module', () => {
  /** A module that provides the class, and what else it is given. */
  @Module({})
  class ConfiguredModule {
    static register(more: Pick<DynamicModule, 'imports' | 'providers'>): DynamicModule {
      return { ...more, module: ConfiguredModule, providers: [PlainShop, ...(more.providers ?? [])] };
    }
  }

  class Client {
    readonly #tenant: string;
    constructor(tenant: string) {
      this.#tenant = tenant;
    }
    get tenant(): string {
      return this.#tenant;
    }
  }
  class EastClient {}
  class WestClient {}

  @Module({})
  class SettingsModule {
    static forRoot(value: string): DynamicModule {
      return { module: SettingsModule, providers: [{ provide: 'VALUE', useValue: value }] };
    }
  }

  it.each<[string, Provider, Provider, RegExp]>([
    [
      'a class',
      { provide: 'CLIENT', useClass: EastClient },
      { provide: 'CLIENT', useClass: WestClient },
      /differ in 'CLIENT'/,
    ],
    [
      'an alias',
      { provide: 'CLIENT', useExisting: 'EAST' },
      { provide: 'CLIENT', useExisting: 'WEST' },
      /differ in 'CLIENT'/,
    ],
    [
      'private state',
      { provide: 'CLIENT', useFactory: () => new Client('east') },
      { provide: 'CLIENT', useFactory: () => new Client('west') },
      /differ in 'CLIENT'/,
    ],
    [
      'a value that throws when it is read',
      { provide: 'CLIENT', useValue: throwing() },
      { provide: 'CLIENT', useValue: throwing() },
      /differ in 'CLIENT'/,
    ],
  ])('are refused when they differ in %s, with an error that names it', async (_what, one, other, message) => {
    const both = ['EAST', 'WEST'].map((token) => ({ provide: token, useValue: token }));
    const failure = booted({
      imports: [
        ConfiguredModule.register({ providers: [...both, one] }),
        ConfiguredModule.register({ providers: [...both, other] }),
      ],
    });
    await expect(failure).rejects.toThrow(message);
  });

  it('are refused when they import differently configured modules', async () => {
    const failure = booted({
      imports: ['east', 'west'].map((value) => ConfiguredModule.register({ imports: [SettingsModule.forRoot(value)] })),
    });
    await expect(failure).rejects.toThrow(/differ in 'VALUE' of SettingsModule/);
  });

  it('are a warning when only what Nest names at random differs', async () => {
    const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<object>({ alwaysTransient: true }).build();
    @Module({ providers: [PlainShop, { provide: APP_INTERCEPTOR, useClass: Passing }] })
    class RegisteredModule extends ConfigurableModuleClass {}
    await booted({ imports: [RegisteredModule.register({ a: 1 }), RegisteredModule.register({ a: 1 })] });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/PlainShop is provided more than once/));
  });

  it('are a warning when their factories make clients of equal options', async () => {
    const register = (options: object): DynamicModule =>
      ConfiguredModule.register({
        providers: [
          { provide: 'OPTIONS', useValue: options },
          { provide: 'CLIENT', inject: ['OPTIONS'], useFactory: (given: object) => () => given },
        ],
      });
    await booted({ imports: [register({ a: 1 }), register({ a: 1 })] });
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/PlainShop is provided more than once/));
  });
});

@Injectable()
class Passing implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    return next.handle();
  }
}

function throwing(): object {
  return {
    get secret(): string {
      throw new Error('not now');
    },
  };
}

function bound(target: object, property: string | symbol): unknown {
  const member: unknown = Reflect.get(target, property);
  return typeof member === 'function' ? member.bind(target) : member;
}
