/**
 * What is held against what. A target is one of
 * `times` – we take at most so many times as long, or as much, as they do;
 * `faster` – they take at least so many times as long as we do;
 * `more` – we do at least so many times as much a second;
 * `atMost`, `atLeast` – a figure of ours by itself;
 * none – reported only.
 *
 * @typedef {object} Target
 * @property {number} [times]
 * @property {number} [orMoreBy] or, where `times` is missed, at most so much more than theirs
 * @property {number} [faster]
 * @property {number} [more]
 * @property {number} [atMost]
 * @property {number} [atLeast]
 *
 * @typedef {'ns' | 'µs' | 'ms' | 'bytes' | 'keys/s' | 'requests/s' | 'loads'} Unit
 *
 * @typedef {object} Definition
 * @property {string} id what `work/` calls it
 * @property {string} work
 * @property {string} against
 * @property {Unit} unit
 * @property {Target} target
 */

/**
 * On newer versions of Node, what cache-manager does takes four fifths of the time, and our hit is six times as fast in one process and
 * a little less in the next: the `await` and the clock, which no hit of ours can do without, are the same.
 */
const timesCacheManager = (/** @type {number} */ node) => (node >= 22 ? 5.5 : 6);

/** Bentocache itself takes a third of the time there: 25 times as fast would be faster than one `await` and one reading of the clock. */
const timesBentocache = (/** @type {number} */ node) => (node >= 22 ? 10 : 25);

const HIT = 'hit of a `@Cacheable` method, one string argument';

/**
 * @param {number} node the major version that was measured, which need not be the one that runs now
 * @returns {readonly Definition[]}
 */
export const definitionsFor = (node) => [
  {
    id: 'hit/lru-cache',
    work: HIT,
    against: "awaited `lru-cache.get('product:' + id)`",
    unit: 'ns',
    target: { times: 1.6 },
  },
  {
    id: 'hit/layered-loader',
    work: HIT,
    against: "layered-loader `get('product:' + id)`",
    unit: 'ns',
    target: { times: 1 },
  },
  {
    id: 'hit/cache-manager',
    work: HIT,
    against: 'cache-manager `wrap`',
    unit: 'ns',
    target: { faster: timesCacheManager(node) },
  },
  {
    id: 'hit/bentocache',
    work: HIT,
    against: 'bentocache `getOrSet`',
    unit: 'ns',
    target: { faster: timesBentocache(node) },
  },
  { id: 'hit/async-cache-dedupe', work: HIT, against: 'async-cache-dedupe', unit: 'ns', target: { faster: 2.5 } },
  { id: 'hit/nest', work: HIT, against: "the L1 of Nest's documentation, `wrap`", unit: 'ns', target: { faster: 35 } },
  {
    id: 'getOrLoad/lru-cache',
    work: 'hit of `region.getOrLoad(key, loader)`',
    against: 'awaited `lru-cache.get(key)`',
    unit: 'ns',
    target: { times: 1.4 },
  },
  {
    id: 'getSync/lru-cache',
    work: 'hit of `region.getSync(key)`',
    against: '`lru-cache.get(key)`',
    unit: 'ns',
    target: { times: 3.5 },
  },
  {
    id: 'key/object',
    work: 'default key of an object of 6 fields',
    against: '`JSON.stringify` of it',
    unit: 'ns',
    target: { times: 2.5 },
  },
  {
    id: 'key/three',
    work: 'default key of three mixed arguments',
    against: '`JSON.stringify` of them',
    unit: 'ns',
    target: { times: 2.5 },
  },
  {
    id: 'miss/loader',
    work: 'miss with single flight',
    against: "the loader's own promise and `lru-cache.set`",
    unit: 'ns',
    target: { times: 4 },
  },
  {
    id: 'memory/untagged',
    work: 'memory per entry of 200 000, no tag',
    against: '`lru-cache` with a TTL',
    unit: 'bytes',
    target: { times: 1.6 },
  },
  {
    id: 'memory/tagged',
    work: 'memory per entry of 200 000, one tag',
    against: '`lru-cache` with a TTL',
    unit: 'bytes',
    target: { times: 2.2 },
  },
  {
    id: 'memory/awaited',
    work: 'memory per entry of 200 000, each hit since',
    against: '`lru-cache` with a TTL',
    unit: 'bytes',
    target: {},
  },
  {
    id: 'stampede/loads',
    work: '1 000 concurrent misses of one key',
    against: '',
    unit: 'loads',
    target: { atMost: 1 },
  },
  {
    id: 'evict/publish',
    work: 'awaited `evict` of one key',
    against: '`PUBLISH` round trip, same ioredis',
    unit: 'ns',
    target: { times: 1.5 },
  },
  propagation(100, 'p50', {}),
  propagation(1_000, 'p50', { times: 1.5 }),
  propagation(5_000, 'p50', {}),
  propagation(100, 'p99', {}),
  propagation(1_000, 'p99', { times: 2, orMoreBy: 1e6 }),
  propagation(5_000, 'p99', {}),
  {
    id: 'throughput/one-by-one',
    work: '`evict` of distinct keys, one by one, until dropped by a peer',
    against: 'layered-loader `invalidateCacheFor` one by one',
    unit: 'keys/s',
    target: {},
  },
  {
    id: 'throughput/bentocache',
    work: '`evictMany` of 1 000 keys a call until dropped by a peer',
    against: 'bentocache `delete` one by one, with its bus',
    unit: 'keys/s',
    target: { more: 5 },
  },
  {
    id: 'throughput/layered-loader',
    work: '`evictMany` of 1 000 keys a call until dropped by a peer',
    against: 'layered-loader `invalidateCacheFor` one by one',
    unit: 'keys/s',
    target: { more: 5 },
  },
  {
    id: 'throughput/keys',
    work: '`evictMany` of 1 000 keys a call until dropped by a peer',
    against: '',
    unit: 'keys/s',
    target: { atLeast: 500_000 },
  },
  {
    id: 'tags/stored',
    work: '`evictTags` that covers 1 000 of 1 000 000 entries',
    against: '1 000 of 10 000',
    unit: 'ns',
    target: { times: 2 },
  },
  {
    id: 'stall/clear',
    work: 'longest stall after `clear()` of 1 000 000 entries',
    against: '`lru-cache.clear()`',
    unit: 'ms',
    target: { atMost: 30 },
  },
  {
    id: 'stall/clear-tagged',
    work: 'the same, each with a tag',
    against: '`lru-cache.clear()`',
    unit: 'ms',
    target: { atMost: 30 },
  },
  {
    id: 'stall/burst',
    work: 'longest stall while 100 000 evicted keys are received',
    against: '',
    unit: 'ms',
    target: { atMost: 20 },
  },
  {
    id: 'http/none',
    work: '`GET /products/:id` of the sample, hot',
    against: 'the same route without a cache',
    unit: 'requests/s',
    target: {},
  },
  {
    id: 'http/interceptor',
    work: '`GET /products/:id` of the sample, hot',
    against: "`@nestjs/cache-manager`'s interceptor",
    unit: 'requests/s',
    target: { more: 1 },
  },
  {
    id: 'redis/sync',
    work: 'Redis time for one sync, 16 instances',
    against: '1 instance',
    unit: 'µs',
    target: { times: 1.5 },
  },
  {
    id: 'boot/more',
    work: 'boot of an application context, more than without the module',
    against: '',
    unit: 'ms',
    target: { atMost: 30 },
  },
];

/**
 * @param {number} load evictions a second
 * @param {'p50' | 'p99'} percentile
 * @param {Target} target
 * @returns {Definition}
 */
function propagation(load, percentile, target) {
  return {
    id: `propagation/${percentile}/${load}`,
    work: `\`evict\` until dropped by a peer, ${percentile}, at ${load.toLocaleString('en').replace(',', ' ')} a second`,
    against: 'bare pub/sub',
    unit: 'ns',
    target,
  };
}

/**
 * @param {Target} target
 * @param {import('./run.mjs').Row} row
 */
export function isMet(target, { ours, theirs = NaN, ratio }) {
  const times = ratio?.median ?? NaN;
  if (target.times !== undefined && !(times <= target.times)) {
    return target.orMoreBy !== undefined && ours - theirs <= target.orMoreBy;
  }
  if (target.faster !== undefined && !(1 / times >= target.faster)) return false;
  if (target.more !== undefined && !(times >= target.more)) return false;
  if (target.atMost !== undefined && !(ours <= target.atMost)) return false;
  return target.atLeast === undefined || ours >= target.atLeast;
}
