import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { startApplication } from '../application/application.mjs';
import { startPeer } from '../application/peer-process.mjs';
import { compared } from '../measure/compared.mjs';

const SENT_AT_ONCE = 8_000;
/** A namespace of its own, so that its log holds the burst and nothing else. */
const BURST = 'burst';

/** @typedef {import('../../tools/redis.mjs').PrivateRedis} PrivateRedis */

/**
 * The longest time for which an event loop is blocked.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function stalls({ redis, effort }) {
  /** In ms. @type {Record<'lruClear' | 'clear' | 'clearTagged' | 'burst' | 'parse', number[]>} */
  const figures = { lruClear: [], clear: [], clearTagged: [], burst: [], parse: [] };
  for (let round = 0; round < effort.fewRounds; round += 1) {
    figures.lruClear.push(lruClear(effort.entries));
    figures.clear.push(await stallOfClear(redis, effort, false));
    figures.clearTagged.push(await stallOfClear(redis, effort, true));
    figures.burst.push(await burst(redis, effort.burst));
    figures.parse.push(await parseLog(redis));
  }
  return {
    rows: {
      'stall/clear': compared(figures.clear, figures.lruClear),
      'stall/clear-tagged': compared(figures.clearTagged, figures.lruClear),
      'stall/burst': compared(figures.burst, figures.parse),
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
    options: { maxEntries: size * 2, namespace: BURST },
  });
  await peer.ask('hold', { keys: size });
  const { app, cache } = await startApplication({
    redisConnectionString: redis.connectionString,
    options: { namespace: BURST },
  });
  const region = cache.region('products');
  const keys = Array.from({ length: size }, (_, key) => `${key}`);
  await peer.ask('loadForEver');
  await peer.ask('watch');
  for (let from = 0; from < size; from += SENT_AT_ONCE) await region.evictMany(keys.slice(from, from + SENT_AT_ONCE));
  // Not by the keys that arrive: to count the different ones would be a stall of the bench.
  while ((await peer.ask('held')).entries !== 0) await pause(20);
  const { milliseconds } = await peer.ask('longestGap');
  await app.close();
  await peer.stop();
  return milliseconds;
}

/**
 * How long `JSON.parse` takes for what the burst has written to the log, in ms. The log is deleted.
 *
 * @param {PrivateRedis} redis
 */
async function parseLog(redis) {
  const client = new Redis(redis.port);
  const log = `{${BURST}}:log`;
  const messages = (await client.xrange(log, '-', '+')).flatMap(([, fields]) => fields[fields.indexOf('p') + 1] ?? []);
  await client.del(log);
  client.disconnect();
  const text = `[${messages.join()}]`;
  const startedAt = performance.now();
  JSON.parse(text);
  return performance.now() - startedAt;
}
