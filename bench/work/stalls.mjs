import { setTimeout as pause } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { startApplication } from '../application/application.mjs';
import { startPeer } from '../application/peer-process.mjs';
import { median, spread } from '../../tools/statistics.mjs';

const SENT_AT_ONCE = 8_000;

/** @typedef {import('../../tools/redis.mjs').PrivateRedis} PrivateRedis */

/**
 * The longest time for which an event loop is blocked.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function stalls({ redis, effort }) {
  /** In ms. @type {Record<'lruClear' | 'clear' | 'clearTagged' | 'burst', number[]>} */
  const figures = { lruClear: [], clear: [], clearTagged: [], burst: [] };
  for (let round = 0; round < effort.fewRounds; round += 1) {
    figures.lruClear.push(lruClear(effort.entries));
    figures.clear.push(await stallOfClear(redis, effort, false));
    figures.clearTagged.push(await stallOfClear(redis, effort, true));
    figures.burst.push(await burst(redis, effort.burst));
  }
  const row = (/** @type {number[]} */ milliseconds) => ({ ours: median(milliseconds), spread: spread(milliseconds) });
  return {
    rows: {
      'stall/clear': { ...row(figures.clear), theirs: median(figures.lruClear) },
      'stall/clear-tagged': { ...row(figures.clearTagged), theirs: median(figures.lruClear) },
      'stall/burst': row(figures.burst),
    },
  };
}

/** @param {number} entries */
function lruClear(entries) {
  /** @type {LRUCache<string, { key: number }>} */
  const lru = new LRUCache({ max: entries, ttl: 600_000 });
  for (let key = 0; key < entries; key += 1) lru.set(`${key}`, { key });
  const startedAt = performance.now();
  lru.clear();
  return performance.now() - startedAt;
}

/**
 * @param {PrivateRedis} redis
 * @param {{ entries: number, settleMilliseconds: number }} effort
 * @param {boolean} tagged
 */
async function stallOfClear(redis, { entries, settleMilliseconds }, tagged) {
  const peer = await startPeer('instance', {
    connectionString: redis.connectionString,
    options: { maxEntries: entries },
  });
  await peer.ask('hold', { keys: entries, tagged });
  await peer.ask('watch');
  await peer.ask('clear');
  await pause(settleMilliseconds);
  const { milliseconds } = await peer.ask('longestGap');
  await peer.stop();
  return milliseconds;
}

/**
 * The longest stall of an instance while another one evicts, as fast as it can, everything that it holds. A load is open all the time,
 * so the instance also has to remember each evicted key.
 *
 * @param {PrivateRedis} redis
 * @param {number} size
 */
async function burst(redis, size) {
  const peer = await startPeer('instance', {
    connectionString: redis.connectionString,
    options: { maxEntries: size * 2 },
  });
  await peer.ask('hold', { keys: size });
  const { app, cache } = await startApplication({ redisConnectionString: redis.connectionString });
  const region = cache.region('products');
  const keys = Array.from({ length: size }, (_, key) => `${key}`);
  await peer.ask('loadForEver');
  await peer.ask('watch');
  for (let from = 0; from < size; from += SENT_AT_ONCE) await region.evictMany(keys.slice(from, from + SENT_AT_ONCE));
  await peer.ask('until', { keys: size });
  const { milliseconds } = await peer.ask('longestGap');
  await app.close();
  await peer.stop();
  return milliseconds;
}
