import { Redis } from 'ioredis';
import { monotonicMicroseconds } from '../measure/clock.mjs';
import { longestStall, LoopGaps } from '../measure/loop-gaps.mjs';
import { bentocache } from '../peers/bentocache.mjs';
import { layeredLoader } from '../peers/layered-loader.mjs';
import { libraryOf, startApplication } from './application.mjs';
import { keyIn } from './bare-message.mjs';
import { http } from './http-role.mjs';
import { memory } from './memory-role.mjs';
import { reads } from './reads-role.mjs';

const TTL = 600_000;

/**
 * Starts a role. `any`, because what crosses between two processes carries no types: `startPeer` checks the parent's side against the
 * types of {@link ROLES}.
 *
 * @typedef {(given: any) => Promise<{ answers: Record<string, (details: any) => unknown>, stop: () => unknown }>} StartRole
 */

/**
 * What a process of `startPeer` can be.
 *
 * @satisfies {Record<string, StartRole>}
 */
export const ROLES = {
  instance,
  subscriber,
  memory,
  reads,
  http,
  bentocache: bentocachePeer,
  'layered-loader': layeredLoaderPeer,
};

/**
 * One instance of ours.
 *
 * @param {{ connectionString: string, options?: import('nestjs-distributed-cache').DistributedCacheOptions, build?: string | undefined }} given
 *   `build` is the URL of the main module of another build
 */
async function instance({ connectionString, options = {}, build }) {
  const library = await libraryOf(build);
  const { app, cache } = await startApplication({ redisConnectionString: connectionString, options, library });
  const region = cache.region('products');
  const arrivals = new Arrivals();
  const gaps = new LoopGaps();
  cache.on('invalidation', ({ invalidation }) => {
    if (invalidation.everything || invalidation.regions.size > 0) throw new Error('An eviction of keys was widened.');
    arrivals.note(invalidation.keys.get('products') ?? new Set());
  });
  return {
    answers: {
      hold: (/** @type {{ keys: number, tagged?: boolean }} */ { keys, tagged = false }) => hold(region, keys, tagged),
      until: arrivals.until,
      take: () => ({ arrivals: arrivals.take() }),
      held: () => ({ entries: cache.stats().regions['products']?.entries }),
      clear: () => region.clear(),
      evictInOneTick: async (/** @type {{ keys: number }} */ { keys }) => ({
        milliseconds: await longestStall(() =>
          Promise.all(Array.from({ length: keys }, (_, key) => region.evict(`${key}`))),
        ),
      }),
      /** Keeps one load open, so that the instance has to remember what is evicted meanwhile. */
      loadForEver: () => void region.getOrLoad('loads for ever', () => new Promise(() => {})),
      watch: () => gaps.watch(),
      longestGap: () => ({ milliseconds: gaps.longest() }),
    },
    stop: () => app.close(),
  };
}

/**
 * Stores so many entries in a region.
 *
 * @param {import('nestjs-distributed-cache').Region} region
 * @param {number} keys
 * @param {boolean} tagged whether each entry gets one of 1 000 tags
 */
async function hold(region, keys, tagged) {
  for (let key = 0; key < keys; key += 1) {
    await region.getOrLoad(`${key}`, () => ({ key }), tagged ? { tags: `category:${key % 1_000}` } : undefined);
  }
}

/**
 * A subscriber of bare pub/sub, which no bus over the same Redis can outrun.
 *
 * @param {{ port: number, channel: string }} given
 */
async function subscriber({ port, channel }) {
  const client = new Redis(port);
  const arrivals = new Arrivals();
  client.on('message', (_channel, message) => arrivals.note(new Set([keyIn(message)])));
  await client.subscribe(channel);
  return {
    answers: { until: arrivals.until, take: () => ({ arrivals: arrivals.take() }) },
    stop: () => client.disconnect(),
  };
}

/** @param {{ port: number, keys: number }} given */
async function bentocachePeer({ port, keys }) {
  const bento = bentocache({ port, maxItems: keys });
  for (let key = 0; key < keys; key += 1) await bento.set({ key: `${key}`, value: key, ttl: TTL, skipBusNotify: true });
  return {
    answers: { untilGone: (/** @type {{ key: string }} */ { key }) => untilGone(async () => bento.has({ key })) },
    stop: () => bento.disconnectAll(),
  };
}

/** @param {{ port: number, keys: number }} given */
async function layeredLoaderPeer({ port, keys }) {
  const loader = await layeredLoader({ port, maxItems: keys, ttl: TTL, load: async (key) => key });
  await loader.init();
  for (let key = 0; key < keys; key += 1) await loader.get(`${key}`);
  return {
    answers: {
      untilGone: (/** @type {{ key: string }} */ { key }) =>
        untilGone(async () => loader.getInMemoryOnly(key) !== undefined),
    },
    stop: () => loader.close(),
  };
}

/**
 * Asks again and again, for peers that emit no event when they drop an entry.
 *
 * @param {() => Promise<boolean>} isHeld
 */
async function untilGone(isHeld) {
  while (await isHeld()) await new Promise((resolve) => setTimeout(resolve, 1));
  return { last: monotonicMicroseconds() };
}

/**
 * The keys that were dropped, each with its time. A key may be told more than once: when the channel lags behind, a sync brings an eviction
 * first, and the channel brings it again.
 */
class Arrivals {
  /** @type {{ keys: ReadonlySet<string>, at: number }[]} */
  #noted = [];
  #told = 0;
  /** How many are to be told before somebody looks how many different ones they are: to look at each would slow the instance down. */
  #lookAt = Infinity;
  #look = () => {};

  /** @param {ReadonlySet<string>} keys */
  note(keys) {
    this.#noted.push({ keys, at: monotonicMicroseconds() });
    this.#told += keys.size;
    if (this.#told >= this.#lookAt) this.#look();
  }

  /** Resolves when so many different keys have been dropped since the last `take`, with the time of the last of them. */
  until = async (/** @type {{ keys: number }} */ { keys }) => {
    for (let missing = keys - this.#times().size; missing > 0; missing = keys - this.#times().size) {
      this.#lookAt = this.#told + missing;
      await new Promise((resolve) => (this.#look = () => resolve(undefined)));
    }
    this.#lookAt = Infinity;
    return { last: Array.from(this.#times().values()).at(-1) ?? NaN };
  };

  /** Removes and returns all that were dropped since the last call. */
  take() {
    const times = [...this.#times()];
    this.#noted = [];
    this.#told = 0;
    return times;
  }

  /** When each key was told first, in this order. */
  #times() {
    /** @type {Map<string, number>} */
    const times = new Map();
    for (const { keys, at } of this.#noted) for (const key of keys) if (!times.has(key)) times.set(key, at);
    return times;
  }
}
