import { startApplication } from '../application/application.mjs';
import { compared } from '../measure/compared.mjs';

const COVERED = 1_000;
const FEW_ENTRIES = 10_000;
/** Every thousandth key has the same other tag: 1 000 of a million in a full run. */
const STEP = 1_000;

/**
 * The time that `evictTags` takes the caller before it waits for Redis: with few and with many other entries in the cache, and for entries
 * that lie all over the heap beside deleting the same keys from a bare `Map`.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function tags({ redis, effort }) {
  const few = await stored(redis, FEW_ENTRIES);
  const many = await stored(redis, effort.entries);
  const map = new Map(Array.from({ length: effort.entries }, (_, key) => [`${key}`, { key }]));
  /** In ms. @type {Record<'few' | 'many' | 'scattered' | 'map', number[]>} */
  const figures = { few: [], many: [], scattered: [], map: [] };
  for (let round = -3; round < effort.manyRounds; round += 1) {
    const [ofFew, ofMany] = [await few.evict(), await many.evict()];
    const scattered = await many.evictOther(round + 3);
    const ofMap = deleted(map, round + 3);
    if (round < 0) continue;
    figures.few.push(ofFew);
    figures.many.push(ofMany);
    figures.scattered.push(scattered);
    figures.map.push(ofMap);
  }
  await few.app.close();
  await many.app.close();
  return {
    rows: {
      'tags/stored': compared(figures.many, figures.few, { scale: 1e6 }),
      'tags/scattered': compared(figures.scattered, figures.map, { scale: 1e6 }),
    },
  };
}

/**
 * A cache that is full but for the entries that will be evicted.
 *
 * @param {import('../../tools/redis.mjs').PrivateRedis} redis
 * @param {number} entries
 */
async function stored(redis, entries) {
  const { app, cache } = await startApplication({
    redisConnectionString: redis.connectionString,
    options: { maxEntries: entries, namespace: `tags-${entries}` },
  });
  const region = cache.region('products');
  const load = () => ({});
  for (let key = 0; key < entries - COVERED; key += 1) {
    await region.getOrLoad(`${key}`, load, { tags: `other:${key % STEP}` });
  }
  /** How long `evictTags` took, in ms. @param {string} tag */
  const evictTag = async (tag) => {
    globalThis.gc?.();
    const startedAt = performance.now();
    const delivered = cache.evictTags(tag);
    const milliseconds = performance.now() - startedAt;
    await delivered;
    return milliseconds;
  };
  return {
    app,
    /** Stores the entries of one tag, and evicts them. */
    async evict() {
      for (let key = 0; key < COVERED; key += 1) await region.getOrLoad(`covered ${key}`, load, { tags: 'covered' });
      return evictTag('covered');
    },
    /** Evicts the entries of one of the other tags. @param {number} other */
    evictOther: (other) => evictTag(`other:${other}`),
  };
}

/**
 * Deletes every {@link STEP}th key of a map, and returns how long that took, in ms.
 *
 * @param {Map<string, unknown>} map
 * @param {number} first
 */
function deleted(map, first) {
  const keys = Array.from({ length: Math.floor(map.size / STEP) }, (_, index) => `${first + index * STEP}`);
  globalThis.gc?.();
  const startedAt = performance.now();
  for (const key of keys) map.delete(key);
  return performance.now() - startedAt;
}
