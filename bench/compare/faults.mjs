import { Redis } from 'ioredis';
import { setTimeout as pause } from 'node:timers/promises';

/** @typedef {import('./pair.mjs').Pair} Pair */

/**
 * What two instances are put through, and what was seen, in a few words.
 *
 * @typedef {{ readonly title: string, readonly isQuick?: boolean, readonly run: (pair: Pair) => Promise<string> }} Fault
 */

/** The old value was read after its eviction, for as long as the run looked. */
export const STALE = 'stale';

/** How long an eviction may take that nothing is in the way of, in ms. */
const AT_ONCE = 2_000;
/** The default `maxStaleness` of this library, in ms. Nobody else has a bound but the TTL, so all are given the same time. */
const BOUND = 10_000;
/** A round trip, after the bound. */
const MARGIN = 500;

/** By the ids of the evidence. @type {Readonly<Record<string, Fault>>} */
export const FAULTS = {
  none: {
    title: 'none: an eviction on another instance',
    isQuick: true,
    async run(pair) {
      await pair.fill();
      pair.change();
      await pair.writer.evict('key');
      return (await pair.becomesNew(AT_ONCE)) ? 'seen' : STALE;
    },
  },
  load: {
    title: 'none: a value is loaded',
    isQuick: true,
    async run({ reader, writer }) {
      await reader.read('key');
      await pause(300);
      const before = { reader: reader.loads(), writer: writer.loads() };
      await writer.read('key');
      if (writer.loads() === before.writer) return 'the others get the value';
      await pause(300);
      await reader.read('key');
      return reader.loads() > before.reader ? 'the others drop it and load' : 'stays here';
    },
  },
  'remote-during-load': {
    title: 'an eviction on another instance during a load',
    isQuick: true,
    run: (pair) => evictedDuringLoad(pair, pair.writer, pair.reader.read),
  },
  'remote-during-many': {
    title: 'the same, with the call that loads many keys',
    isQuick: true,
    run: async (pair) =>
      pair.reader.readMany === undefined ? 'has none' : evictedDuringLoad(pair, pair.writer, pair.reader.readMany),
  },
  'local-during-load': {
    title: 'an eviction on the same instance during a load',
    isQuick: true,
    run: (pair) => evictedDuringLoad(pair, pair.reader, pair.reader.read),
  },
  'late-reader': {
    title: 'a reader comes after the eviction, while the old load runs',
    isQuick: true,
    async run(pair) {
      const letGo = pair.holdLoads();
      const early = pair.reader.read('key');
      await pause(100);
      pair.change();
      await within(1_000, pair.reader.evict('key'));
      const late = pair.isNew();
      await pause(100);
      letGo();
      await early;
      return (await late) ? 'a new load' : STALE;
    },
  },
  'subscriber-killed': {
    title: "the subscriber's connection is killed, and something is evicted at once",
    async run(pair) {
      await pair.fill();
      const client = new Redis(pair.redis.port);
      await client.ping();
      pair.change();
      await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      client.disconnect();
      void pair.writer.evict('key').catch(() => {});
      return staleness(pair);
    },
  },
  'reader-cut-off': {
    title: 'a reader is cut off for 3 s, and something is evicted meanwhile',
    async run(pair) {
      await pair.fill();
      pair.reader.link.become('cut');
      await pause(1_000);
      pair.change();
      await pair.writer.evict('key');
      setTimeout(() => pair.reader.link.become('open'), 2_000);
      return staleness(pair);
    },
  },
  'half-open': {
    title: 'the connections of a reader are lost, and neither end is told',
    async run(pair) {
      await pair.fill();
      pair.reader.link.loseConnections();
      await pause(500);
      pair.change();
      await pair.writer.evict('key');
      return staleness(pair);
    },
  },
  'writer-cut-off': {
    title: 'the writer is cut off for 6 s, and evicts',
    async run(pair) {
      await pair.fill();
      pair.writer.link.become('cut');
      await pause(500);
      pair.change();
      const outcome = await within(5_000, pair.writer.evict('key'));
      await pause(outcome === 'late' ? 500 : 5_500);
      pair.writer.link.become('open');
      const words = { done: 'returns', failed: 'throws', late: 'takes over 5 s' };
      return `${words[outcome]}; ${(await pair.becomesNew(BOUND + MARGIN)) ? 'delivered later' : 'lost'}`;
    },
  },
  'miss-without-redis': {
    title: 'a miss while Redis cannot be reached',
    async run({ reader, writer }) {
      for (const { link } of [reader, writer]) link.become('cut');
      await pause(1_000);
      const startedAt = performance.now();
      const outcome = await within(25_000, reader.read('other'));
      const seconds = (performance.now() - startedAt) / 1_000;
      const words = { done: 'loads', failed: 'throws', late: 'takes over 25 s' };
      return outcome !== 'late' && seconds >= 1 ? `${words[outcome]}, after ${seconds.toFixed(0)} s` : words[outcome];
    },
  },
};

/**
 * @param {Pair} pair
 * @param {import('./libraries.mjs').Instance} evicting
 * @param {import('./libraries.mjs').Instance['read']} read
 */
async function evictedDuringLoad(pair, evicting, read) {
  const letGo = pair.holdLoads();
  const early = read('key');
  await pause(100);
  pair.change();
  await within(1_000, evicting.evict('key'));
  await pause(500);
  letGo();
  await early;
  return (await pair.becomesNew(AT_ONCE)) ? 'not stored' : STALE;
}

/** How long the reader has the old value after an eviction that could not reach it. @param {Pair} pair */
async function staleness(pair) {
  return (await pair.becomesNew(BOUND + MARGIN)) ? `new value within ${BOUND / 1_000} s` : STALE;
}

/**
 * @param {number} patience in ms
 * @param {Promise<unknown>} call
 * @returns {Promise<'done' | 'failed' | 'late'>}
 */
function within(patience, call) {
  /** @type {Promise<'done' | 'failed'>} */
  const outcome = call.then(
    () => 'done',
    () => 'failed',
  );
  return Promise.race([outcome, pause(patience, /** @type {const} */ ('late'))]);
}
