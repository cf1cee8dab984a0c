// `npm run soak`: several instances as processes of their own over a private Redis. First it measures how long an eviction takes when
// nothing else happens, then a burst of evictions of what all instances hold, then steady mixed traffic. Every read is checked against the
// source of truth; nothing may be lost, and nothing may grow.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Child } from '../tools/child-process.mjs';
import { positiveNumber, readCommandLine, text, wholeNumber } from '../tools/command-line.mjs';
import { mebibytes } from '../tools/figures.mjs';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { startPrivateRedis } from '../tools/redis.mjs';
import { median, percentile, rounded, sum } from '../tools/statistics.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { SourceOfTruth } from './soak/source-of-truth.mjs';
import { PRODUCTS } from './soak/traffic.mjs';
import { reasonsToFail } from './soak/verdict.mjs';

/** @typedef {Child<import('./soak/instance.mjs').Commands>} InstanceProcess */

const MAX_STALENESS = 2_000;

/** As in a small container: with more room, V8 would leave garbage for minutes, and RSS would tell nothing. */
const NODE_OPTIONS = ['--expose-gc', '--max-old-space-size=96'];

const INSTANCE = new URL('./soak/instance.mjs', import.meta.url);

const {
  minutes,
  instances: count,
  report: file,
  ...given
} = readCommandLine({
  command: 'npm run soak --',
  about:
    'Runs several instances over a private Redis under load, and fails when a read is too stale, an eviction is lost, or memory or delays grow. A run of less than a minute only shows that all of it works.',
  options: {
    minutes: positiveNumber('how long the steady traffic lasts', { default: 5 }),
    instances: wholeNumber('how many instances', { from: 2, to: 64, default: 8 }),
    burst: wholeNumber('how many keys are evicted at once', {
      from: 1,
      default: undefined,
      shownDefault: '100000, or 20000 in a run of less than a minute',
    }),
    rate: positiveNumber('reads a second of each instance', {
      default: undefined,
      shownDefault: '3000, or 1000 in a run of less than a minute',
    }),
    report: text('writes what was measured as JSON, e.g. docs/evidence/soak.json', { argument: 'FILE' }),
  },
});
const isShort = minutes < 1;
const burst = given.burst ?? (isShort ? 20_000 : 100_000);
const rate = given.rate ?? (isShort ? 1_000 : 3_000);

/** What has to be undone at the end; the last step comes first. @type {(() => unknown)[]} */
const undo = [];
const interrupted = new AbortController();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => interrupted.abort());
whenNpmStops(() => interrupted.abort());

let exitCode = 1;
try {
  const report = await untilInterrupted(soak());
  const reasons = reasonsToFail(report);
  if (file !== undefined) await writeReport(file, { passed: reasons.length === 0, reasons, ...report });
  for (const reason of reasons) say(`FAIL: ${reason}`);
  say(reasons.length === 0 ? 'PASS' : 'FAIL');
  exitCode = reasons.length === 0 ? 0 : 1;
} catch (error) {
  if (interrupted.signal.aborted) say('interrupted; stopping');
  else console.error(error);
  if (interrupted.signal.aborted) exitCode = 130;
} finally {
  for (const step of undo.toReversed()) await step();
}
process.exit(exitCode);

/** @returns {Promise<import('./soak/report.mjs').SoakReport>} */
async function soak() {
  const directory = await mkdtemp(join(tmpdir(), 'soak-'));
  undo.push(() => rm(directory, { recursive: true, force: true }));
  const redis = await startPrivateRedis();
  undo.push(() => redis.stop());
  const client = new Redis({ host: '127.0.0.1', port: redis.port });
  undo.push(() => client.disconnect());
  const database = join(directory, 'source-of-truth');
  SourceOfTruth.create(database, PRODUCTS);

  const instances = Array.from({ length: count }, (_, index) =>
    startInstance({
      redisConnectionString: redis.connectionString,
      database,
      burst,
      maxStaleness: MAX_STALENESS,
      index,
      instances: count,
      readsPerSecond: rate,
      writesPerSecond: rate / 100,
    }),
  );
  undo.push(() => Promise.all(instances.map((instance) => instance.stop())));
  process.on('exit', () => instances.forEach((instance) => instance.kill()));
  await Promise.all(instances.map((instance) => instance.ready));
  say(`${count} instances over a private ${redis.program} on port ${redis.port}`);

  const propagation = await measurePropagation(instances);
  const burstReport = await measureBurst(instances);
  const steady = await runTraffic(instances, client);
  const end = await settle(instances);
  return { minutes, instances: count, maxStaleness: MAX_STALENESS, propagation, burst: burstReport, ...steady, end };
}

/**
 * @param {import('./soak/instance.mjs').SoakSettings} settings
 * @returns {InstanceProcess}
 */
function startInstance(settings) {
  const name = `instance ${settings.index}`;
  return new Child(INSTANCE, {
    name,
    args: [JSON.stringify(settings)],
    execArgv: NODE_OPTIONS,
    say: (line) => say(`[${name}] ${line}`),
  });
}

/** @param {readonly InstanceProcess[]} instances */
async function measurePropagation(instances) {
  const evictions = isShort ? 100 : 1_000;
  // The first ones warm up: code that has not been compiled yet is slow.
  await propagationTimes(instances, 50);
  const took = await propagationTimes(instances, evictions);
  const p50 = rounded(percentile(took, 50));
  const p99 = rounded(percentile(took, 99));
  const max = rounded(Math.max(...took));
  say(`propagation: ${evictions} evictions received ${took.length} times, p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
  return { evictions, heard: took.length, p50, p99, max };
}

/**
 * How long each eviction by the first instance took until each other instance had dropped its copy, in ms.
 *
 * @param {readonly InstanceProcess[]} instances
 * @param {number} evictions
 */
async function propagationTimes([first, ...others], evictions) {
  const sent = new Map(await first?.ask('ping', evictions));
  await pause(200);
  const received = await Promise.all(others.map((instance) => instance.ask('pinged')));
  // An eviction may arrive twice, through the channel and by a sync: the first time counts.
  return received
    .map((pings) => new Map(pings.toReversed()))
    .flatMap((pings) => Array.from(pings, ([key, at]) => at - (sent.get(key) ?? NaN)));
}

/** @param {readonly InstanceProcess[]} instances */
async function measureBurst(instances) {
  const held = await Promise.all(instances.map((instance) => instance.ask('fill')));
  if (held.some((entries) => entries !== burst))
    throw new Error(`the instances hold ${held.join(', ')} of ${burst} keys`);
  const dropping = Promise.all(instances.map((instance) => instance.ask('dropped')));
  const evicted = await instances[0]?.ask('evictBurst');
  const dropped = await dropping;
  const startedAt = evicted?.startedAt ?? NaN;
  const took = Math.max(...dropped.map(({ at }) => at)) - startedAt;
  const report = {
    evictions: burst,
    settled: rounded((evicted?.settledAt ?? NaN) - startedAt),
    dropped: rounded(took),
    evictionsPerSecond: Math.round(burst / (took / 1_000)),
    senderDelayP99: rounded(evicted?.delayP99 ?? NaN),
    senderDelayMax: rounded(evicted?.delayMax ?? NaN),
    delayP99: rounded(Math.max(...dropped.slice(1).map(({ delayP99 }) => delayP99))),
    delayMax: rounded(Math.max(...dropped.slice(1).map(({ delayMax }) => delayMax))),
    rss: await Promise.all(instances.map((instance) => instance.ask('sample'))),
    left: sum(dropped.map(({ left }) => left)),
  };
  say(
    `burst: ${burst} evictions of what ${count} instances hold: settled after ${report.settled} ms, dropped everywhere after ` +
      `${report.dropped} ms (${report.evictionsPerSecond}/s); event-loop delay p99 ${report.delayP99} ms, max ` +
      `${report.delayMax} ms (where they were evicted ${report.senderDelayP99} and ${report.senderDelayMax} ms); RSS ${report.rss.map(mebibytes).join(', ')}`,
  );
  return report;
}

/**
 * @param {readonly InstanceProcess[]} instances
 * @param {Redis} client
 */
async function runTraffic(instances, client) {
  await Promise.all(instances.map((instance) => instance.ask('report')));
  await Promise.all(instances.map((instance) => instance.ask('start')));
  const length = Math.min(60, (minutes * 60) / 5);
  /** @type {import('./soak/report.mjs').Sample[]} */
  const samples = [];
  /** @type {import('./soak/report.mjs').Interval[]} */
  const intervals = [];
  let before = await totals(instances);
  const startedAt = performance.now();
  for (let interval = 1; interval * length <= minutes * 60 + 0.001; interval += 1) {
    const endsAt = startedAt + interval * length * 1_000;
    while (performance.now() < endsAt) {
      await pause(Math.max(0, Math.min(2_000, endsAt - performance.now(), (length * 1_000) / 5)), undefined, {
        signal: interrupted.signal,
      });
      const rss = await Promise.all(instances.map((instance) => instance.ask('sample')));
      samples.push({ rss: sum(rss), ...(await redisSize(client)) });
    }
    const after = await totals(instances);
    const row = { ...difference(after, before, length), ...(await redisSize(client)) };
    before = after;
    intervals.push(row);
    say(
      `${(interval * length).toFixed(0)} s: ${row.reads} reads, ${row.loads} loads, ${row.evictions} evictions, ${row.puts} puts, ` +
        `${row.messages} messages on ${row.cores} cores; event-loop delay p50 ${row.delayP50}, p99 ${row.delayP99}, max ${row.delayMax} ms; ` +
        `RSS ${mebibytes(row.rss)}, heap ${mebibytes(row.heapUsed)}; Redis ${mebibytes(row.redisMemory)}, log ${row.logLength}; ` +
        `${row.staleReads} reads of a value that had just been evicted; coherent ${row.coherent} of ${count}`,
    );
  }
  return { samples, intervals };
}

/** @param {readonly InstanceProcess[]} instances */
async function settle(instances) {
  const waiting = sum(await Promise.all(instances.map((instance) => instance.ask('stop'))));
  // Until what is on its way has arrived, and a sync has found what the channel has not brought.
  await pause(MAX_STALENESS + 250, undefined, { signal: interrupted.signal });
  const compared = await Promise.all(instances.map((instance) => instance.ask('compare')));
  const reports = await Promise.all(instances.map((instance) => instance.ask('report')));
  /** @type {Record<string, number>} */
  const bridge = {};
  for (const report of reports) {
    const { propagation: _, ...counts } = report.bridge;
    for (const [name, number] of Object.entries(counts)) bridge[name] = (bridge[name] ?? 0) + number;
  }
  const end = {
    held: sum(compared.map(({ held }) => held)),
    lost: sum(compared.map(({ lost }) => lost)),
    waiting,
    coherent: reports.filter(({ state }) => state === 'coherent').length,
    reads: sum(reports.map(({ counts }) => counts.reads)),
    errors: sum(reports.map(({ counts }) => counts.errors)),
    worstStaleness: rounded(Math.max(...reports.map(({ worstStaleness }) => worstStaleness))),
    violations: reports.flatMap(({ violations }) => violations),
    bridge,
  };
  say(
    `end: ${end.held} copies held, ${end.lost} of another version than the current one; ${end.reads} reads checked, the stalest ` +
      `${end.worstStaleness} ms after its invalidation was in the log; ${end.violations.length} beyond maxStaleness + 250 ms`,
  );
  return end;
}

/** @param {readonly InstanceProcess[]} instances */
async function totals(instances) {
  const reports = await Promise.all(instances.map((instance) => instance.ask('report')));
  const counted = (/** @type {(report: (typeof reports)[number]) => number} */ of) => sum(reports.map(of));
  return {
    reads: counted(({ counts }) => counts.reads),
    loads: counted(({ counts }) => counts.loads),
    evictions: counted(({ counts }) => counts.evictions + counts.tagEvictions),
    puts: counted(({ counts }) => counts.puts),
    staleReads: counted(({ counts }) => counts.staleReads),
    cpuSeconds: counted(({ cpuSeconds }) => cpuSeconds),
    messages: counted(({ bridge }) => bridge.received),
    delayP50: rounded(median(reports.map(({ delayP50 }) => delayP50))),
    delayP99: rounded(median(reports.map(({ delayP99 }) => delayP99))),
    delayMax: rounded(Math.max(...reports.map(({ delayMax }) => delayMax))),
    rss: counted(({ rss }) => rss),
    heapUsed: counted(({ heapUsed }) => heapUsed),
    coherent: reports.filter(({ state }) => state === 'coherent').length,
  };
}

/**
 * What happened between two calls of {@link totals}.
 *
 * @param {Awaited<ReturnType<typeof totals>>} later
 * @param {Awaited<ReturnType<typeof totals>>} earlier
 * @param {number} seconds
 */
function difference(later, earlier, seconds) {
  const { reads, loads, evictions, puts, staleReads, messages } = earlier;
  const { cpuSeconds, ...rest } = later;
  return {
    ...rest,
    seconds,
    cores: rounded((cpuSeconds - earlier.cpuSeconds) / seconds),
    reads: later.reads - reads,
    loads: later.loads - loads,
    evictions: later.evictions - evictions,
    puts: later.puts - puts,
    staleReads: later.staleReads - staleReads,
    messages: later.messages - messages,
  };
}

/** @param {Redis} client */
async function redisSize(client) {
  const [, used] = /used_memory:(\d+)/.exec(await client.info('memory')) ?? [];
  return { redisMemory: Number(used), logLength: await client.xlen('{soak}:log') };
}

/**
 * @template T
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
function untilInterrupted(work) {
  return new Promise((resolve, reject) => {
    interrupted.signal.addEventListener('abort', () => reject(new Error('interrupted')));
    work.then(resolve, reject);
  });
}

/** @param {string} line */
function say(line) {
  console.log(`soak: ${line}`);
}
