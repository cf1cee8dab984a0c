// `npm run bench [-- --check] [--only hits,misses] [--short] [--record]`: measures us and the peers on the same work and prints a table.
// --check exits with 1 where a target is missed; --short only shows that all of it runs; --record keeps the figures in docs/evidence.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { whenNpmStops } from '../scripts/parent-death.mjs';
import { FULL, SHORT } from './effort.mjs';
import { installPeers } from './install.mjs';
import { NODE_MAJOR } from './measure/node-major.mjs';
import { median } from './measure/statistics.mjs';
import { printTable, verdicts } from './report/table.mjs';

/**
 * @typedef {object} Row
 * @property {number} ours
 * @property {number} [theirs]
 * @property {{ median: number, low?: number, high?: number }} [ratio] ours by theirs
 * @property {import('./measure/statistics.mjs').Spread} [spread] of ours, where there is no ratio
 *
 * @typedef {{ rows: Record<string, Row>, series?: Record<string, unknown> }} Measured
 *
 * @typedef {{ redis: import('../scripts/redis.mjs').PrivateRedis, effort: import('./effort.mjs').Effort }} Work
 */

/** Groups that are measured in this many processes, one after the other; the middle one counts. */
const PROCESSES = 3;
const SEVERAL_PROCESSES = new Set(['hits', 'misses', 'propagation', 'throughput']);

const GROUP = fileURLToPath(new URL('./group.mjs', import.meta.url));

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
if (values.short && (values.check || values.record))
  stop('--short measures nothing that could be checked or recorded.');
installPeers();
const { GROUPS } = await import('./groups.mjs');

const names = values.only === undefined ? Object.keys(GROUPS) : values.only.split(',');
const unknown = names.find((name) => !(name in GROUPS));
if (unknown !== undefined) stop(`--only: there is no '${unknown}'; there are ${Object.keys(GROUPS).join(', ')}.`);
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(signal, interrupted);
whenNpmStops(interrupted);

/** @type {Measured & { series: Record<string, unknown> }} */
const measured = { rows: {}, series: {} };
for (const [index, name] of names.entries()) {
  const startedAt = performance.now();
  process.stdout.write(`[${index + 1}/${names.length}] ${name} … `);
  // What the compiler makes of a hit, and where the system lets which process run, differ by more than the rounds within one do.
  const processes = values.short || !SEVERAL_PROCESSES.has(name) ? 1 : PROCESSES;
  const runs = [];
  for (let run = 0; run < processes; run += 1) runs.push(await measure(name));
  const { rows, series } = middleOf(runs);
  Object.assign(measured.rows, rows);
  Object.assign(measured.series, series);
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
}

const results = verdicts(measured.rows, NODE_MAJOR);
printTable(results, { isMeant: !values.short });
if (values.record) {
  const { record } = await import('./report/record.mjs');
  await record(measured);
}
const missed = results.filter(({ met }) => met === false);
if (values.short) console.log('\nA short run: it shows that all of it runs, and its figures mean nothing.');
else console.log(missed.length === 0 ? '\nEvery target is met.' : `\nMissed: ${missed.map(({ id }) => id).join(', ')}`);
process.exit(values.check && missed.length > 0 ? 1 : 0);

/**
 * @param {string} name
 * @returns {Promise<Measured>}
 */
async function measure(name) {
  const effort = JSON.stringify(values.short ? SHORT : FULL);
  running = fork(GROUP, [name, effort], { execArgv: ['--expose-gc'] });
  const exited = once(running, 'exit').then(([code]) => {
    throw new Error(`Measuring '${name}' ended with ${code}; what it said is above.`);
  });
  exited.catch(() => undefined);
  const [result] = await Promise.race([once(running, 'message'), exited]);
  await exited.catch(() => undefined);
  return result;
}

/**
 * Row by row, the run whose ratio is the middle one.
 *
 * @param {readonly Measured[]} runs an odd number
 * @returns {Measured}
 */
function middleOf(runs) {
  const [first, ...others] = runs;
  if (!first || others.length === 0) return first ?? { rows: {} };
  const rows = Object.keys(first.rows).map((id) => {
    const candidates = runs.flatMap(({ rows: { [id]: row } }) => row ?? []);
    const middle = median(candidates.map(figureOf));
    return [id, candidates.find((row) => figureOf(row) === middle) ?? candidates[0]];
  });
  return { rows: Object.fromEntries(rows), ...(first.series && { series: first.series }) };
}

/** @param {Row} row */
function figureOf({ ratio, ours }) {
  return ratio?.median ?? ours;
}

function interrupted() {
  running?.kill('SIGTERM');
  console.log('\ninterrupted');
  process.exit(130);
}

/** @param {string} problem @returns {never} */
function stop(problem) {
  console.error(problem);
  process.exit(2);
}
