import { LRUCache } from 'lru-cache';
import { startApplication } from '../application/application.mjs';
import { interleaved } from '../measure/interleaved.mjs';

const ENTRIES = 10_000;
const TTL = 600_000;
const CONCURRENT = 1_000;

/**
 * Misses one after the other, and how often a loader runs for many concurrent misses of one key.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function misses({ redis, effort }) {
  const { app, cache } = await startApplication({
    redisConnectionString: redis.connectionString,
    options: { maxEntries: ENTRIES, ttl: TTL },
  });
  const region = cache.region('products');
  /** @type {LRUCache<string, { id: string, price: number }>} */
  const lru = new LRUCache({ max: ENTRIES, ttl: TTL });
  const load = async (/** @type {string} */ id) => ({ id, price: 995 });
  const loadOf = (/** @type {{ key: string }} */ context) => load(context.key);

  // Every key is new, and both caches are full, so each store removes another entry.
  let next = 0;
  const every = (/** @type {(id: string) => unknown} */ read) => ({
    times: 1_000,
    async run() {
      for (let index = 0; index < 1_000; index += 1) await read(`${next++}`);
    },
  });
  const measured = await interleaved(
    {
      ours: every((id) => region.getOrLoad(id, loadOf)),
      theirs: every(async (id) => {
        const value = await load(id);
        lru.set(id, value);
        return value;
      }),
    },
    effort,
  );

  const storing = await stores(effort);

  let loads = 0;
  const slow = async () => {
    loads += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return {};
  };
  await Promise.all(Array.from({ length: CONCURRENT }, () => region.getOrLoad('one key', slow)));
  await app.close();
  return {
    rows: {
      'miss/loader': measured.row('ours', 'theirs'),
      'store/held': storing.row('again', 'fresh'),
      'stampede/loads': { ours: loads },
    },
  };
}

/**
 * Storing again under a key that is held, and storing a new one, in a cache without Redis: what the store does, and nothing that is sent.
 *
 * @param {import('../effort.mjs').Effort} effort
 */
async function stores(effort) {
  const { app, cache } = await startApplication({
    redisConnectionString: undefined,
    options: { maxEntries: ENTRIES, ttl: TTL },
  });
  const held = cache.region('held');
  const fresh = cache.region('fresh');
  const keys = Array.from({ length: ENTRIES / 4 }, (_, index) => `${index}`);
  const value = {};
  let next = 0;
  const measured = await interleaved(
    {
      again: {
        times: keys.length,
        async run() {
          for (const key of keys) await held.set(key, value);
        },
      },
      fresh: {
        times: keys.length,
        async run() {
          for (const _ of keys) await fresh.set(`${next++}`, value);
        },
      },
    },
    effort,
  );
  await app.close();
  return measured;
}
