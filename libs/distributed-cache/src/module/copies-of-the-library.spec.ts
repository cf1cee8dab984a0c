import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import * as own from '../../../../test/support/instances/whole-library.js';
import { importTypeScript } from '../../../../tools/typescript.mjs';
import { OWN_LOCATION, processWide } from '../common/copies-of-the-library.js';
import { CacheNotInjectedError } from '../errors.js';
import { withTestCache } from '../testing/test-cache.js';

/** Another copy of the library, as a second installation or another registry of Jest has it. */
const copy = await importTypeScript<typeof own>('test/support/instances/whole-library.ts');

/** A class that is decorated with the given copy. */
function shopOf({ Cacheable }: typeof own) {
  @Injectable()
  class Shop {
    calls = 0;
    @Cacheable()
    async find(id: string): Promise<string> {
      this.calls += 1;
      return id;
    }
  }
  return Shop;
}

describe('With two copies of the library in one process', () => {
  it('a class that is decorated with one uses the cache of a module from the other', async () => {
    expect(copy.DistributedCache).not.toBe(own.DistributedCache);
    for (const [ofClass, ofModule] of [
      [copy, own],
      [own, copy],
    ] as const) {
      const Shop = shopOf(ofClass);
      const module = ofModule.DistributedCacheModule.forRoot({ redisConnectionString: '' });
      const testing = await Test.createTestingModule({ imports: [module], providers: [Shop] }).compile();
      await testing.init();
      const shop = testing.get(Shop);
      await shop.find('1');
      await shop.find('1');
      expect(shop.calls).toBe(1);
      expect(testing.get(ofClass.DistributedCache)).toBe(testing.get(ofModule.DistributedCache));
      await testing.close();
    }
  });

  it('a class that is decorated with one may be given the test cache of the other', async () => {
    const shop = withTestCache(new (shopOf(copy))());
    await shop.find('1');
    await shop.find('1');
    expect(shop.calls).toBe(1);
  });

  it('the checks at boot see the methods that are decorated with the other', async () => {
    const Shop = shopOf(copy);
    const providers = ['east', 'west'].map((provide) => ({ provide, useFactory: () => new Shop() }));
    const module = own.DistributedCacheModule.forRoot({ redisConnectionString: '' });
    const testing = await Test.createTestingModule({ imports: [module], providers }).compile();
    await expect(testing.init()).rejects.toThrow(/several instances of Shop/);
  });

  it('of different versions, the error says so, and where each lies', async () => {
    const shop = new (shopOf(own))();
    const foreign = withTestCache(shop, Object.create(null));
    const caches = processWide('caches', () => new WeakMap());
    const cache = {};
    caches.set(cache, { version: 0, location: '/elsewhere/nestjs-distributed-cache' });
    const failure = Reflect.apply(withTestCache, undefined, [foreign, cache]).find('1');
    await expect(failure).rejects.toThrow(CacheNotInjectedError);
    await expect(failure).rejects.toThrow(
      /another version.*\/elsewhere\/nestjs-distributed-cache, this one at .*npm ls/s,
    );
  });

  it('the error of Nest names them when a test provides the cache of the other alone', async () => {
    const Shop = shopOf(copy);
    const compiling = Test.createTestingModule({
      providers: [Shop, own.provideTestCache()],
    }).compile();
    await expect(compiling).rejects.toThrow(/several copies of nestjs-distributed-cache.*decorated with the one at/s);
  });
});

it('The place where this copy of the library lies is a path', () => {
  expect(OWN_LOCATION).toMatch(/[\\/]copies-of-the-library\.[jt]s$/);
});
