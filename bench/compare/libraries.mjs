import { RedisMessageProvider } from '@qified/redis';
import { Cacheable } from 'cacheable';
import { startApplication } from '../application/application.mjs';
import { bentocache } from '../peers/bentocache.mjs';
import { layeredLoader } from '../peers/layered-loader.mjs';

/** What the source has. @typedef {{ readonly id: string, readonly revision: number }} Product */

/**
 * The cache of one instance, as the documentation of its library sets it up.
 *
 * @typedef {object} Instance
 * @property {(key: string) => Promise<Product>} read the value in memory, else one that `load` gives
 * @property {(key: string) => Promise<unknown>} evict
 * @property {(key: string) => Promise<Product>} [readMany] the same as `read`, by the call for many keys, where there is one
 */

/**
 * What an instance is given.
 *
 * @typedef {object} Given
 * @property {number} port of Redis
 * @property {string} name of the instance
 * @property {(key: string) => Promise<Product>} load
 */

/** Longer than any run, in ms: what is stale here would be so until its TTL. */
const TTL = 600_000;
const MAX_ITEMS = 1_000;

/** By the names that `npm run compare -- --only` takes. @satisfies {Readonly<Record<string, (given: Given) => Promise<Instance>>>} */
export const LIBRARIES = {
  'nestjs-distributed-cache': async ({ port, load }) => {
    const { cache } = await startApplication({
      redisConnectionString: `redis://127.0.0.1:${port}`,
      options: { ttl: TTL },
    });
    const region = cache.region('products');
    return {
      read: (key) => region.getOrLoad(key, () => load(key)),
      readMany: async (key) => {
        const found = await region.getOrLoadMany([key], async (keys) => new Map([[key, await load(keys[0] ?? key)]]));
        return valueIn(found.get(key));
      },
      evict: (key) => region.evict(key),
    };
  },
  'layered-loader': async ({ port, load }) => {
    const loader = await layeredLoader({ port, maxItems: MAX_ITEMS, ttl: TTL, load, keyOf: ({ id }) => id });
    await loader.init();
    return {
      read: async (key) => valueIn(await loader.get(key)),
      readMany: async (key) => valueIn((await loader.getMany([key]))[0]),
      evict: (key) => loader.invalidateCacheFor(key),
    };
  },
  bentocache: async ({ port, load }) => ofBentocache(bentocache({ port, maxItems: MAX_ITEMS }), load),
  'bentocache-layered': async ({ port, load }) =>
    ofBentocache(bentocache({ port, maxItems: MAX_ITEMS, isSecondLayerOn: true }), load),
  cacheable: async ({ port, name, load }) => {
    const provider = new RedisMessageProvider({ uri: `redis://127.0.0.1:${port}`, id: name });
    const cache = new Cacheable({ ttl: TTL, sync: { qified: provider } });
    return {
      read: async (key) => valueIn(await cache.getOrSet(key, () => load(key), { ttl: TTL })),
      evict: (key) => cache.delete(key),
    };
  },
};

/**
 * @param {import('bentocache').BentoCache} cache
 * @param {Given['load']} load
 * @returns {Instance}
 */
function ofBentocache(cache, load) {
  return {
    read: (key) => cache.getOrSet({ key, factory: () => load(key), ttl: TTL }),
    evict: (key) => cache.delete({ key }),
  };
}

/** @param {Product | null | undefined} value */
function valueIn(value) {
  if (value) return value;
  throw new Error('The library gave no value where it had one to load.');
}
