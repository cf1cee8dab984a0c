import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { ForeignContexts, garbageCollected } from '../../../../test/support/common/foreign-contexts.js';
import { startedCache } from '../../../../test/support/instances/instances.js';
import { CacheEvict } from '../decorators/cache-evict.decorator.js';
import { CachePut } from '../decorators/cache-put.decorator.js';
import { Cacheable } from '../decorators/cacheable.decorator.js';
import { Caching } from '../decorators/caching.decorator.js';
import { HoldEvictions } from '../decorators/hold-evictions.decorator.js';
import { BOOT_WAIT, firstSyncAtBoot } from '../module/first-sync-at-boot.js';
import type { DistributedCacheOptions } from '../module/options/distributed-cache.options.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withTestCache } from '../testing/test-cache.js';
import { DistributedCache } from './distributed-cache.js';
import { Region } from './region.js';

const REQUESTS = 50;

class Products {
  @Cacheable({ key: (id: string) => id })
  async find(id: string): Promise<object> {
    return { id };
  }

  @CachePut({ key: (id: string) => id, region: 'products' })
  async rename(id: string): Promise<object> {
    return { id };
  }

  @CacheEvict({ key: (id: string) => id, region: 'products' })
  async remove(_id: string): Promise<void> {}

  @CacheEvict({ key: (id: string) => id, region: 'products', everywhere: true })
  async revoke(_id: string): Promise<void> {}

  @CacheEvict({ key: (id: string) => id, region: 'products', beforeInvocation: true })
  async replace(_id: string): Promise<void> {}

  @HoldEvictions()
  async transact(id: string): Promise<void> {
    await this.find(id);
    await this.rename(`${id}+`);
    await this.remove(id);
  }

  @Caching({
    put: [{ key: (id: string) => id, region: 'products' }],
    evict: [{ tags: (_result: unknown, id: string) => [`product:${id}`] }],
  })
  async change(id: string): Promise<object> {
    return { id };
  }
}

interface Shop {
  readonly cache: DistributedCache;
  readonly products: Region<object>;
  readonly service: Products;
}

type Work = (shop: Shop, id: string) => unknown;

const load = (): Promise<object> => Promise.resolve({});
/** Between a load and its hit, as between two calls of one request. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function twice(read: () => Promise<unknown>): Promise<void> {
  await read();
  await turn();
  await read();
  await read();
}

const OF_REGION: Record<string, Work> = {
  name: ({ products }) => products.name,
  getOrLoad: ({ products }, id) => twice(() => products.getOrLoad(id, load)),
  getOrLoadMany: ({ products }, id) =>
    twice(() => products.getOrLoadMany([id, `${id}+`], async (ids) => new Map(ids.map((each) => [each, {}])))),
  get: ({ products }, id) => twice(() => products.get(id)),
  getSync: ({ products }, id) => products.getSync(id),
  set: ({ products }, id) => twice(() => products.set(id, {}, { tags: id })),
  update: ({ products }, id) => twice(() => products.update(id, load)),
  evict: ({ products }, id) => products.evict(id),
  'evict everywhere': ({ products }, id) => products.evict(id, { everywhere: true }),
  evictMany: ({ products }, id) => products.evictMany([id, `${id}+`]),
  clear: ({ products }) => products.clear(),
};

const OF_CACHE: Record<string, Work> = {
  region: ({ cache }, id) => cache.region(`region ${id}`).getOrLoad(id, load),
  evictTags: ({ cache }, id) => cache.evictTags(id),
  'evictTags everywhere': ({ cache }, id) => cache.evictTags(id, { everywhere: true }),
  clear: ({ cache }) => cache.clear(),
  holdEvictions: ({ cache, products }, id) =>
    cache.holdEvictions(async () => {
      await products.getOrLoad(id, load);
      await products.set(`${id}+`, {});
      await products.evict(`${id}++`);
      await twice(() => products.getOrLoad(`${id}++`, load));
    }),
  isHoldingEvictions: ({ cache }) => cache.isHoldingEvictions,
  status: ({ cache }) => cache.status(),
  stats: ({ cache }) => cache.stats(),
  health: ({ cache }) => cache.health(),
  on: async ({ cache, products }, id) => {
    cache.on('hit', () => void turn());
    cache.on('invalidation', () => void turn());
    await twice(() => products.getOrLoad(id, load));
    await products.evict(id);
  },
  cacheManager: async ({ cache: { cacheManager } }, id) => {
    await cacheManager.wrap(id, load);
    await twice(() => cacheManager.wrap(id, load));
    await cacheManager.set(`${id}+`, {});
    await cacheManager.mset([{ key: `${id}++`, value: {} }]);
    await cacheManager.get(id);
    await cacheManager.mget([id, `${id}+`]);
    await cacheManager.ttl(id);
    await cacheManager.del(`${id}+`);
    await cacheManager.mdel([`${id}++`]);
  },
  'cacheManager.clear': ({ cache: { cacheManager } }) => cacheManager.clear(),
};

const OF_DECORATORS: Record<string, Work> = {
  '@Cacheable': ({ service }, id) => twice(() => service.find(id)),
  '@CachePut': ({ service }, id) => twice(() => service.rename(id)),
  '@CacheEvict': ({ service }, id) => service.remove(id),
  '@CacheEvict everywhere': ({ service }, id) => service.revoke(id),
  '@CacheEvict beforeInvocation': ({ service }, id) => service.replace(id),
  '@HoldEvictions': ({ service }, id) => service.transact(id),
  '@Caching': ({ service }, id) => service.change(id),
};

const WORK = [
  ...Object.entries(OF_REGION).map(([name, work]) => [`region.${name}`, work] as const),
  ...Object.entries(OF_CACHE).map(([name, work]) => [`cache.${name}`, work] as const),
  ...Object.entries(OF_DECORATORS),
];

/** Two instances by the real clock: the manual one has no timer that could hold anything. */
function shopWith(options: DistributedCacheOptions): Shop {
  const caches = [startedCache(options), startedCache(options)] as const;
  onTestFinished(async () => {
    await Promise.all(caches.map((each) => each.close()));
  });
  const [cache] = caches;
  return { cache, products: cache.region('products'), service: withTestCache(new Products(), cache) };
}

/** The requests that called one method of a shop which is still there. */
async function requestsOf(work: Work, options: DistributedCacheOptions): Promise<ForeignContexts> {
  const shop = shopWith(options);
  await shop.cache.firstSync(1);
  const requests = new ForeignContexts();
  for (let i = 0; i < REQUESTS; i += 1) await requests.run(async (request) => void (await work(shop, `${request}`)));
  return requests;
}

it.each([
  ['in local mode', (): DistributedCacheOptions => ({})],
  ['with other instances', () => ({ bridge: new InMemoryInvalidationBridge() })],
  ['with cloned values', () => ({ values: 'cloned' as const })],
  ['with reevictAfter', () => ({ bridge: new InMemoryInvalidationBridge(), reevictAfter: '1h' })],
  ['with minReplicas', () => ({ bridge: new InMemoryInvalidationBridge(), minReplicas: 1 })],
] as const)(
  'no method of a cache, a region or a decorator holds in memory the requests that called it, %s',
  async (_, options) => {
    const requests = new Map<string, ForeignContexts>();
    for (const [name, work] of WORK) requests.set(name, await requestsOf(work, options()));
    await garbageCollected();
    const held = [...requests].map(([name, { held: count }]) => [name, count]);
    expect(held).toEqual(WORK.map(([name]) => [name, 0]));
  },
  30_000,
);

it('every public method of a region and of the cache is tried in a foreign context', () => {
  const internal = [
    'constructor',
    'state',
    'cached',
    'load',
    'loadMany',
    'methodOf',
    'runPut',
    'evictTargets',
    'answer',
    'refusal',
    'asOne',
    'hold',
    'auditAll',
    'figures',
    'found',
    'clock',
    'loadMany',
    'start',
    'firstSync',
    'close',
    'isClosed',
    'maxStaleness',
    'firstSyncFailure',
  ];
  const publicOf = (prototype: object): string[] =>
    Object.getOwnPropertyNames(prototype).filter((name) => !internal.includes(name));
  expect(Object.keys(OF_REGION)).toEqual(expect.arrayContaining(publicOf(Region.prototype)));
  expect(Object.keys(OF_CACHE)).toEqual(expect.arrayContaining(publicOf(DistributedCache.prototype)));
});

describe('no request is held in memory', () => {
  it('by a thousand entries that requests have loaded and read', async () => {
    const { products } = shopWith({});
    const requests = new ForeignContexts();
    for (let i = 0; i < 1_000; i += 1)
      await requests.run((request) => twice(() => products.getOrLoad(`${request}`, load)));
    await garbageCollected();
    expect(requests.held).toBe(0);
  });

  it.each([
    ['evictions', undefined],
    ['evictions everywhere', { timeout: 20 }],
  ])('by messages without an answer, when the callers of their %s have gone', async (_, everywhere) => {
    const bridge = new InMemoryInvalidationBridge();
    const { cache, products } = shopWith({ bridge, publishTimeout: 20, commandTimeout: '1h', drainTimeout: 0 });
    await cache.firstSync(1);
    bridge.cut(cache, { silently: true });
    const requests = new ForeignContexts();
    await Promise.all(
      Array.from({ length: REQUESTS }, async () => {
        await turn();
        await requests.run(
          async (request) => void (await products.evict(`${request}`, { everywhere }).catch(() => {})),
        );
      }),
    );
    expect(cache.status().outbox).toBe(REQUESTS);
    await garbageCollected();
    expect(requests.held).toBe(0);
  });

  it('by a wait that boot has given up, for a server that does not answer', async () => {
    const bridge = new InMemoryInvalidationBridge();
    bridge.refuse('retry');
    const { cache } = shopWith({ bridge });
    const chosen = {
      bridge,
      source: 'the test',
      redisIdentity: bridge,
      abortConnect: false,
      connectRetry: 1,
      commandTimeout: undefined,
      ignored: [],
    };
    const clock = new ManualClock();
    const closed = deferred<void>();
    const requests = new ForeignContexts();
    // The promise itself belongs to the request: nobody keeps it.
    const outcome = deferred<string>();
    requests.run(() => void firstSyncAtBoot(cache, chosen, clock, closed.promise).then(outcome.resolve));
    await clock.advance(BOOT_WAIT);
    expect(await outcome.promise).toBe('given up');
    await garbageCollected();
    expect(requests.held).toBe(0);
  });
});
