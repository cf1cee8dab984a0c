import { LRUCache } from 'lru-cache';
import { startApplication } from './application.mjs';

const TTL = 600_000;
const TAGS = 1_000;

/**
 * Fills a cache and answers with the bytes that this took.
 *
 * @param {{ connectionString: string, entries: number }} given
 */
export async function memory({ connectionString, entries }) {
  const { app, cache } = await startApplication({
    redisConnectionString: connectionString,
    options: { maxEntries: entries, ttl: TTL },
  });
  const region = cache.region('products');
  // Small ones: what the cache itself takes shows most.
  const key = (/** @type {number} */ index) => `k${index}`;
  const value = (/** @type {number} */ index) => ({ id: index });
  /** References that keep each cache alive until its memory has been measured. @type {unknown[]} */
  const kept = [];

  const fill = async (/** @type {(index: number) => unknown} */ store) => {
    for (let index = 0; index < entries; index += 1) await store(index);
  };
  const bytesOf = async (/** @type {() => Promise<unknown>} */ make) => {
    const before = used();
    kept.push(await make());
    return { bytes: used() - before };
  };
  return {
    answers: {
      lru: () =>
        bytesOf(async () => {
          const lru = new LRUCache({ max: entries, ttl: TTL });
          await fill((index) => lru.set(key(index), value(index)));
          return lru;
        }),
      untagged: () => bytesOf(() => fill((index) => region.getOrLoad(key(index), () => value(index)))),
      tagged: () =>
        bytesOf(() =>
          fill((index) => region.getOrLoad(key(index), () => value(index), { tags: `category:${index % TAGS}` })),
        ),
      /** Each entry has been read once more, in a later turn, by an awaited hit. */
      awaited: () =>
        bytesOf(async () => {
          await fill((index) => region.getOrLoad(key(index), () => value(index)));
          await new Promise((resolve) => setImmediate(resolve));
          await fill((index) => region.getOrLoad(key(index), () => value(index)));
        }),
    },
    stop: () => app.close(),
  };
}

function used() {
  if (!globalThis.gc) throw new Error('needs --expose-gc');
  for (let round = 0; round < 3; round += 1) globalThis.gc();
  // `external` includes `arrayBuffers`.
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
