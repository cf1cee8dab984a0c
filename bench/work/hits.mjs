import { KeyvCacheableMemory } from '@cacheable/memory';
import { createCache as createDedupe } from 'async-cache-dedupe';
import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { LRUCache } from 'lru-cache';
import { Cacheable } from 'nestjs-distributed-cache';
import { seedProducts } from 'sample/dist/catalogue/seed.js';
import { decorate, startApplication } from '../application/application.mjs';
import { interleaved } from '../measure/interleaved.mjs';
import { bentocache } from '../peers/bentocache.mjs';
import { layeredLoader } from '../peers/layered-loader.mjs';

const KEYS = 1_000;
const TTL = 600_000;

/**
 * Hits of ours and of the peers, on the same keys and values.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function hits({ redis, effort }) {
  const ids = Array.from({ length: KEYS }, (_, index) => `${index}`);
  // The products of the sample: a cache that serialises its values pays for their size.
  const products = seedProducts();
  const product = (/** @type {string} */ id) => ({ id, ...products[Number(id)] });
  let loads = 0;
  const load = async (/** @type {string} */ id) => {
    loads += 1;
    return product(id);
  };
  const loadOf = (/** @type {{ key: string }} */ context) => load(context.key);

  class ProductService {
    find(/** @type {string} */ id) {
      return load(id);
    }
  }
  decorate(ProductService, 'find', Cacheable({ region: 'products', key: (id) => id, ttl: TTL }));
  const { app, cache } = await startApplication({
    redisConnectionString: redis.connectionString,
    providers: [ProductService],
  });
  const service = app.get(ProductService);
  const region = cache.region('loaded');

  /** @type {LRUCache<string, ReturnType<typeof product>>} */
  const lru = new LRUCache({ max: 10_000, ttl: TTL });
  const loader = await layeredLoader({ maxItems: 10_000, ttl: TTL, load });
  const dedupe = createDedupe({
    ttl: TTL / 1_000,
    storage: { type: 'memory', options: { size: 10_000 } },
  }).define('find', load);
  const manager = createCache({ ttl: TTL });
  const nest = createCache({
    ttl: TTL,
    stores: [new Keyv({ store: new KeyvCacheableMemory({ ttl: TTL, lruSize: 10_000 }) })],
  });
  const bento = bentocache({ maxItems: 10_000 });

  for (const id of ids) {
    lru.set(`product:${id}`, product(id));
    lru.set(id, product(id));
  }
  const every = (/** @type {(id: string) => unknown} */ read) => ({
    times: KEYS,
    async run() {
      for (const id of ids) await read(id);
    },
  });
  const everySync = (/** @type {(id: string) => unknown} */ read) => ({
    times: KEYS,
    run() {
      for (const id of ids) if (read(id) === undefined) throw new Error(`no hit of ${id}`);
    },
  });
  const contenders = {
    decorated: every((id) => service.find(id)),
    getOrLoad: every((id) => region.getOrLoad(id, loadOf)),
    getSync: everySync((id) => region.getSync(id)),
    lru: every((id) => lru.get(id)),
    lruConcatenated: every((id) => lru.get(`product:${id}`)),
    lruSync: everySync((id) => lru.get(id)),
    layeredLoader: every((id) => loader.get(`product:${id}`)),
    dedupe: every((id) => dedupe.find(id)),
    manager: every((id) => manager.wrap(`product:${id}`, () => load(id))),
    nest: every((id) => nest.wrap(`product:${id}`, () => load(id))),
    bento: every((id) => bento.getOrSet({ key: `product:${id}`, factory: () => load(id), ttl: TTL })),
  };
  // Fills the caches that load: every read of the measurement is a hit. `getSync` never loads and needs the entries of `getOrLoad`.
  for (const [name, contender] of Object.entries(contenders)) if (name !== 'getSync') await contender.run();

  const loadsBefore = loads;
  const measured = await interleaved(contenders, effort);
  if (loads > loadsBefore) throw new Error(`${loads - loadsBefore} of the reads were no hits.`);
  await app.close();
  await bento.disconnectAll();

  return {
    rows: {
      'hit/lru-cache': measured.row('decorated', 'lruConcatenated'),
      'hit/layered-loader': measured.row('decorated', 'layeredLoader'),
      'hit/cache-manager': measured.row('decorated', 'manager'),
      'hit/bentocache': measured.row('decorated', 'bento'),
      'hit/async-cache-dedupe': measured.row('decorated', 'dedupe'),
      'hit/nest': measured.row('decorated', 'nest'),
      'getOrLoad/lru-cache': measured.row('getOrLoad', 'lru'),
      'getSync/lru-cache': measured.row('getSync', 'lruSync'),
    },
  };
}
