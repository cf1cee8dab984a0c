import { startApplication } from '../application/application.mjs';
import { median, spread } from '../measure/statistics.mjs';

const COVERED = 1_000;

/** What `evictTags` costs the caller before it waits, with few and with many other entries. @param {import('../run.mjs').Work} work */
export async function tags({ redis, effort }) {
  const few = await stored(redis, 10_000);
  const many = await stored(redis, effort.entries);
  const figures = { few: [], many: [] };
  for (let round = -3; round < effort.manyRounds; round += 1) {
    const [ofFew, ofMany] = [await few.evict(), await many.evict()];
    if (round < 0) continue;
    figures.few.push(ofFew);
    figures.many.push(ofMany);
  }
  await few.app.close();
  await many.app.close();
  return {
    rows: {
      'tags/stored': {
        ours: median(figures.many) * 1e6,
        theirs: median(figures.few) * 1e6,
        ratio: spread(figures.many.map((figure, round) => figure / figures.few[round])),
      },
    },
  };
}

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
    /** In ms. */
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
