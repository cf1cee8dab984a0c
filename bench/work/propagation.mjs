import { once } from 'node:events';
import { Redis } from 'ioredis';
import { startApplication } from '../application/application.mjs';
import { startPeer } from '../application/peer-process.mjs';
import { monotonicMicroseconds } from '../measure/clock.mjs';
import { messageAbout } from '../application/bare-message.mjs';
import { median, percentile, spread } from '../measure/statistics.mjs';

/** Evictions a second. */
const LOADS = [100, 1_000, 5_000];
const WARM_UP_LOAD = 10_000;

/** From the call of `evict` until a peer in another process has dropped the entry. @param {import('../run.mjs').Work} work */
export async function propagation({ redis, effort }) {
  const { app, cache } = await startApplication({ redisConnectionString: redis.connectionString });
  const region = cache.region('products');
  // Between instances of a bus: who publishes listens too, and Redis has two to write to.
  const [client, listener] = [new Redis(redis.port), new Redis(redis.port)];
  await once(client, 'ready');
  listener.on('message', () => {});
  await listener.subscribe('raw');
  const instance = await startPeer('instance', { connectionString: redis.connectionString });
  const subscriber = await startPeer('subscriber', { port: redis.port, channel: 'raw' });
  const ways = {
    ours: { peer: instance, say: (/** @type {string} */ key) => region.evict(key) },
    theirs: { peer: subscriber, say: (/** @type {string} */ key) => client.publish('raw', messageAbout(key)) },
  };

  // An application that runs for a while has been compiled; at a thousand a second that would take minutes.
  for (const way of Object.values(ways)) await latenciesOf(way, WARM_UP_LOAD, effort.warmUp, 'warm-up');

  const loads = [];
  for (const load of LOADS) {
    const count = Math.round(Math.max(200, load * effort.seconds));
    /** @type {Record<'ours' | 'theirs', { p50: number, p99: number }[]>} */
    const rounds = { ours: [], theirs: [] };
    for (let round = 0; round <= effort.propagationRounds; round += 1) {
      for (const way of round % 2 === 0
        ? /** @type {const} */ (['ours', 'theirs'])
        : /** @type {const} */ (['theirs', 'ours'])) {
        const latencies = await latenciesOf(ways[way], load, count, `${load}:${round}`);
        if (round > 0) rounds[way].push({ p50: percentile(latencies, 50), p99: percentile(latencies, 99) });
      }
    }
    loads.push({ load, ...rounds });
  }

  await app.close();
  client.disconnect();
  listener.disconnect();
  await Promise.all([instance.stop(), subscriber.stop()]);
  return {
    rows: Object.fromEntries(
      loads.flatMap((figures) => [
        [`propagation/p50/${figures.load}`, compared(figures, 'p50')],
        [`propagation/p99/${figures.load}`, compared(figures, 'p99')],
      ]),
    ),
    series: {
      propagation: loads.map(({ load, ours, theirs }) => ({
        load,
        ours: { p50: medianOf(ours, 'p50'), p99: medianOf(ours, 'p99') },
        theirs: { p50: medianOf(theirs, 'p50'), p99: medianOf(theirs, 'p99') },
      })),
    },
  };
}

/** In microseconds. */
async function latenciesOf({ peer, say }, load, count, prefix) {
  /** @type {Map<string, number>} */
  const saidAt = new Map();
  const startedAt = monotonicMicroseconds();
  for (let index = 0; index < count;) {
    const due = Math.min(count, Math.floor(((monotonicMicroseconds() - startedAt) * load) / 1e6) + 1);
    // One after the other, each in a turn of its own, so that each is a message of its own.
    if (index < due) {
      const key = `${prefix}:${index++}`;
      saidAt.set(key, monotonicMicroseconds());
      say(key);
      await new Promise((resolve) => setImmediate(resolve));
    } else await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await peer.ask('until', { keys: count });
  const { arrivals } = await peer.ask('take');
  return arrivals.map(([key, at]) => at - (saidAt.get(key) ?? NaN));
}

function compared({ ours, theirs }, of) {
  return {
    ours: medianOf(ours, of) * 1_000,
    theirs: medianOf(theirs, of) * 1_000,
    ratio: spread(ours.map((round, index) => round[of] / theirs[index][of])),
  };
}

function medianOf(rounds, of) {
  return median(rounds.map((round) => round[of]));
}
