import { startApplication } from '../application/application.mjs';
import { startPeer } from '../application/peer-process.mjs';
import { monotonicMicroseconds } from '../measure/clock.mjs';
import { spread } from '../measure/statistics.mjs';
import { bentocache } from '../peers/bentocache.mjs';
import { layeredLoader } from '../peers/layered-loader.mjs';

const TTL = 600_000;
/** The keys of one call; 1 is `evict`. */
const BATCHES = [1, 10, 100, 1_000];
/** How many keys are on their way before the sender waits: below `outboxLimit`, or keys would be widened to their region. */
const ON_THEIR_WAY = 8_000;

/** Evictions of distinct keys, from the first call until a peer in another process has dropped the last. @param {import('../run.mjs').Work} work */
export async function throughput({ redis, effort }) {
  const keys = effort.keys;
  const { app, cache } = await startApplication({ redisConnectionString: redis.connectionString });
  const region = cache.region('products');
  const instance = await startPeer('instance', {
    connectionString: redis.connectionString,
    options: { maxEntries: keys + 1_000 },
  });
  const names = Array.from({ length: keys }, (_, key) => `${key}`);

  /** @param {number} batch */
  const ours = async (batch) => {
    await instance.ask('hold', { keys });
    await instance.ask('take');
    const startedAt = monotonicMicroseconds();
    const evicted = inBatches(names, batch, (some) => (batch === 1 ? region.evict(some[0]) : region.evictMany(some)));
    const { last } = await instance.ask('until', { keys });
    await evicted;
    const { entries } = await instance.ask('held');
    if (entries !== 0) throw new Error(`${entries} entries were left.`);
    await instance.ask('take');
    return (keys / (last - startedAt)) * 1e6;
  };

  const fewer = names.slice(0, effort.peerKeys);
  const theirs = {
    bentocache: async () => {
      const peer = await startPeer('bentocache', { port: redis.port, keys: fewer.length });
      const bento = bentocache({ port: redis.port, maxItems: fewer.length });
      const startedAt = monotonicMicroseconds();
      await inBatches(fewer, 1, ([key]) => bento.delete({ key }));
      const { last } = await peer.ask('untilGone', { key: fewer.at(-1) });
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
      await inBatches(fewer, 1, ([key]) => loader.invalidateCacheFor(key));
      const { last } = await peer.ask('untilGone', { key: fewer.at(-1) });
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
      const rate = await ours(batch);
      if (round > 0) note(`${batch}`, rate);
    }
    for (const [name, measure] of Object.entries(theirs)) if (round > 0) note(name, await measure());
  }
  await app.close();
  await instance.stop();

  const of = (/** @type {string} */ name) => spread(rates.get(name) ?? []);
  const against = (/** @type {string} */ peer, /** @type {string} */ batch) => ({
    ours: of(batch).median,
    theirs: of(peer).median,
    ratio: spread((rates.get(batch) ?? []).map((rate, round) => rate / (rates.get(peer)?.[round] ?? NaN))),
  });
  return {
    rows: {
      'throughput/one-by-one': against('layered-loader', '1'),
      'throughput/bentocache': against('bentocache', '1000'),
      'throughput/layered-loader': against('layered-loader', '1000'),
      'throughput/keys': { ours: of('1000').median },
    },
    series: {
      throughput: {
        batches: BATCHES.map((batch) => ({ batch, keysPerSecond: of(`${batch}`) })),
        peers: Object.keys(theirs).map((name) => ({ name, keysPerSecond: of(name) })),
      },
    },
  };
}

/**
 * As fast as it can go with {@link ON_THEIR_WAY} keys on their way.
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
