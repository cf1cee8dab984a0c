import { setImmediate as nextTurn } from 'node:timers/promises';
import { startApplication } from '../application/application.mjs';
import { microsecondsOf } from './curve.mjs';
import { entriesOf, resolvable, twoInstances, until } from './instances.mjs';

/** @typedef {import('./curve.mjs').Curve} Curve */
/** @typedef {import('nestjs-distributed-cache').DistributedCache} DistributedCache */

const BATCH = 1_000;
/** Entries that nobody evicts. */
const OTHERS = 1_000;

/** 500 000 are 50 000 a second for ten seconds. The count is the loads until the value is stored. @type {Curve} */
const slowLoad = {
  id: 'growth/slow-load',
  countId: 'growth/slow-load/loads',
  by: 'evictions of other keys during one load',
  unit: 'ms',
  sizes: [1_000, 10_000, 100_000, 500_000],
  rounds: 3,
  async prepare(size) {
    const { here, peer, stop } = await twoInstances();
    const region = here.region('reports');
    let most = 0;
    /** One load that takes as long as the evictions; the time of these. */
    const load = async () => {
      const ends = resolvable();
      const value = region.getOrLoad('slow', () => ends.promise);
      const milliseconds = await evicted(peer, size);
      ends.resolve('value');
      await value;
      return milliseconds;
    };
    return {
      async cost() {
        let loads = 1;
        const milliseconds = await load();
        for (; region.getSync('slow') === undefined && loads < 3; loads += 1) await load();
        most = Math.max(most, loads);
        await region.evict('slow');
        return milliseconds;
      },
      count: () => most,
      stop,
    };
  },
};

/** @type {Curve} */
const missBesideSlowLoad = {
  id: 'growth/slow-load/miss',
  by: 'evictions since a slow load began',
  unit: 'µs',
  sizes: [500, 5_000, 50_000, 500_000],
  async prepare(size) {
    const { here, peer, stop } = await twoInstances();
    const ends = resolvable();
    const slow = here.region('reports').getOrLoad('slow', () => ends.promise);
    await evicted(peer, size);
    const region = here.region('prices');
    let next = 0;
    return {
      cost: () =>
        microsecondsOf(500, async () => {
          next += 1;
          await peer.region('products').evict(`${next % size}`);
          await region.getOrLoad(`${next}`, () => next);
        }),
      stop: async () => {
        ends.resolve('value');
        await slow;
        await stop();
      },
    };
  },
};

/**
 * The time until a peer has dropped evicted keys, with Redis. The count is of the entries that it has lost besides.
 *
 * @param {string} id
 * @param {(cache: DistributedCache, keys: string[]) => Promise<unknown>} evict
 * @returns {Curve}
 */
const evictedKeys = (id, evict) => ({
  id,
  countId: `${id}/lost`,
  by: 'keys',
  unit: 'ms',
  sizes: [10_001, 25_000, 50_000, 120_000],
  rounds: 3,
  async prepare(size, { redis }) {
    const options = { namespace: `${id}/${size}`, maxEntries: size + OTHERS };
    const start = () => startApplication({ redisConnectionString: redis.connectionString, options });
    const [here, peer] = [await start(), await start()];
    const region = peer.cache.region('products');
    const keys = Array.from({ length: size }, (_, key) => `${key}`);
    let lost = 0;
    return {
      async cost() {
        for (let key = 0; key < OTHERS; key += 1) await region.getOrLoad(`other ${key}`, () => key);
        for (const key of keys) await region.getOrLoad(key, () => key);
        const startedAt = performance.now();
        const delivered = evict(here.cache, keys);
        await until(() => entriesOf(peer.cache, 'products') <= OTHERS);
        const milliseconds = performance.now() - startedAt;
        await delivered;
        lost = Math.max(lost, OTHERS - entriesOf(peer.cache, 'products'));
        return milliseconds;
      },
      count: () => lost,
      async stop() {
        await here.app.close();
        await peer.app.close();
      },
    };
  },
});

/** @type {Curve} */
const byTagsLately = {
  id: 'growth/tags-lately',
  by: 'other tags evicted lately',
  unit: 'µs',
  sizes: [100, 1_000, 10_000, 100_000],
  async prepare(size) {
    const { here, stop } = await twoInstances();
    for (let tag = 0; tag < size; tag += 1) await here.evictTags(`tag:${tag}`);
    let next = 0;
    return { cost: () => microsecondsOf(200, () => here.evictTags(`tag:${(next += 1) % size}`)), stop };
  },
};

export const EVICTION_CURVES = [
  slowLoad,
  missBesideSlowLoad,
  evictedKeys('growth/evict-many', (cache, keys) => cache.region('products').evictMany(keys)),
  evictedKeys('growth/evict-tick', (cache, keys) =>
    Promise.all(keys.map((key) => cache.region('products').evict(key))),
  ),
  byTagsLately,
];

/**
 * Evicts so many keys, and resolves when a turn has passed, with the time that it took, in ms.
 *
 * @param {DistributedCache} cache
 * @param {number} size
 */
async function evicted(cache, size) {
  const region = cache.region('products');
  const startedAt = performance.now();
  for (let from = 0; from < size; from += BATCH) {
    await region.evictMany(Array.from({ length: Math.min(BATCH, size - from) }, (_, index) => `${from + index}`));
  }
  await nextTurn();
  return performance.now() - startedAt;
}
