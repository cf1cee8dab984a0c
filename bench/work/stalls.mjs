import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';
import { libraryOf, startApplication } from '../application/application.mjs';
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
  /** In ms. @type {Record<'lruClear' | 'clear' | 'clearTagged' | 'burst' | 'parse' | 'replay' | 'parseReplay', number[]>} */
  const figures = { lruClear: [], clear: [], clearTagged: [], burst: [], parse: [], replay: [], parseReplay: [] };
  for (let round = 0; round < effort.fewRounds; round += 1) {
    figures.lruClear.push(lruClear(effort.entries));
    figures.clear.push(await stallOfClear(redis, effort, false));
    figures.clearTagged.push(await stallOfClear(redis, effort, true));
    figures.burst.push(await burst(redis, effort.burst));
    figures.parse.push(await parseLog(redis));
    figures.replay.push(await replay(redis, effort.burst));
    figures.parseReplay.push(await parseLog(redis));
  }
  return {
    rows: {
      'stall/clear': compared(figures.clear, figures.lruClear),
      'stall/clear-tagged': compared(figures.clearTagged, figures.lruClear),
      'stall/burst': compared(figures.burst, figures.parse),
      'stall/replay': compared(figures.replay, figures.parseReplay),
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
 * @param {string} [build] the URL of the main module of another build
 */
export async function burst(redis, size, build) {
  const peer = await filledPeer(redis, size, build);
  await peer.ask('watch');
  const milliseconds = await stallWhileDropped(peer, () => evictAll(redis, size, build));
  await peer.stop();
  return milliseconds;
}

/**
 * The longest stall of an instance that was frozen and cut off while all that it holds was evicted: it reads the evictions from the log.
 *
 * @param {PrivateRedis} redis
 * @param {number} size
 */
async function replay(redis, size) {
  const peer = await filledPeer(redis, size);
  if (peer.pid === undefined) throw new Error('The peer does not run.');
  process.kill(peer.pid, 'SIGSTOP');
  const client = new Redis(redis.port);
  for (const type of ['pubsub', 'normal']) await client.call('CLIENT', 'KILL', 'TYPE', type);
  client.disconnect();
  await evictAll(redis, size);
  process.kill(peer.pid, 'SIGCONT');
  await peer.ask('watch');
  const milliseconds = await stallWhileDropped(peer, async () => {});
  await peer.stop();
  return milliseconds;
}

/**
 * @param {PrivateRedis} redis
 * @param {number} size
 * @param {string} [build]
 */
async function filledPeer(redis, size, build) {
  const peer = await startPeer('instance', {
    connectionString: redis.connectionString,
    options: { maxEntries: size * 2, namespace: BURST },
    build,
  });
  await peer.ask('hold', { keys: size });
  await peer.ask('loadForEver');
  return peer;
}

/**
 * @param {Awaited<ReturnType<typeof filledPeer>>} peer
 * @param {() => Promise<unknown>} evict
 */
async function stallWhileDropped(peer, evict) {
  await evict();
  // Not by the keys that arrive: to count the different ones would be a stall of the bench.
  while ((await peer.ask('held')).entries !== 0) await pause(20);
  return (await peer.ask('longestGap')).milliseconds;
}

/**
 * @param {PrivateRedis} redis
 * @param {number} size
 * @param {string} [build]
 */
async function evictAll(redis, size, build) {
  const { app, cache } = await startApplication({
    redisConnectionString: redis.connectionString,
    options: { namespace: BURST },
    library: await libraryOf(build),
  });
  const region = cache.region('products');
  const keys = Array.from({ length: size }, (_, key) => `${key}`);
  for (let from = 0; from < size; from += SENT_AT_ONCE) await region.evictMany(keys.slice(from, from + SENT_AT_ONCE));
  await app.close();
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
