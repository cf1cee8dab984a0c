import { startApplication } from '../application/application.mjs';
import { madeTraces } from '../traces/made.mjs';
import { readTraces } from '../traces/read.mjs';
import { lru, optimum } from '../traces/textbook.mjs';

/** Shares of the distinct keys that the cache has room for. */
const SHARES = [0.01, 0.05, 0.1, 0.25];
const LEAST = 20;

/**
 * The share of requests that are hits, beside that of LRU and of the optimum, for traces of requests.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function hitRatio({ effort, traces: folder }) {
  const traces = folder === undefined ? madeTraces(effort.requests) : await readTraces(folder);
  const curves = [];
  for (const { name, requests } of traces) {
    const distinct = new Set(requests).size;
    const points = [];
    for (const share of SHARES) {
      const capacity = Math.max(LEAST, Math.floor(distinct * share));
      points.push({
        share,
        ours: (await ours(requests, capacity)) * 100,
        lru: lru(requests, capacity) * 100,
        optimum: optimum(requests, capacity) * 100,
      });
    }
    curves.push({ name, requests: requests.length, distinct, points });
    const shown = points.map((point) =>
      [point.ours, point.lru, point.optimum].map((value) => value.toFixed(1)).join(' / '),
    );
    console.log(
      `\n  ${name}, ours / LRU / optimum at ${SHARES.map((share) => share * 100).join(', ')} %: ${shown.join('   ')}`,
    );
  }
  const all = curves.flatMap(({ points }) => points);
  const mean = (/** @type {'ours' | 'lru'} */ which) => all.reduce((sum, point) => sum + point[which], 0) / all.length;
  const rows = {
    'hit-ratio/mean': { ours: mean('ours'), theirs: mean('lru'), ratio: { median: mean('ours') / mean('lru') } },
  };
  return { rows, series: { hitRatio: curves } };
}

/**
 * @param {Uint32Array} requests
 * @param {number} maxEntries
 */
async function ours(requests, maxEntries) {
  const { app, cache } = await startApplication({
    redisConnectionString: undefined,
    options: { maxEntries, ttl: Infinity },
  });
  const region = cache.region('requests');
  for (const key of requests) await region.getOrLoad(key, () => key);
  const { hits = 0, misses = 0 } = cache.stats().regions['requests'] ?? {};
  await app.close();
  return hits / (hits + misses);
}
