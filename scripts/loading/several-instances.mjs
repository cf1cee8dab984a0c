import { setTimeout as pause } from 'node:timers/promises';
import { Child } from '../../tools/child-process.mjs';
import { progress } from '../../tools/progress.mjs';
import { median, percentile, rounded, sum } from '../../tools/statistics.mjs';

/** @typedef {Child<import('./instance.mjs').Commands>} Instance */

const INSTANCES = 3;
const KEY = 'hot';

/** How long after `within` the next read comes: the load itself, and a machine that does other work. */
const MARGIN = 250;

/**
 * @template T
 * @param {import('./instance.mjs').Settings} settings
 * @param {(instances: readonly Instance[]) => Promise<T>} work
 * @param {number} [count]
 */
async function withInstances(settings, work, count = INSTANCES) {
  /** @type {Instance[]} */
  const instances = Array.from(
    { length: count },
    () => new Child(new URL('./instance.mjs', import.meta.url), { args: [JSON.stringify(settings)] }),
  );
  try {
    await Promise.all(instances.map(({ ready }) => ready));
    return await work(instances);
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
  }
}

/**
 * A hot key, and an eviction of it on one instance, round after round.
 *
 * @param {{ redisConnectionString: string, rounds: number, within: number, say: (line: string) => void }} options
 * @returns {Promise<import('./report.mjs').RefreshesReport>}
 */
export async function measureRefreshes({ redisConnectionString, rounds, within, say }) {
  const policies = { refreshOnInvalidate: { within } };
  return withInstances({ redisConnectionString, policies }, async (instances) => {
    const sourceTakes = 20;
    const [first] = instances;
    const hits = instances.map(() => 0);
    /** @type {number[][]} */
    const starts = [];
    let mostLoads = 0;
    let untrue = 0;
    const advance = progress({ total: rounds, unit: 'rounds', say });
    for (let round = 1; round <= rounds; round += 1) {
      // The second read is a hit, which makes the key worth a refresh.
      for (let read = 0; read < 2; read += 1) await Promise.all(instances.map((each) => each.ask('read', KEY)));
      await Promise.all(instances.map((each) => each.ask('setSource', { version: round, takes: sourceTakes })));
      await Promise.all(instances.map((each) => each.ask('takeLoads', KEY)));
      const evictedAt = (await first?.ask('evict', KEY)) ?? NaN;
      await pause(within + sourceTakes + MARGIN);
      const answers = await Promise.all(instances.map((each) => each.ask('read', KEY)));
      for (const [index, { isHit, version }] of answers.entries()) {
        if (isHit) hits[index] = (hits[index] ?? 0) + 1;
        if (version !== round) untrue += 1;
      }
      const loads = await Promise.all(instances.map((each) => each.ask('takeLoads', KEY)));
      mostLoads = Math.max(mostLoads, ...loads.map(({ length }) => length));
      starts.push(loads.flat().map((at) => at - evictedAt));
      advance(round);
    }
    const all = starts.flat();
    const at = (/** @type {number} */ percent) => rounded(percentile(all, percent));
    const spreads = starts.map((round) => Math.max(...round) - Math.min(...round));
    return {
      instances: INSTANCES,
      rounds,
      within,
      sourceTakes,
      hits: hits.slice(1),
      mostLoads,
      start: { earliest: at(0), p10: at(10), median: at(50), p90: at(90), latest: at(100) },
      spread: rounded(median(spreads)),
      untrue,
    };
  });
}

/** @type {readonly { name: string, policies: import('nestjs-distributed-cache').LoadPolicies, failsAfter: number }[]} */
const OUTAGES = [
  { name: '`staleIfError`', policies: { staleIfError: '1h' }, failsAfter: 0 },
  { name: '`staleIfError`', policies: { staleIfError: '1h' }, failsAfter: 200 },
  {
    name: '`staleIfError` and `staleWhileRevalidate`',
    policies: { staleIfError: '1h', staleWhileRevalidate: '1h' },
    failsAfter: 200,
  },
];

/**
 * A source that goes down, and readers of keys that expire soon after.
 *
 * @param {{ redisConnectionString: string, seconds: number, say: (line: string) => void }} options
 */
export async function measureSourceDown({ redisConnectionString, seconds, say }) {
  const [keys, retryAfter, ttl] = [20, 1_000, 500];
  /** @type {import('./report.mjs').SourceDownReport[]} */
  const reports = [];
  for (const { name, policies, failsAfter } of OUTAGES) {
    const settings = { redisConnectionString, ttl, policies: { ...policies, retryAfter } };
    const seen = await withInstances(settings, async (instances) => {
      const each = (/** @type {(instance: Instance) => Promise<unknown>} */ ask) => Promise.all(instances.map(ask));
      for (let key = 0; key < keys; key += 1) await each((instance) => instance.ask('read', `${key}`));
      await each((instance) => instance.ask('setSource', { isDown: true, takes: failsAfter }));
      await pause(ttl);
      return Promise.all(instances.map((one) => one.ask('readOn', { keys, seconds, window: retryAfter })));
    });
    const most = (/** @type {(one: (typeof seen)[number]) => number} */ of) => rounded(Math.max(...seen.map(of)));
    const report = {
      name,
      seconds,
      keys,
      retryAfter,
      failsAfter,
      reads: sum(seen.map(({ reads }) => reads)),
      errors: sum(seen.map(({ errors }) => errors)),
      p50: most(({ p50 }) => p50),
      p99: most(({ p99 }) => p99),
      longest: most(({ longest }) => longest),
      tries: sum(seen.map(({ tries }) => tries)),
      mostTries: most(({ mostTries }) => mostTries),
    };
    reports.push(report);
    say(
      `the source is down and fails after ${failsAfter} ms, ${name.replaceAll('`', '')}: ${report.reads} reads, ${report.errors} errors, ` +
        `p50 ${report.p50} ms, p99 ${report.p99} ms, longest ${report.longest} ms; at most ${report.mostTries} try of a key within ${retryAfter} ms`,
    );
  }
  return reports;
}
