// `npm run outage`: kills the Redis of the sample's instances while they are read, and brings it back. Shows what readers, probes, metrics,
// alerts and the log tell of it, second by second. Writes docs/evidence/outage.json and the section of docs/operations.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { docsFile } from '../tools/marked-page.mjs';
import { startPrivateRedis } from '../tools/redis.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { evaluateAlerts } from './outage/alerts.mjs';
import { ask, readOn } from './outage/load.mjs';
import { writeOperationsPage } from './outage/page.mjs';
import { SampleInstance } from './outage/sample-instance.mjs';
import { scrape } from './outage/scrape.mjs';
import { linesOf, p99Of, secondsOf } from './outage/summary.mjs';
import { brokenPromises } from './outage/verdict.mjs';

const INSTANCES = 3;
const KEYS = 50;

const { short, record } = readCommandLine({
  command: 'npm run outage --',
  about:
    'Kills the Redis of three instances of the sample under load, and starts it again. Fails when a probe fails, a read fails, hits become slower than on an instance whose Redis lives, another alert fires than the one, or a line is logged twice.',
  options: {
    short: flag('lasts for some seconds, which the alert rules take for minutes, and judges no times'),
    record: flag('writes docs/evidence/outage.json and the page'),
  },
});
const phases = short ? { before: 2, outage: 7, after: 4 } : { before: 60, outage: 90, after: 30 };
const rate = 50;

const folder = await mkdtemp(join(tmpdir(), 'outage-'));
let redis = await startPrivateRedis({ say });
const otherRedis = await startPrivateRedis({ say });
/** @type {SampleInstance[]} */
const running = [];
try {
  /** @param {string} redisConnectionString @param {string} database */
  const start = async (redisConnectionString, database) => {
    const databaseFile = join(folder, database);
    const instance = await SampleInstance.start({ redisConnectionString, databaseFile });
    running.push(instance);
    return instance;
  };
  // One after the other: the first one fills the catalogue.
  for (let count = 0; count < INSTANCES; count += 1) await start(redis.connectionString, 'catalogue.sqlite');
  const instances = [...running];
  // Another application on another Redis, to which everything else happens that happens to the instances.
  const control = await start(otherRedis.connectionString, 'other.sqlite');
  for (const { origin } of running) for (let key = 1; key <= KEYS; key += 1) await ask(`${origin}/products/${key}`);

  let over = false;
  const readers = running.map(({ origin }) => readOn({ origin, keys: KEYS, rate, isOver: () => over }));
  /** @type {Map<number, number>} */
  const prices = new Map();
  /** @type {{ at: number, of: import('./outage/scrape.mjs').Scrape[] }[]} */
  const scrapes = [];
  /** @type {import('./outage/load.mjs').Answer[]} */
  const failed = [];

  /** Each second a change, and a look at everything. @param {number} seconds */
  const watch = async (seconds) => {
    const startedAt = performance.now();
    for (let second = 0; second < seconds; second += 1) {
      const [id, price] = [1 + (scrapes.length % KEYS), scrapes.length];
      const { origin } = instances[scrapes.length % INSTANCES] ?? control;
      const change = { method: 'PUT', body: { price } };
      const changed = await ask(`${origin}/products/${id}`, change);
      if (changed.status === 200) prices.set(id, price);
      else failed.push(changed);
      if (scrapes.length % INSTANCES === 0) await ask(`${control.origin}/products/${id}`, change);
      void scrape(control.origin);
      scrapes.push({ at: performance.now(), of: await Promise.all(instances.map((each) => scrape(each.origin))) });
      await pause(Math.max(0, startedAt + (second + 1) * 1_000 - performance.now()));
    }
  };

  say(`${INSTANCES} instances, ${rate} reads a second each; Redis lives for ${phases.before} s`);
  const watchedFrom = performance.now();
  await watch(phases.before);
  for (const instance of running) instance.lines.length = 0;
  const killedAt = performance.now();
  redis.process.kill('SIGKILL');
  await redis.exited;
  say(`Redis is killed, for ${phases.outage} s`);
  await watch(phases.outage);
  const restartedAt = performance.now();
  redis = await startPrivateRedis({ port: redis.port });
  say(`Redis is back, and empty`);
  await watch(phases.after);
  over = true;
  const answers = await Promise.all(readers);

  const latest = await Promise.all(
    instances.flatMap(({ origin }) =>
      Array.from(
        prices,
        async ([id, price]) => JSON.parse((await ask(`${origin}/products/${id}`)).body).price === price,
      ),
    ),
  );
  const all = scrapes.map(({ of }) => of);
  const reads = answers.slice(0, INSTANCES).flat();
  failed.push(...reads.filter(({ status }) => status !== 200));
  for (const { at, status, body } of failed.slice(0, 5))
    say(`a request failed at ${Math.round((at - killedAt) / 1_000)} s: ${status} ${body}`);
  /** @type {import('./outage/report.mjs').OutageReport} */
  const report = {
    node: process.versions.node,
    redis: redis.program,
    instances: INSTANCES,
    rate,
    phases,
    seconds: secondsOf({ scrapes, reads, killedAt }),
    p99: p99Of({ reads, control: answers[INSTANCES] ?? [], from: watchedFrom, killedAt, to: restartedAt }),
    reads: reads.length,
    errors: failed.length,
    failedProbes: all.flat().reduce((sum, { failedProbes }) => sum + failedProbes, 0),
    agree: latest.every(Boolean),
    lines: linesOf(instances),
    alerts: await evaluateAlerts({ scrapes: all, killedAt: phases.before, secondsPerScrape: short ? 15 : 1, say }),
  };
  for (const { level, text, times, instances: count } of report.lines)
    say(`${count} instances logged, at most ${times} times: ${level} ${text}`);
  say(
    `${report.reads} reads, p99 of hits ${report.p99.ratio} × that with Redis; fired: ${report.alerts?.fired.join(', ')}`,
  );
  if (record) {
    await writeReport(docsFile('evidence/outage.json'), report);
    await writeOperationsPage({ check: false, command: 'npm run docs:operations' });
  }
  const broken = brokenPromises(report, { isShort: short });
  for (const each of broken) say(`FAIL: ${each}`);
  say(broken.length === 0 ? 'PASS' : 'FAIL');
  process.exitCode = broken.length === 0 ? 0 : 1;
} finally {
  await Promise.all(running.map((instance) => instance.stop()));
  await Promise.all([redis.stop(), otherRedis.stop()]);
  await rm(folder, { recursive: true, force: true });
}
process.exit();

/** @param {string} line */
function say(line) {
  console.log(`outage: ${line}`);
}
