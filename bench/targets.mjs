import { GROWTH_ROWS } from './growth/rows.mjs';

/**
 * The limits of a row. A ratio is ours ÷ theirs. A row without limits is only reported.
 *
 * @typedef {object} Target
 * @property {number} [ratioAtMost]
 * @property {number} [ratioAtLeast]
 * @property {number} [atMost] a limit of a count or of an exponent; never of a time or a rate, which depend on the machine
 */

/** @typedef {'ns' | 'µs' | 'ms' | 'bytes' | 'keys/s' | 'requests/s' | 'loads' | 'entries' | '%' | 'exponent'} Unit */

/**
 * A row of the table.
 *
 * @typedef {object} Definition
 * @property {string} id the name of the row in `work/`
 * @property {string} work
 * @property {string} against
 * @property {Unit} unit
 * @property {Target} target what `--check` holds a row to
 * @property {Target} [wanted] what was aimed at and cannot be reached
 * @property {string} [floor] why not: what was found to be in the way
 */

/** Figures of work in a second. All other units are of time, size or count. @type {ReadonlySet<Unit>} */
const RATES = new Set(/** @type {const} */ (['keys/s', 'requests/s', '%']));

/**
 * Which figures are better. The same holds for their ratio, ours ÷ theirs.
 *
 * @param {Unit} unit
 */
export function better(unit) {
  return RATES.has(unit) ? 'higher' : 'lower';
}

/**
 * cache-manager is faster on newer versions of Node. Our hit gains less there: it consists mostly of one `await` and one reading of the
 * clock, which cost the same on all of them.
 */
const ratioToCacheManager = (/** @type {number} */ node) => (node >= 22 ? 1 / 4.5 : 1 / 5);

/** Bentocache is faster on newer versions of Node. A ratio of 1/25 there would be less than one `await` and one reading of the clock. */
const ratioToBentocache = (/** @type {number} */ node) => (node >= 22 ? 1 / 10 : 1 / 25);

const STALL_FLOOR =
  'the garbage collection of what has arrived, and the shrinking of a `Map` when most of its keys leave: neither can be sliced';
const RESPONSE_FLOOR =
  "an interceptor costs Nest an Observable, a promise and a subscription a request, also when it only hands on bytes; the constant route is not 1.6 times as fast as the other library's interceptor itself";
const SEND_FLOOR =
  'what remains of a message are its strings, `JSON` and the write to the socket; a compact form on the wire was not tried';
const CACHES_FLOOR = 'work on more memory misses the caches of the processor more often';
const QUEUE_FLOOR =
  'the script in Redis, and on two cores the two applications and Redis wait for each other, the more the faster they evict';

/** Evictions a second in the rows of propagation. */
export const LOADS = [100, 1_000, 5_000];

const HIT = 'hit of a `@Cacheable` method, one string argument';

/**
 * The rows, in the order of the table.
 *
 * @param {number} node the major version that was measured, which can be another one than the one that runs now
 * @returns {readonly Definition[]}
 */
export const definitionsFor = (node) => [
  {
    id: 'hit/lru-cache',
    work: HIT,
    against: "awaited `lru-cache.get('product:' + id)`",
    unit: 'ns',
    target: { ratioAtMost: 1.3 },
    wanted: { ratioAtMost: 0.9 },
    floor:
      'one `await` and one reading of the clock are most of a hit, and a cached time would serve copies after the lease when the event loop was blocked',
  },
  {
    id: 'hit/layered-loader',
    work: HIT,
    against: "layered-loader `get('product:' + id)`",
    unit: 'ns',
    target: { ratioAtMost: 1.1 },
  },
  {
    id: 'hit/cache-manager',
    work: HIT,
    against: 'cache-manager `wrap`',
    unit: 'ns',
    target: { ratioAtMost: ratioToCacheManager(node) },
  },
  {
    id: 'hit/bentocache',
    work: HIT,
    against: 'bentocache `getOrSet`',
    unit: 'ns',
    target: { ratioAtMost: ratioToBentocache(node) },
  },
  {
    id: 'hit/async-cache-dedupe',
    work: HIT,
    against: 'async-cache-dedupe',
    unit: 'ns',
    target: { ratioAtMost: 1 / 2.5 },
  },
  {
    id: 'hit/nest',
    work: HIT,
    against: "the L1 of Nest's documentation, `wrap`",
    unit: 'ns',
    target: { ratioAtMost: 1 / 35 },
  },
  {
    id: 'getOrLoad/lru-cache',
    work: 'hit of `region.getOrLoad(key, loader)`',
    against: 'awaited `lru-cache.get(key)`',
    unit: 'ns',
    target: { ratioAtMost: 1.4 },
  },
  {
    id: 'getSync/lru-cache',
    work: 'hit of `region.getSync(key)`',
    against: '`lru-cache.get(key)`',
    unit: 'ns',
    target: { ratioAtMost: 3.5 },
  },
  {
    id: 'key/object',
    work: 'default key of an object of 6 fields',
    against: '`JSON.stringify` of it',
    unit: 'ns',
    target: { ratioAtMost: 2.5 },
  },
  {
    id: 'key/three',
    work: 'default key of three mixed arguments',
    against: '`JSON.stringify` of them',
    unit: 'ns',
    target: { ratioAtMost: 2.5 },
  },
  {
    id: 'miss/loader',
    work: 'miss with single flight',
    against: "the loader's own promise and `lru-cache.set`",
    unit: 'ns',
    target: { ratioAtMost: 4.5 },
  },
  {
    id: 'store/held',
    work: 'storing again under a held key',
    against: 'storing a new one into a full cache',
    unit: 'ns',
    target: { ratioAtMost: 1 },
  },
  {
    id: 'memory/untagged',
    work: 'memory per entry of 200 000, no tag',
    against: '`lru-cache` with a TTL',
    unit: 'bytes',
    target: { ratioAtMost: 1.05 },
  },
  {
    id: 'memory/tagged',
    work: 'memory per entry of 200 000, one of 1 000 tags each',
    against: '`lru-cache` with a TTL, no tags',
    unit: 'bytes',
    target: { ratioAtMost: 1.25 },
  },
  {
    id: 'memory/awaited',
    work: 'memory per entry of 200 000, each hit since',
    against: '`lru-cache` with a TTL',
    unit: 'bytes',
    target: { ratioAtMost: 1.15 },
  },
  {
    id: 'hit-ratio/mean',
    work: 'mean hit ratio over all traces, at 1, 5, 10 and 25 % of the keys',
    against: 'LRU',
    unit: '%',
    target: { ratioAtLeast: 1.1 },
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
    target: { ratioAtMost: 2.5 },
    wanted: { ratioAtMost: 1.3 },
    floor: 'the script alone takes most of that, and hearing the own message on the second connection the rest',
  },
  propagation(100, 'p50', {}),
  propagation(1_000, 'p50', { ratioAtMost: 2 }, { ratioAtMost: 1.5 }),
  propagation(5_000, 'p50', {}, { ratioAtMost: 1.5 }),
  propagation(100, 'p99', {}),
  propagation(1_000, 'p99', { ratioAtMost: 6 }, { ratioAtMost: 2 }),
  propagation(5_000, 'p99', {}, { ratioAtMost: 1.7 }),
  {
    id: 'throughput/one-by-one',
    work: '`evict` of distinct keys, one by one, until dropped by a peer',
    against: 'layered-loader `invalidateCacheFor` one by one',
    unit: 'keys/s',
    target: { ratioAtLeast: 4 },
    wanted: { ratioAtLeast: 8 },
    floor: SEND_FLOOR,
  },
  {
    id: 'throughput/bentocache',
    work: '`evictMany` of 1 000 keys a call until dropped by a peer',
    against: 'bentocache `delete` one by one, with its bus',
    unit: 'keys/s',
    target: { ratioAtLeast: 5 },
  },
  {
    id: 'throughput/layered-loader',
    work: '`evictMany` of 1 000 keys a call until dropped by a peer',
    against: 'layered-loader `invalidateCacheFor` one by one',
    unit: 'keys/s',
    target: { ratioAtLeast: 6 },
    wanted: { ratioAtLeast: 15 },
    floor: SEND_FLOOR,
  },
  {
    id: 'tags/stored',
    work: '`evictTags` that covers 1 000 of 1 000 000 entries',
    against: '1 000 of 10 000',
    unit: 'ns',
    target: { ratioAtMost: 3 },
    wanted: { ratioAtMost: 2 },
    floor: CACHES_FLOOR,
  },
  {
    id: 'tags/scattered',
    work: '`evictTags` of 1 000 entries all over 1 000 000',
    against: 'deleting their keys from a bare `Map`',
    unit: 'ns',
    target: { ratioAtMost: 4.5 },
    wanted: { ratioAtMost: 0.9 },
    floor:
      'an entry is in more than one place: the `Map`, the columns and the index of its tag are three misses of the caches of the processor, a bare `Map` is one',
  },
  {
    id: 'stall/clear',
    work: 'longest stall after `clear()` of 1 000 000 entries',
    against: '`lru-cache.clear()`',
    unit: 'ms',
    target: { ratioAtMost: 0.05 },
  },
  {
    id: 'stall/clear-tagged',
    work: 'the same, each with a tag',
    against: '`lru-cache.clear()`',
    unit: 'ms',
    target: { ratioAtMost: 0.05 },
  },
  {
    id: 'stall/burst',
    work: 'longest stall while 100 000 evicted keys are received',
    against: '`JSON.parse` of their messages',
    unit: 'ms',
    target: { ratioAtMost: 1.2 },
    wanted: { ratioAtMost: 0.3 },
    floor: STALL_FLOOR,
  },
  {
    id: 'stall/replay',
    work: 'longest stall while as many are read from the log, after the instance was cut off',
    against: '`JSON.parse` of their messages',
    unit: 'ms',
    target: { ratioAtMost: 1.2 },
    wanted: { ratioAtMost: 0.3 },
    floor: STALL_FLOOR,
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
    target: { ratioAtLeast: 0.75 },
    wanted: { ratioAtLeast: 1 },
    floor:
      'the handler reads one row of an SQLite file in the same process, which costs little beside the request itself',
  },
  {
    id: 'responses/interceptor/express',
    work: '`GET /products` of the sample by `@HttpCache`, Express',
    against: "`@nestjs/cache-manager`'s interceptor",
    unit: 'requests/s',
    target: { ratioAtLeast: 0.9 },
    wanted: { ratioAtLeast: 1.6 },
    floor: RESPONSE_FLOOR,
  },
  {
    id: 'responses/constant/express',
    work: '`GET /products` of the sample by `@HttpCache`, Express',
    against: 'a route that returns a constant string',
    unit: 'requests/s',
    target: { ratioAtLeast: 0.7 },
    wanted: { ratioAtLeast: 0.8 },
    floor: RESPONSE_FLOOR,
  },
  {
    id: 'responses/not-modified/express',
    work: 'the same with `If-None-Match`, answered with 304, Express',
    against: 'a route that returns a constant string',
    unit: 'requests/s',
    target: { ratioAtLeast: 0.7 },
    wanted: { ratioAtLeast: 0.9 },
    floor: RESPONSE_FLOOR,
  },
  {
    id: 'responses/interceptor/fastify',
    work: '`GET /products` of the sample by `@HttpCache`, Fastify',
    against: "`@nestjs/cache-manager`'s interceptor",
    unit: 'requests/s',
    target: { ratioAtLeast: 1.05 },
    wanted: { ratioAtLeast: 1.6 },
    floor: RESPONSE_FLOOR,
  },
  {
    id: 'responses/constant/fastify',
    work: '`GET /products` of the sample by `@HttpCache`, Fastify',
    against: 'a route that returns a constant string',
    unit: 'requests/s',
    target: { ratioAtLeast: 0.5 },
    wanted: { ratioAtLeast: 0.8 },
    floor: RESPONSE_FLOOR,
  },
  {
    id: 'responses/not-modified/fastify',
    work: 'the same with `If-None-Match`, answered with 304, Fastify',
    against: 'a route that returns a constant string',
    unit: 'requests/s',
    target: { ratioAtLeast: 0.6 },
    wanted: { ratioAtLeast: 0.9 },
    floor: RESPONSE_FLOOR,
  },
  {
    id: 'redis/sync',
    work: 'Redis time for one sync, 16 instances',
    against: '1 instance',
    unit: 'µs',
    target: { ratioAtMost: 1.5 },
  },
  {
    id: 'boot/client',
    work: 'boot of an application context with the module, coherent at the end',
    against: 'with a client of `ioredis` that was answered once',
    unit: 'ms',
    target: { ratioAtMost: 2.5 },
  },
  earlier('hit', HIT, 'ns', { ratioAtMost: 0.9 }, 'as above: both builds await once and read the clock once'),
  earlier('getOrLoad', 'hit of `region.getOrLoad(key, loader)`', 'ns'),
  earlier(
    'miss',
    'miss with single flight, in a full cache',
    'ns',
    { ratioAtMost: 0.6 },
    'three promises (the loader, the load, the caller) and the `AsyncLocalStorage` scope that tells nested reads their load',
  ),
  earlier(
    'one-by-one',
    '`evict` of distinct keys, one by one, until dropped by a peer',
    'keys/s',
    { ratioAtLeast: 1.8 },
    SEND_FLOOR,
  ),
  earlier(
    'batches',
    '`evictMany` of 1 000 keys a call until dropped by a peer',
    'keys/s',
    { ratioAtLeast: 1.8 },
    SEND_FLOOR,
  ),
  earlier(
    'stall-sent',
    '100 000 `evict()` in one tick: the longest stall of the sender',
    'ms',
    { ratioAtMost: 0.25 },
    'the 100 000 promises of the calls are made and settled in the tick that the caller has chosen',
  ),
  earlier('stall-received', 'longest stall while 100 000 evicted keys are received', 'ms'),
  ...GROWTH_ROWS,
];

/**
 * A row of `--against`. It is only reported: how it should be depends on the build. What was wanted was wanted against that of 1850cf1, the
 * last one before the store in columns.
 *
 * @param {string} id
 * @param {string} work
 * @param {Unit} unit
 * @param {Target} [wanted]
 * @param {string} [floor]
 * @returns {Definition}
 */
function earlier(id, work, unit, wanted, floor) {
  const aim = { ...(wanted && { wanted }), ...(floor !== undefined && { floor }) };
  return { id: `earlier/${id}`, work, against: 'the same by an earlier build', unit, target: {}, ...aim };
}

/**
 * @param {number} load evictions a second
 * @param {'p50' | 'p99'} percentile
 * @param {Target} target
 * @param {Target} [wanted]
 * @returns {Definition}
 */
function propagation(load, percentile, target, wanted) {
  return {
    id: `propagation/${percentile}/${load}`,
    work: `\`evict\` until dropped by a peer, ${percentile}, at ${load.toLocaleString('en').replace(',', ' ')} a second`,
    against: 'bare pub/sub',
    unit: 'ns',
    target,
    ...(wanted && { wanted, floor: QUEUE_FLOOR }),
  };
}

/**
 * @param {Target} target
 * @param {import('./run.mjs').Row} row
 */
export function isMet({ ratioAtMost, ratioAtLeast, atMost }, { ours, ratio }) {
  // NaN, for a figure that is missing, meets no limit.
  const { median } = ratio ?? { median: NaN };
  if (ratioAtMost !== undefined && !(median <= ratioAtMost)) return false;
  if (ratioAtLeast !== undefined && !(median >= ratioAtLeast)) return false;
  return atMost === undefined || ours <= atMost;
}
