import { libraryOf, startApplication } from '../application/application.mjs';
import { startPeer } from '../application/peer-process.mjs';
import { monotonicMicroseconds } from '../measure/clock.mjs';
import { compared } from '../measure/compared.mjs';
import { spread } from '../../tools/statistics.mjs';
import { bentocache } from '../peers/bentocache.mjs';
import { layeredLoader } from '../peers/layered-loader.mjs';

const TTL = 600_000;
/** Keys of one call. One key goes to `evict`, more go to `evictMany`. */
const BATCHES = [1, 10, 100, 1_000];
/** How many keys may be on their way at once. The number is below `outboxLimit`, above which keys are widened to their region. */
const ON_THEIR_WAY = 8_000;

/**
 * Evictions of distinct keys a second, from the first call until a peer in another process has dropped the last key.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function throughput({ redis, effort }) {
  const instances = await rateOfEvictions(redis, effort.keys);
  const fewer = namesOf(effort.peerKeys);
  const lastOfFewer = `${fewer.length - 1}`;
  /** Keys a second, by the name of the peer. */
  const theirs = {
    bentocache: async () => {
      const peer = await startPeer('bentocache', { port: redis.port, keys: fewer.length });
      const bento = bentocache({ port: redis.port, maxItems: fewer.length });
      const startedAt = monotonicMicroseconds();
      await oneByOne(fewer, (key) => bento.delete({ key }));
      const { last } = await peer.ask('untilGone', { key: lastOfFewer });
      await bento.disconnectAll();
      await peer.stop();
      return (fewer.length / (last - startedAt)) * 1e6;
    },
    'layered-loader': async () => {
      const peer = await startPeer('layered-loader', { port: redis.port, keys: fewer.length });
      const loader = await layeredLoader({
        port: redis.port,
        maxItems: fewer.length,
        ttl: TTL,
        load: async (key) => key,
      });
      await loader.init();
      const startedAt = monotonicMicroseconds();
      await oneByOne(fewer, (key) => loader.invalidateCacheFor(key));
      const { last } = await peer.ask('untilGone', { key: lastOfFewer });
      await loader.close();
      await peer.stop();
      return (fewer.length / (last - startedAt)) * 1e6;
    },
  };

  /** @type {Map<string, number[]>} */
  const rates = new Map();
  const note = (/** @type {string} */ name, /** @type {number} */ rate) =>
    rates.set(name, [...(rates.get(name) ?? []), rate]);
  for (let round = 0; round <= effort.fewRounds; round += 1) {
    for (const batch of BATCHES) {
      const rate = await instances.rate(batch);
      if (round > 0) note(`${batch}`, rate);
    }
    for (const [name, measure] of Object.entries(theirs)) if (round > 0) note(name, await measure());
  }
  await instances.stop();

  const of = (/** @type {string} */ name) => rates.get(name) ?? [];
  return {
    rows: {
      'throughput/one-by-one': compared(of('1'), of('layered-loader')),
      'throughput/bentocache': compared(of('1000'), of('bentocache')),
      'throughput/layered-loader': compared(of('1000'), of('layered-loader')),
    },
    series: {
      throughput: { batches: BATCHES.map((batch) => ({ batch, keysPerSecond: spread(of(`${batch}`)) })) },
    },
    seriesRow: 'throughput/layered-loader',
  };
}

/**
 * Two instances: one evicts, the other one, a process of its own, drops.
 *
 * @param {import('../../tools/redis.mjs').PrivateRedis} redis
 * @param {number} keys
 * @param {string} [build] the URL of the main module of another build
 */
export async function rateOfEvictions(redis, keys, build) {
  const { app, cache } = await startApplication({
    redisConnectionString: redis.connectionString,
    library: await libraryOf(build),
  });
  const region = cache.region('products');
  const peer = await startPeer('instance', {
    connectionString: redis.connectionString,
    options: { maxEntries: keys + 1_000 },
    build,
  });
  const names = namesOf(keys);
  return {
    /** Keys a second, from the first call until the peer has dropped the last key. @param {number} batch keys of a call */
    async rate(batch) {
      await peer.ask('hold', { keys });
      await peer.ask('take');
      const startedAt = monotonicMicroseconds();
      const evicted =
        batch === 1
          ? oneByOne(names, (key) => region.evict(key))
          : inBatches(names, batch, (some) => region.evictMany(some));
      const { last } = await peer.ask('until', { keys });
      await evicted;
      const { entries } = await peer.ask('held');
      if (entries !== 0) throw new Error(`${entries} entries were left.`);
      await peer.ask('take');
      return (keys / (last - startedAt)) * 1e6;
    },
    async stop() {
      await app.close();
      await peer.stop();
    },
  };
}

/** @param {number} keys */
function namesOf(keys) {
  return Array.from({ length: keys }, (_, key) => `${key}`);
}

/**
 * Evicts one key a call, as fast as it goes with {@link ON_THEIR_WAY} keys on their way.
 *
 * @param {readonly string[]} names
 * @param {(key: string) => PromiseLike<unknown>} evict
 */
function oneByOne(names, evict) {
  return inBatches(names, 1, ([key = '']) => evict(key));
}

/**
 * Evicts `batch` keys a call, as fast as it goes with {@link ON_THEIR_WAY} keys on their way.
 *
 * @param {readonly string[]} names
 * @param {number} batch
 * @param {(some: string[]) => PromiseLike<unknown>} evict
 */
async function inBatches(names, batch, evict) {
  let next = 0;
  const goOn = async () => {
    while (next < names.length) {
      const from = next;
      next += batch;
      await evict(names.slice(from, next));
    }
  };
  await Promise.all(Array.from({ length: ON_THEIR_WAY / batch }, goOn));
}
