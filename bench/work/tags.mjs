import { startApplication } from '../application/application.mjs';
import { compared } from '../measure/compared.mjs';

const COVERED = 1_000;
const FEW_ENTRIES = 10_000;

/**
 * The time that `evictTags` takes the caller before it waits for Redis, with few and with many other entries in the cache.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function tags({ redis, effort }) {
  const few = await stored(redis, FEW_ENTRIES);
  const many = await stored(redis, effort.entries);
  /** In ms. @type {{ few: number[], many: number[] }} */
  const figures = { few: [], many: [] };
  for (let round = -3; round < effort.manyRounds; round += 1) {
    const [ofFew, ofMany] = [await few.evict(), await many.evict()];
    if (round < 0) continue;
    figures.few.push(ofFew);
    figures.many.push(ofMany);
  }
  await few.app.close();
  await many.app.close();
  return { rows: { 'tags/stored': compared(figures.many, figures.few, { scale: 1e6 }) } };
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
    await region.getOrLoad(`${key}`, load, { tags: `other:${key % 500}` });
  }
  return {
    app,
    /** Stores the entries of one tag, evicts them, and returns how long `evictTags` took, in ms. */
    async evict() {
      for (let key = 0; key < COVERED; key += 1) await region.getOrLoad(`covered ${key}`, load, { tags: 'covered' });
      globalThis.gc?.();
      const startedAt = performance.now();
      const delivered = cache.evictTags('covered');
      const milliseconds = performance.now() - startedAt;
      await delivered;
      return milliseconds;
    },
  };
}
