import { type DynamicModule, Injectable, Logger, Module, Scope } from '@nestjs/common';
import { LazyModuleLoader, ModuleRef } from '@nestjs/core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { booted } from '../../../../../test/support/instances/booted.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { InvalidOptionsError } from '../../errors.js';

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
    await expect(failure).rejects.toThrow(/'OTHER' \(by useFactory.*PlainShop \(by its class/s);
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
});
