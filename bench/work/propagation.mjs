import { once } from 'node:events';
import { Redis } from 'ioredis';
import { startApplication } from '../application/application.mjs';
import { messageAbout } from '../application/bare-message.mjs';
import { startPeer } from '../application/peer-process.mjs';
import { monotonicMicroseconds } from '../measure/clock.mjs';
import { compared } from '../measure/compared.mjs';
import { percentile } from '../../tools/statistics.mjs';
import { LOADS } from '../targets.mjs';

const WARM_UP_LOAD = 10_000;

/**
 * A way to make a key be dropped in another process.
 *
 * @typedef {object} Way
 * @property {(key: string) => unknown} publish
 * @property {(count: number) => Promise<(readonly [key: string, at: number])[]>} arrivals resolves when the other process has dropped so
 *   many keys, with the time of each
 *
 * Percentiles of one round, in µs.
 *
 * @typedef {{ p50: number, p99: number }} Latencies
 *
 * The rounds of one load.
 *
 * @typedef {{ load: number, ours: Latencies[], theirs: Latencies[] }} Rounds
 */

/**
 * The time from the call of `evict` until a peer in another process has dropped the entry.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function propagation({ redis, effort }) {
  const { app, cache } = await startApplication({ redisConnectionString: redis.connectionString });
  const region = cache.region('products');
  // On a bus, an instance that publishes subscribes as well. So Redis has two subscribers to write to in both ways.
  const [client, listener] = [new Redis(redis.port), new Redis(redis.port)];
  await once(client, 'ready');
  listener.on('message', () => {});
  await listener.subscribe('raw');
  const instance = await startPeer('instance', { connectionString: redis.connectionString });
  const subscriber = await startPeer('subscriber', { port: redis.port, channel: 'raw' });
  /** @type {Record<'ours' | 'theirs', Way>} */
  const ways = {
    ours: {
      publish: (key) => region.evict(key),
      arrivals: async (count) => {
        await instance.ask('until', { keys: count });
        return (await instance.ask('take')).arrivals;
      },
    },
    theirs: {
      publish: (key) => client.publish('raw', messageAbout(key)),
      arrivals: async (count) => {
        await subscriber.ask('until', { keys: count });
        return (await subscriber.ask('take')).arrivals;
      },
    },
  };

  // The code of an application that has run for a while is compiled. At the loads below, that would take minutes.
  for (const way of Object.values(ways)) await latenciesOf(way, WARM_UP_LOAD, effort.warmUp, 'warm-up');

  /** @type {Rounds[]} */
  const loads = [];
  for (const load of LOADS) {
    const count = Math.round(Math.max(200, load * effort.seconds));
    /** @type {Rounds} */
    const rounds = { load, ours: [], theirs: [] };
    for (let round = 0; round <= effort.propagationRounds; round += 1) {
      for (const way of round % 2 === 0
        ? /** @type {const} */ (['ours', 'theirs'])
        : /** @type {const} */ (['theirs', 'ours'])) {
        const latencies = await latenciesOf(ways[way], load, count, `${load}:${round}`);
        if (round > 0) rounds[way].push({ p50: percentile(latencies, 50), p99: percentile(latencies, 99) });
      }
    }
    loads.push(rounds);
  }

  await app.close();
  client.disconnect();
  listener.disconnect();
  await Promise.all([instance.stop(), subscriber.stop()]);
  return {
    rows: Object.fromEntries(
      loads.flatMap((rounds) => [
        [`propagation/p50/${rounds.load}`, row(rounds, 'p50')],
        [`propagation/p99/${rounds.load}`, row(rounds, 'p99')],
      ]),
    ),
  };
}

/**
 * Publishes `count` keys at the rate of `load` and returns how long each took, in µs.
 *
 * @param {Way} way
 * @param {number} load keys a second
 * @param {number} count
 * @param {string} prefix of the keys
 */
async function latenciesOf({ publish, arrivals }, load, count, prefix) {
  /** @type {Map<string, number>} */
  const publishedAt = new Map();
  const startedAt = monotonicMicroseconds();
  for (let index = 0; index < count;) {
    const due = Math.min(count, Math.floor(((monotonicMicroseconds() - startedAt) * load) / 1e6) + 1);
    // Each key in a turn of its own: the keys of one turn would share a message.
    if (index < due) {
      const key = `${prefix}:${index++}`;
      publishedAt.set(key, monotonicMicroseconds());
      publish(key);
      await new Promise((resolve) => setImmediate(resolve));
    } else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return (await arrivals(count)).map(([key, at]) => at - (publishedAt.get(key) ?? NaN));
}

/**
 * A row of the table, in ns.
 *
 * @param {Rounds} rounds
 * @param {keyof Latencies} which
 */
function row({ ours, theirs }, which) {
  const figures = (/** @type {Latencies[]} */ rounds) => rounds.map((round) => round[which]);
  return compared(figures(ours), figures(theirs), { scale: 1_000 });
}
