import { setTimeout as pause } from 'node:timers/promises';
import { percentile, rounded } from '../../tools/statistics.mjs';
import { startApplication } from './application.mjs';

/** @typedef {import('nestjs-distributed-cache').LoadPolicies} LoadPolicies */
/** @typedef {import('./report.mjs').ReadersRow} ReadersRow */
/** @typedef {{ version: number, expiresAt: number }} Value */

const TTL = 300;
const SOURCE_TAKES = 50;
/** How long a source takes that hangs. */
const LONG = 1_000;

/**
 * One row: the policies, when the readers come, and what the source does then.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {LoadPolicies} [policies]
 * @property {'works' | 'fails' | 'hangs'} [source]
 * @property {'expired' | 'before expiry' | 'after a failure' | 'after the refresh' | 'evicted' | 'refreshed'} [when] what has happened to
 *   the entry when they come; default: it has expired
 * @property {boolean} [enabled]
 */

/** @type {readonly Case[]} */
const CASES = [
  { name: 'no cache (`enabled: false`)', enabled: false },
  { name: 'no policy' },
  { name: '`staleWhileRevalidate`', policies: { staleWhileRevalidate: '1m' } },
  { name: 'no policy, the source fails', source: 'fails' },
  { name: '`staleIfError`, the source fails', policies: { staleIfError: '1m' }, source: 'fails' },
  {
    name: 'the same, within `retryAfter` of that failure',
    policies: { staleIfError: '1m' },
    source: 'fails',
    when: 'after a failure',
  },
  {
    name: '`staleWhileRevalidate` and `staleIfError`, the source fails',
    policies: { staleWhileRevalidate: '1m', staleIfError: '1m' },
    source: 'fails',
  },
  { name: "`loadTimeout: '20ms'`, the source hangs", policies: { loadTimeout: '20ms' }, source: 'hangs' },
  {
    name: "`loadTimeout: '20ms'` and `staleIfError`, the source hangs",
    policies: { loadTimeout: '20ms', staleIfError: '1m' },
    source: 'hangs',
  },
  { name: '`refreshAhead: 0.5`, readers before the expiry', policies: { refreshAhead: 0.5 }, when: 'before expiry' },
  { name: 'the same key, after that expiry', policies: { refreshAhead: 0.5 }, when: 'after the refresh' },
  { name: 'no policy, the entry was evicted', when: 'evicted' },
  {
    name: "`refreshOnInvalidate: { within: '100ms' }`, 250 ms after the eviction",
    policies: { refreshOnInvalidate: { within: '100ms' } },
    when: 'refreshed',
  },
];

/**
 * Readers that come for one key at the same time, under each policy.
 *
 * @param {{ readers: number, rounds: number, say: (line: string) => void }} options
 * @returns {Promise<import('./report.mjs').ReadersReport>}
 */
export async function measureReaders({ readers, rounds, say }) {
  /** @type {ReadersRow[]} */
  const rows = [];
  for (const one of CASES) {
    const row = await measureCase(one, { readers, rounds });
    rows.push(row);
    say(
      `${readers} readers, ${plain(one.name)}: ${row.loads} loads (${row.background} in the background); ${row.fresh} fresh, ${row.stale} stale, ` +
        `${row.errors} errors; p50 ${row.p50} ms, longest ${row.longest} ms`,
    );
  }
  return { readers, sourceTakes: SOURCE_TAKES, rounds, rows };
}

/**
 * @param {Case} given
 * @param {{ readers: number, rounds: number }} options
 */
async function measureCase(given, { readers, rounds }) {
  const { policies, enabled = true } = given;
  const { app, cache } = await startApplication({ redisConnectionString: '', ttl: TTL, enabled, ...policies });
  /** @type {ReadersRow[]} */
  const rows = [];
  for (let round = 0; round <= rounds; round += 1) {
    const row = await readAtOnce(cache, `hot:${round}`, given, readers);
    // Round 0 warms up.
    if (round > 0) rows.push(row);
  }
  await app.close();
  return summary(given.name, rows);
}

/**
 * @param {import('nestjs-distributed-cache').DistributedCache} cache
 * @param {string} key
 * @param {Case} given
 * @param {number} readers
 * @returns {Promise<ReadersRow>}
 */
async function readAtOnce(cache, key, { name, source = 'works', when = 'expired' }, readers) {
  const region = cache.region('products');
  let isMeasured = false;
  let version = 0;
  const load = async () => {
    if (isMeasured) {
      await pause(source === 'hangs' ? LONG : SOURCE_TAKES);
      if (source === 'fails') throw new Error('The source is down.');
    }
    version += 1;
    return { version, expiresAt: performance.now() + TTL };
  };
  const read = () => region.getOrLoad(key, load);

  await read();
  isMeasured = true;
  let before = loadsOf(cache);
  const background = backgroundLoads(cache);
  await until(when, read, () => region.evict(key));
  // A refresh after an eviction is a cost of the policy, although it ends before the readers come.
  if (when !== 'refreshed') {
    before = loadsOf(cache);
    background.count = 0;
  }
  const answers = await Promise.all(Array.from({ length: readers }, () => timed(read)));
  const expiredFor = answers.flatMap(({ value, at }) => (value ? [at - value.expiresAt] : []));
  // A load in the background goes on after the last reader has its answer.
  await pause(2 * SOURCE_TAKES);
  background.stop();
  const stale = expiredFor.filter((time) => time > 0);
  const took = answers.map((answer) => answer.took);
  return {
    name,
    loads: loadsOf(cache) - before,
    background: background.count,
    fresh: expiredFor.length - stale.length,
    stale: stale.length,
    errors: readers - expiredFor.length,
    stalest: Math.max(0, ...stale),
    p50: percentile(took, 50),
    longest: Math.max(...took),
  };
}

/** @param {import('nestjs-distributed-cache').DistributedCache} cache */
function backgroundLoads(cache) {
  const counted = { count: 0, stop: () => stops.forEach((stop) => stop()) };
  const count = (/** @type {{ background?: true }} */ event) => void (counted.count += event.background ? 1 : 0);
  const stops = [cache.on('load', count), cache.on('loadError', count)];
  return counted;
}

/**
 * @param {NonNullable<Case['when']>} when
 * @param {() => Promise<unknown>} read
 * @param {() => Promise<unknown>} evict
 */
async function until(when, read, evict) {
  switch (when) {
    case 'before expiry':
      await pause(TTL * 0.7);
      break;
    case 'after the refresh':
      await pause(TTL * 0.7);
      await read();
      await pause(TTL * 0.5);
      break;
    case 'evicted':
      await evict();
      break;
    case 'refreshed':
      await read();
      await evict();
      await pause(250);
      break;
    case 'after a failure':
      await pause(TTL + 20);
      await read();
      break;
    case 'expired':
      await pause(TTL + 20);
  }
}

/** @param {() => Promise<Value>} read */
async function timed(read) {
  const startedAt = performance.now();
  const value = await read().catch(() => undefined);
  const at = performance.now();
  return { value, at, took: at - startedAt };
}

/** @param {import('nestjs-distributed-cache').DistributedCache} cache */
function loadsOf(cache) {
  return cache.stats().regions['products']?.loads ?? 0;
}

/**
 * @param {string} name
 * @param {readonly ReadersRow[]} rounds
 * @returns {ReadersRow}
 */
function summary(name, rounds) {
  const most = (/** @type {(row: ReadersRow) => number} */ of) => Math.max(...rounds.map(of));
  const total = (/** @type {(row: ReadersRow) => number} */ of) => rounds.reduce((sum, row) => sum + of(row), 0);
  return {
    name,
    loads: most(({ loads }) => loads),
    background: most(({ background }) => background),
    fresh: total(({ fresh }) => fresh),
    stale: total(({ stale }) => stale),
    errors: total(({ errors }) => errors),
    stalest: rounded(most(({ stalest }) => stalest)),
    p50: rounded(
      percentile(
        rounds.map(({ p50 }) => p50),
        50,
      ),
    ),
    longest: rounded(most(({ longest }) => longest)),
  };
}

/** @param {string} name */
function plain(name) {
  return name.replaceAll('`', '');
}
