// `npm run soak -- --minutes 5 [--instances 8] [--burst 100000] [--rate 3000] [--report FILE]`: instances as processes of their own over a
// private Redis. First how long an eviction takes when nothing else goes on, then a burst of evictions of what all of them hold, then
// steady mixed traffic. Every read is held against the source of truth; nothing may be lost, and nothing may grow.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { whenNpmStops } from './parent-death.mjs';
import { startPrivateRedis } from './redis.mjs';
import { InstanceProcess } from './soak/instance-process.mjs';
import { SourceOfTruth } from './soak/source-of-truth.mjs';
import { median, percentile, rounded, sum } from './soak/statistics.mjs';
import { PRODUCTS } from './soak/traffic.mjs';
import { megabytes, reasonsToFail } from './soak/verdict.mjs';
import { writeReport } from './write-report.mjs';

const MAX_STALENESS = 2_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    instances: { type: 'string', default: '8' },
    burst: { type: 'string' },
    rate: { type: 'string' },
    report: { type: 'string' },
  },
});
const minutes = positive('minutes', values.minutes);
const count = positive('instances', values.instances);
// A run of seconds is there to show that all of it works.
const burst = positive('burst', values.burst ?? (minutes < 1 ? '20000' : '100000'));
const rate = positive('rate', values.rate ?? (minutes < 1 ? '1000' : '3000'));

/** Undoes what was begun, the last first. @type {(() => unknown)[]} */
const undo = [];
const interrupted = new AbortController();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => interrupted.abort());
whenNpmStops(() => interrupted.abort());

let exitCode = 1;
try {
  const report = await untilInterrupted(soak());
  const reasons = reasonsToFail(report);
  if (values.report !== undefined)
    await writeReport(values.report, { passed: reasons.length === 0, reasons, ...report });
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

  const instances = Array.from(
    { length: count },
    (_, index) =>
      new InstanceProcess(
        {
          redisConnectionString: redis.connectionString,
          database,
          burst,
          maxStaleness: MAX_STALENESS,
          index,
          instances: count,
          readsPerSecond: rate,
          writesPerSecond: rate / 100,
        },
        say,
      ),
  );
  undo.push(() => Promise.all(instances.map((instance) => instance.close())));
  process.on('exit', () => instances.forEach((instance) => instance.kill()));
  await Promise.all(instances.map((instance) => instance.ready));
  say(`${count} instances over a private ${redis.program} on port ${redis.port}`);

  const propagation = await measurePropagation(instances);
  const burstReport = await measureBurst(instances);
  const steady = await runTraffic(instances, client);
  const end = await settle(instances);
  return { minutes, instances: count, maxStaleness: MAX_STALENESS, propagation, burst: burstReport, ...steady, end };
}

/** @param {readonly InstanceProcess[]} instances */
async function measurePropagation(instances) {
  const evictions = minutes < 1 ? 100 : 1_000;
  // What runs for the first time is slow for another reason.
  for (const evict of [50, evictions]) {
    const [first, ...others] = instances;
    const sent = new Map(await first?.ask('ping', evict));
    await pause(200);
    // Of what is heard twice, through the channel and by a sync, the first time counts.
    const heard = (await Promise.all(others.map((instance) => instance.ask('pinged')))).map(
      (pings) => new Map(pings.toReversed()),
    );
    if (evict !== evictions) continue;
    const took = heard.flatMap((pings) => Array.from(pings, ([key, at]) => at - (sent.get(key) ?? NaN)));
    const p50 = rounded(percentile(took, 0.5));
    const p99 = rounded(percentile(took, 0.99));
    const max = rounded(Math.max(...took));
    say(`propagation: ${evictions} evictions heard ${took.length} times, p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
    return { evictions, heard: took.length, p50, p99, max };
  }
  throw new Error('nothing was measured');
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
      `${report.delayMax} ms (where they were evicted ${report.senderDelayP99} and ${report.senderDelayMax} ms); RSS ${report.rss.map(megabytes).join(', ')}`,
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
    const told = await totals(instances);
    const row = { ...difference(told, before, length), ...(await redisSize(client)) };
    before = told;
    intervals.push(row);
    say(
      `${(interval * length).toFixed(0)} s: ${row.reads} reads, ${row.loads} loads, ${row.evictions} evictions, ${row.puts} puts, ` +
        `${row.messages} messages on ${row.cores} cores; event-loop delay p50 ${row.delayP50}, p99 ${row.delayP99}, max ${row.delayMax} ms; ` +
        `RSS ${megabytes(row.rss)}, heap ${megabytes(row.heapUsed)}; Redis ${megabytes(row.redisMemory)}, log ${row.logLength}; ` +
        `${row.staleReads} reads on the heels of an eviction; coherent ${row.coherent} of ${count}`,
    );
  }
  return { samples, intervals };
}

/** @param {readonly InstanceProcess[]} instances */
async function settle(instances) {
  const waiting = sum(await Promise.all(instances.map((instance) => instance.ask('stop'))));
  // For what is on its way, and for a sync to find what the channel has not brought.
  await pause(MAX_STALENESS + 250, undefined, { signal: interrupted.signal });
  const compared = await Promise.all(instances.map((instance) => instance.ask('compare')));
  const reports = await Promise.all(instances.map((instance) => instance.ask('report')));
  /** @type {Record<string, number>} */
  const bridge = {};
  for (const report of reports) {
    for (const [name, number] of Object.entries(report.bridge)) bridge[name] = (bridge[name] ?? 0) + number;
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
 * What happened between two tellings of totals.
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

/**
 * @param {string} option
 * @param {string} text
 */
function positive(option, text) {
  const number = Number(text);
  if (number > 0 && Number.isFinite(number)) return number;
  console.error(`soak: --${option} ${text} is not a positive number`);
  process.exit(2);
}

/** @param {string} line */
function say(line) {
  console.log(`soak: ${line}`);
}
