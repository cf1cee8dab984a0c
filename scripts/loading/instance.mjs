// One of several instances on one Redis, in a process of its own, which runs the commands of its parent.
import { setTimeout as pause } from 'node:timers/promises';
import { serve } from '../../tools/child-process.mjs';
import { percentile } from '../../tools/statistics.mjs';
import { startApplication } from './application.mjs';

/** @typedef {import('nestjs-distributed-cache').LoadPolicies} LoadPolicies */
/** @typedef {{ redisConnectionString: string, policies: LoadPolicies, ttl?: import('nestjs-distributed-cache').Duration }} Settings */

/** @type {Settings} */
const { redisConnectionString, policies, ttl = '1h' } = JSON.parse(process.argv[2] ?? '{}');
const { app, cache } = await startApplication({ redisConnectionString, namespace: 'loading', ttl, ...policies });
const region = cache.region('products');

/** The state of the source, which the parent sets in every process. */
const source = { version: 0, takes: 20, isDown: false };
/** When each call of the loader began, by key. @type {Map<string, number[]>} */
const tries = new Map();

/** @param {string} key */
function read(key) {
  return region.getOrLoad(key, async () => {
    tries.set(key, [...(tries.get(key) ?? []), performance.now()]);
    // Read first: it is what a query sees that begins now.
    const { version, takes, isDown } = source;
    await pause(takes);
    if (isDown) throw new Error('The source is down.');
    return version;
  });
}

const commands = {
  /** @param {Partial<typeof source>} change */
  setSource(change) {
    Object.assign(source, change);
  },

  /** Reads the key once: was it a hit, and which version did it give? @param {string} key */
  async read(key) {
    const before = cache.stats().regions['products']?.hits ?? 0;
    const version = await read(key);
    return { version, isHit: (cache.stats().regions['products']?.hits ?? 0) > before };
  },

  /** Evicts the key, and says when, in ms of the clock that all processes of the machine share. @param {string} key */
  async evict(key) {
    const at = now();
    await region.evict(key);
    return at;
  },

  /** When the loads of the key began that were not told yet, in ms of the shared clock. @param {string} key */
  takeLoads(key) {
    const begun = tries.get(key) ?? [];
    tries.delete(key);
    const offset = now() - performance.now();
    return begun.map((at) => at + offset);
  },

  /**
   * Reads keys one after another for a while.
   *
   * @param {{ keys: number, seconds: number, window: number }} given `window`: ms in which the tries of a key are counted
   */
  async readOn({ keys, seconds, window }) {
    tries.clear();
    /** @type {number[]} */
    const took = [];
    let errors = 0;
    const reads = [];
    const endsAt = performance.now() + seconds * 1_000;
    for (let turn = 0; performance.now() < endsAt; turn += 1) {
      const startedAt = performance.now();
      const end = () => void took.push(performance.now() - startedAt);
      const fail = () => void (errors += 1);
      for (let one = 0; one < 10; one += 1) reads.push(read(`${(turn * 10 + one) % keys}`).then(end, fail));
      await pause(5);
    }
    await Promise.all(reads);
    return {
      reads: took.length + errors,
      errors,
      p50: percentile(took, 50),
      p99: percentile(took, 99),
      longest: Math.max(...took),
      tries: [...tries.values()].reduce((sum, { length }) => sum + length, 0),
      mostTries: Math.max(0, ...Array.from(tries.values(), (begun) => mostWithin(begun, window))),
    };
  },
};

/** @typedef {typeof commands} Commands */

serve(commands, () => app.close());

/** The largest number of moments in any time of `window` ms. @param {readonly number[]} moments @param {number} window */
function mostWithin(moments, window) {
  return Math.max(0, ...moments.map((from) => moments.filter((at) => at >= from && at < from + window).length));
}

function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
