import { startPeer } from '../application/peer-process.mjs';
import { compared } from '../measure/compared.mjs';
import { burst } from './stalls.mjs';
import { rateOfEvictions } from './throughput.mjs';

/**
 * This build against an earlier one, on the same work in turns.
 *
 * @param {import('../run.mjs').Work} work
 */
export async function earlier({ redis, effort, earlier: build }) {
  if (!build) throw new Error('There is no earlier build to measure against: give --against REVISION.');
  const builds = /** @type {const} */ ([undefined, build.url]);
  return {
    rows: {
      ...(await reads(redis, effort, builds)),
      ...(await sending(redis, effort, builds)),
      ...(await receiving(redis, effort, builds)),
    },
    series: { earlierBuild: build.name },
  };
}

/** The two builds, ours first: the URLs of their main modules. @typedef {readonly [undefined, string]} Builds */
/** @typedef {import('../../tools/redis.mjs').PrivateRedis} PrivateRedis */
/** @typedef {import('../effort.mjs').Effort} Effort */

/**
 * Hits and misses. Each build is measured in a process of its own, round by round: beside another one the compiler would decide otherwise.
 *
 * @param {PrivateRedis} redis
 * @param {Effort} effort
 * @param {Builds} builds
 */
async function reads({ connectionString }, effort, builds) {
  const [hit, getOrLoad, miss] = [figures(), figures(), figures()];
  for (const [index, build] of inTurns(builds, effort.earlierRounds)) {
    const reader = await startPeer('reads', { connectionString, build, effort });
    const measured = await reader.ask('measure');
    await reader.stop();
    hit[index].push(measured.hit);
    getOrLoad[index].push(measured.getOrLoad);
    miss[index].push(measured.miss);
  }
  return {
    'earlier/hit': compared(...hit),
    'earlier/getOrLoad': compared(...getOrLoad),
    'earlier/miss': compared(...miss),
  };
}

/**
 * What the sender does: evicted keys a second, until a peer of the same build has dropped them, and the stall of very many at once.
 *
 * @param {PrivateRedis} redis
 * @param {Effort} effort
 * @param {Builds} builds
 */
async function sending(redis, effort, builds) {
  const single = figures();
  const batches = figures();
  const stall = figures();
  for (const [index, build] of inTurns(builds, effort.earlierRounds)) {
    const sender = await rateOfEvictions(redis, effort.keys, build);
    // Once uncounted: the code of an application that has run for a while is compiled.
    await sender.rate(1);
    single[index].push(await sender.rate(1));
    batches[index].push(await sender.rate(1_000));
    await sender.stop();
    stall[index].push(await stallOfOneTick(redis, effort.burst, build));
  }
  return {
    'earlier/one-by-one': compared(...single),
    'earlier/batches': compared(...batches),
    'earlier/stall-sent': compared(...stall),
  };
}

/**
 * The longest stall of an instance that calls `evict` so many times in one tick, in ms.
 *
 * @param {PrivateRedis} redis
 * @param {number} keys
 * @param {string | undefined} build
 */
async function stallOfOneTick(redis, keys, build) {
  const sender = await startPeer('instance', { connectionString: redis.connectionString, build });
  const { milliseconds } = await sender.ask('evictInOneTick', { keys });
  await sender.stop();
  return milliseconds;
}

/**
 * @param {PrivateRedis} redis
 * @param {Effort} effort
 * @param {Builds} builds
 */
async function receiving(redis, effort, builds) {
  const stall = figures();
  for (const [index, build] of inTurns(builds, effort.earlierRounds))
    stall[index].push(await burst(redis, effort.burst, build));
  return { 'earlier/stall-received': compared(...stall) };
}

/** The figures of the two builds. @returns {[number[], number[]]} */
function figures() {
  return [[], []];
}

/**
 * Each build once a round, the other one first in each second round.
 *
 * @param {Builds} builds
 * @param {number} rounds
 * @returns {(readonly [index: 0 | 1, build: string | undefined])[]}
 */
function inTurns(builds, rounds) {
  const [ours, theirs] = /** @type {const} */ ([
    [0, builds[0]],
    [1, builds[1]],
  ]);
  return Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? [ours, theirs] : [theirs, ours])).flat();
}
