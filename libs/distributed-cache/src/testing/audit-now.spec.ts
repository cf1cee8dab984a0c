import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { DistributedCache } from '../cache/distributed-cache.js';
import { CacheEvict } from '../decorators/cache-evict.decorator.js';
import { CachePut } from '../decorators/cache-put.decorator.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { DistributedCacheError, InvalidOptionsError } from '../errors.js';
import { DistributedCacheModule } from '../module/distributed-cache.module.js';
import { auditNow, AuditNotPossibleError, ForgottenEvictionsError } from './audit-now.js';
import { InMemoryInvalidationBridge } from './in-memory-invalidation-bridge.js';
import { ManualClock } from './manual-clock.js';
import { provideTestCache, withTestCache, type TestCacheOptions } from './test-cache.js';

const SECRET = 'a value that nobody but the reader may see';

@Injectable()
class ProductRepository {
  readonly prices = new Map([
    ['41', 1],
    ['42', 1],
  ]);
  isClosed = false;
  running = 0;
  mostRunning = 0;

  async find(id: string): Promise<{ id: string; price: number } | undefined> {
    this.running += 1;
    this.mostRunning = Math.max(this.mostRunning, this.running);
    await Promise.resolve();
    this.running -= 1;
    if (this.isClosed) throw new Error(SECRET);
    const price = this.prices.get(id);
    return price === undefined ? undefined : { id, price };
  }
}

@Injectable()
class ProductsService {
  constructor(private readonly repository: ProductRepository) {}

  @Cacheable({ region: 'products', key: (id) => id, ttl: '1m' })
  async find(id: string): Promise<unknown> {
    return this.repository.find(id);
  }

  @CacheEvict({ region: 'products', key: (id) => id })
  async setPrice(id: string, price: number): Promise<void> {
    this.repository.prices.set(id, price);
  }

  @CachePut({ region: 'products', key: (id) => id })
  async putPrice(id: string, price: number): Promise<unknown> {
    this.repository.prices.set(id, price);
    return { id, price };
  }

  async raiseAllPrices(): Promise<void> {
    for (const [id, price] of this.repository.prices) this.repository.prices.set(id, price + 1);
  }
}

let testing: TestingModule;
let cache: DistributedCache;
let service: ProductsService;
let repository: ProductRepository;

async function compile(builder: Parameters<typeof Test.createTestingModule>[0]): Promise<void> {
  testing = await Test.createTestingModule(builder).compile();
  await testing.init();
  cache = testing.get(DistributedCache);
  service = testing.get(ProductsService);
  repository = testing.get(ProductRepository);
}

const provided = (options?: TestCacheOptions): Promise<void> =>
  compile({ providers: [ProductsService, ProductRepository, provideTestCache(options)] });

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it has resolved'),
    (error: unknown) => error,
  );
}

beforeEach(() => provided());
afterEach(() => testing.close());

describe('auditNow', () => {
  // As in docs/testing.md
  it('leaves nothing untrue in the cache', async () => {
    await service.find('42');
    await service.setPrice('42', 2);
    await service.find('42');

    await auditNow(cache.region('products'));
    expect(cache.stats().regions['products']).toMatchObject({ entries: 1, forgotten: 0 });
  });

  // As in docs/testing.md
  it('names the keys that a change forgot to evict', async () => {
    await service.find('41');
    await service.find('42');
    await service.raiseAllPrices();

    const error = await auditNow(cache.region('products')).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ForgottenEvictionsError);
    expect(error).toMatchObject({ forgotten: [{ region: 'products', key: '41' }, { key: '42' }] });
  });

  it('rejects with an error that has a code and names region, keys and ages, and no value', async () => {
    const clock = new ManualClock();
    await provided({ clock });
    const region = cache.region('products');
    await region.getOrLoad('1', () => (clock.now() > 1_000_000 ? SECRET : `old ${SECRET}`));
    await clock.advance('5s');
    const error = await rejection(auditNow(region));
    expect(error).toBeInstanceOf(DistributedCacheError);
    expect(error).toMatchObject({
      code: 'FORGOTTEN_EVICTIONS',
      message: expect.stringContaining("Region 'products' holds values"),
      forgotten: [{ region: 'products', key: '1', age: 5_000 }],
    });
    expect(String(error)).toContain('1 (loaded 5000 ms ago)');
    expect(String(error)).not.toContain(SECRET);
    expect(JSON.stringify(error)).not.toContain(SECRET);
  });

  it('counts what it finds and emits forgotten, as any audit', async () => {
    const heard = vi.fn<() => void>();
    cache.on('forgotten', heard);
    await service.find('42');
    await service.raiseAllPrices();
    await rejection(auditNow(cache.region('products')));
    expect(heard).toHaveBeenCalledOnce();
    expect(cache.stats().regions['products']?.forgotten).toBe(1);
  });

  it('resolves with how many entries it has audited, those that the audit of another region does not concern left out', async () => {
    await service.find('41');
    await service.find('42');
    await cache.region('others').getOrLoad('1', () => Math.random());
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 2, skipped: 0 });
  });

  it('audits nothing in an empty region, and no value that has expired', async () => {
    const clock = new ManualClock();
    await provided({ clock });
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 0, skipped: 0 });
    await service.find('42');
    await clock.advance('2m');
    await service.raiseAllPrices();
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 0, skipped: 0 });
  });

  it('audits what a bulk read has loaded', async () => {
    const region = cache.region('products');
    let value = 1;
    await region.getOrLoadMany(['1', '2'], (ids) => new Map(ids.map((id) => [id, value])));
    value = 2;
    expect(await rejection(auditNow(region))).toMatchObject({ forgotten: [{ key: '1' }, { key: '2' }] });
  });

  it('audits a value that was put, if somebody has read it with a loader since; otherwise it is skipped', async () => {
    await service.find('41');
    await service.putPrice('42', 3);
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 1, skipped: 1 });
    await service.find('42');
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 2, skipped: 0 });
    repository.prices.set('42', 4);
    expect(await rejection(auditNow(cache.region('products')))).toMatchObject({ forgotten: [{ key: '42' }] });
  });

  it('loads no more than 8 values at once', async () => {
    for (let id = 0; id < 50; id += 1) await service.find(String(id));
    await cache.region('products').evictMany(['1']);
    for (let id = 0; id < 50; id += 1) repository.prices.set(String(id), 1);
    for (let id = 0; id < 50; id += 1) await service.find(String(id));
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 50, skipped: 0 });
    expect(repository.mostRunning).toBe(8);
  });

  it('stores nothing', async () => {
    await service.find('42');
    await service.raiseAllPrices();
    await rejection(auditNow(cache.region('products')));
    expect(cache.region('products').getSync('42')).toEqual({ id: '42', price: 1 });
  });

  it('decides by equals of the region', async () => {
    await provided({ regions: { products: { audit: { sample: 0.001, equals: () => true } } } });
    await service.find('42');
    await service.raiseAllPrices();
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 1, skipped: 0 });
  });

  it('works with the cache of withTestCache', async () => {
    const alone = new ProductRepository();
    const products = withTestCache(new ProductsService(alone), cache);
    await products.find('42');
    alone.prices.set('42', 5);
    expect(await rejection(auditNow(cache.region('products')))).toMatchObject({ forgotten: [{ key: '42' }] });
  });

  it('works with the module, in a region with audit: { sample: 1 }', async () => {
    await compile({
      imports: [DistributedCacheModule.forRoot({ redisConnectionString: '', audit: { sample: 1 } })],
      providers: [ProductsService, ProductRepository],
    });
    await service.find('42');
    await service.raiseAllPrices();
    expect(await rejection(auditNow(cache.region('products')))).toMatchObject({ forgotten: [{ key: '42' }] });
  });

  it('says that no loader is known, and what to do', async () => {
    const region = startedCache().region('products');
    await region.getOrLoad('1', () => 1);
    const error = await rejection(auditNow(region));
    expect(error).toBeInstanceOf(AuditNotPossibleError);
    expect(error).toMatchObject({
      code: 'AUDIT_NOT_POSSIBLE',
      message: expect.stringMatching(/provideTestCache.*sample: 1/),
    });
  });

  it('says so when no load has succeeded', async () => {
    await service.find('42');
    repository.isClosed = true;
    const error = await rejection(auditNow(cache.region('products')));
    expect(error).toBeInstanceOf(AuditNotPossibleError);
    expect(String(error)).toMatch(/no load gave a result.*loadError/);
    expect(String(error)).not.toContain(SECRET);
  });

  it.each<[string, () => unknown]>([
    ['throws', () => Reflect.apply(SECRET.repeat, SECRET, [-1])],
    ['returns nothing', () => undefined],
  ])('says so when equals %s: a test does not pass by a mistake in it', async (_, equals) => {
    const broken: object = { sample: 1, equals };
    const region = startedCache({ audit: { sample: 1, ...broken } }).region('products');
    await region.getOrLoad('1', () => SECRET);
    const error = await rejection(auditNow(region));
    expect(error).toBeInstanceOf(AuditNotPossibleError);
    expect(String(error)).toMatch(/1 of its values could not be compared.*equals.*true or false/);
    expect(String(error)).not.toContain(SECRET);
  });

  it('refuses what is no region', async () => {
    const given: unknown = cache;
    const refused: unknown = Reflect.apply(auditNow, undefined, [given]);
    expect(await rejection(Promise.resolve(refused))).toBeInstanceOf(InvalidOptionsError);
  });

  it('takes part in evictions of other instances that are on their way', async () => {
    const bridge = new InMemoryInvalidationBridge();
    await provided({ bridge });
    const other = startedCache({ bridge });
    await other.firstSync(1);
    await service.find('42');
    repository.prices.set('42', 2);
    bridge.drop();
    await other.region('products').evict('42');
    await expect(auditNow(cache.region('products'))).resolves.toEqual({ audited: 1, skipped: 0 });
    await other.close();
  });

  it('says that it cannot tell while the instance is cut off', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    await provided({ bridge, clock });
    await service.find('42');
    await service.raiseAllPrices();
    bridge.cut(cache);
    const audited = rejection(auditNow(cache.region('products')));
    await clock.advance('11s');
    const error = await audited;
    expect(error).toBeInstanceOf(AuditNotPossibleError);
    expect(String(error)).toMatch(/cut off/);
  });
});
