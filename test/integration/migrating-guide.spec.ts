import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { createKeyv } from '@keyv/redis';
import { CacheModule } from '@nestjs/cache-manager';
import {
  Inject,
  Injectable,
  Module,
  type INestApplicationContext,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Cache } from 'cache-manager';
import {
  CACHE_MANAGER,
  Cacheable,
  CacheEvict,
  DistributedCache,
  DistributedCacheModule,
  type Region,
} from 'nestjs-distributed-cache';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { pageAndCode } from '../support/common/page-code.js';
import { eventually } from '../support/common/eventually.js';
import { usingRedis } from '../support/redis/using-redis.js';

const loadRate = vi.fn<(currency: string) => Promise<number>>(async () => 1);

// What follows is on the page, word by word: so it compiles, and it runs in the tests below.

@Injectable()
export class CodesInTheCache {
  constructor(@Inject(CACHE_MANAGER) private readonly cache: Cache) {}

  async remember(user: string, code: string): Promise<void> {
    await this.cache.set(`code:${user}`, code, 300_000);
  }

  async isRight(user: string, code: string): Promise<boolean> {
    return (await this.cache.get(`code:${user}`)) === code;
  }
}

@Injectable()
export class SharedStore implements OnApplicationShutdown {
  readonly keyv = createKeyv(process.env['RedisConnectionString']);

  async onApplicationShutdown(): Promise<void> {
    await this.keyv.disconnect();
  }
}

@Injectable()
export class CodesInRedis {
  constructor(private readonly store: SharedStore) {}

  async remember(user: string, code: string): Promise<void> {
    await this.store.keyv.set(`code:${user}`, code, 300_000);
  }

  async isRight(user: string, code: string): Promise<boolean> {
    return (await this.store.keyv.get(`code:${user}`)) === code;
  }
}

@Module({
  imports: [
    CacheModule.registerAsync({
      isGlobal: true,
      useFactory: () => ({ stores: [createKeyv(process.env['RedisConnectionString'])], ttl: 60_000 }),
    }),
  ],
})
export class ModuleBefore {}

@Module({ imports: [DistributedCacheModule.forRoot({ ttl: '1m' })] })
export class ModuleAfter {}

@Injectable()
export class Rates {
  constructor(private readonly cache: DistributedCache) {}

  // was: wrap(`rate:${currency}`, () => loadRate(currency), { ttl: 60_000, refreshThreshold: 12_000 })
  rate(currency: string): Promise<number> {
    return this.rates().getOrLoad(currency, () => loadRate(currency), { ttl: '1m', refreshAhead: 0.8 });
  }

  // was: set(`rate:${currency}`, rate), which the other instances would not see here
  async changed(currency: string, rate: number): Promise<void> {
    await this.rates().set(currency, rate);
  }

  // was: del(`rate:${currency}`)
  async unknown(currency: string): Promise<void> {
    await this.rates().evict(currency);
  }

  private rates(): Region<number> {
    return this.cache.region<number>('rates');
  }
}

@Injectable()
export class Products {
  private readonly rows = new Map([['1', { id: '1', price: 10 }]]);

  // was: @UseInterceptors(CacheInterceptor) and @CacheTTL(600_000) on the controller
  @Cacheable({ region: 'products', key: (id) => id, ttl: '10m' })
  async find(id: string): Promise<{ id: string; price: number } | null> {
    return this.rows.get(id) ?? null;
  }

  // was: cacheManager.del(`/products/${id}`)
  @CacheEvict({ region: 'products', key: (id) => id })
  async change(id: string, price: number): Promise<void> {
    this.rows.set(id, { id, price });
  }
}

const redis = usingRedis();

beforeEach(() => {
  vi.stubEnv('RedisConnectionString', redis.connectionString);
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** Two instances of an application with this module. */
async function two(module: Type, providers: Type[] = []): Promise<[INestApplicationContext, INestApplicationContext]> {
  @Module({ imports: [module], providers })
  class AppModule {}
  const start = async (): Promise<INestApplicationContext> => {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    onTestFinished(() => app.close());
    return app;
  };
  return [await start(), await start()];
}

const cacheOf = (app: INestApplicationContext): Cache => app.get<Cache>(CACHE_MANAGER, { strict: false });

describe('the page on migrating', () => {
  it('shows only code that this file compiles and runs', async () => {
    const page = new URL('../../docs/migrating.md', import.meta.url);
    const { blocks, here } = await pageAndCode(page, new URL(import.meta.url));
    expect(blocks.length).toBeGreaterThan(5);
    for (const block of blocks) expect(here).toContain(block);
  });

  it('has a row for every option of CacheModule and of wrap', async () => {
    const page = await readFile(new URL('../../docs/migrating.md', import.meta.url), 'utf8');
    const declared = async (path: string, type: string): Promise<string[]> => {
      const text = await readFile(new URL(`../../node_modules/${path}`, import.meta.url), 'utf8');
      const [, body = ''] = new RegExp(`(?:interface|type) ${type}\\b[^{]*\\{(.*?)\\n\\}`, 's').exec(text) ?? [];
      return Array.from(body.matchAll(/^ +(\w+)\?:/gm), ([, name = '']) => name);
    };
    const nest = '@nestjs/cache-manager/dist/interfaces';
    const options = [
      ...(await declared('cache-manager/dist/index.d.mts', 'CreateCacheOptions')),
      ...(await declared('cache-manager/dist/index.d.mts', 'WrapOptions')),
      ...(await declared(`${nest}/cache-manager.interface.d.ts`, 'CacheManagerOptions')),
      ...(await declared(`${nest}/cache-module.interface.d.ts`, 'CacheModuleAsyncOptions')),
    ];
    expect(options.length).toBeGreaterThan(14);
    const left = Array.from(page.matchAll(/^\| ([^|]*) \|/gm), ([, cell = '']) => cell).join('\n');
    for (const option of options) expect(left).toContain(`\`${option}\``);
  });

  it('warns of what breaks without an error: a code that one instance remembers is unknown to the other', async () => {
    const [a, b] = await two(ModuleBefore, [CodesInTheCache]);
    await a.get(CodesInTheCache).remember('alice', '4711');
    expect(await b.get(CodesInTheCache).isRight('alice', '4711')).toBe(true);

    const [c, d] = await two(ModuleAfter, [CodesInTheCache]);
    await c.get(CodesInTheCache).remember('alice', '4712');
    expect(await c.get(CodesInTheCache).isRight('alice', '4712')).toBe(true);
    expect(await d.get(CodesInTheCache).isRight('alice', '4712')).toBe(false);
  });

  it('shows where such a code belongs: every instance knows it', async () => {
    const [a, b] = await two(ModuleAfter, [SharedStore, CodesInRedis]);
    await a.get(CodesInRedis).remember('bob', '4713');
    expect(await b.get(CodesInRedis).isRight('bob', '4713')).toBe(true);
  });

  it('says how TTLs differ: without one, an entry lives for ever there and for the TTL of the region here; 0 is for ever in both', async () => {
    const [before] = await two(ModuleBeforeWithoutTtl);
    const [after] = await two(ModuleAfter);
    for (const app of [before, after]) {
      await cacheOf(app).set('none', 1);
      await cacheOf(app).set('zero', 1, 0);
    }
    expect(await cacheOf(before).ttl('none')).toBeUndefined();
    expect(await cacheOf(before).ttl('zero')).toBeUndefined();
    expect(Number(await cacheOf(after).ttl('none')) - Date.now()).toBeLessThanOrEqual(60_000);
    expect(await cacheOf(after).ttl('zero')).toBe(Infinity);
  });

  it('says that values come back as JSON there, and as themselves here', async () => {
    const value = { at: new Date(0), seen: new Map([[1, 2]]) };
    const [before] = await two(ModuleBefore);
    const [after] = await two(ModuleAfter);
    for (const app of [before, after]) await cacheOf(app).set('value', value);
    expect(await cacheOf(before).get('value')).toEqual({ at: '1970-01-01T00:00:00.000Z', seen: {} });
    expect(await cacheOf(after).get('value')).toBe(value);
  });

  it('shows a region in place of wrap, set and del, which the other instance follows', async () => {
    const [a, b] = await two(ModuleAfter, [Rates]);
    loadRate.mockResolvedValue(1);
    expect(await Promise.all([a, b].map((app) => app.get(Rates).rate('EUR')))).toEqual([1, 1]);
    loadRate.mockResolvedValue(2);
    await a.get(Rates).changed('EUR', 2);
    await eventually(async () => expect(await b.get(Rates).rate('EUR')).toBe(2));
    loadRate.mockResolvedValue(3);
    await b.get(Rates).unknown('EUR');
    await eventually(async () => expect(await a.get(Rates).rate('EUR')).toBe(3));
  });

  it('shows decorators in place of the interceptor', async () => {
    const [a] = await two(ModuleAfter, [Products]);
    const products = a.get(Products);
    expect(await products.find('1')).toBe(await products.find('1'));
    await products.change('1', 11);
    expect(await products.find('1')).toEqual({ id: '1', price: 11 });
  });
});

@Module({ imports: [CacheModule.register({ isGlobal: true })] })
class ModuleBeforeWithoutTtl {}
