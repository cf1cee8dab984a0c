// `npm run bench [-- --check] [--only hits,misses] [--short] [--record]`: measures us and the peers on the same work and prints a table.
// --check exits with 1 when a target is missed; --short only shows that every group runs; --record writes the figures into docs/evidence.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { FULL, SHORT } from './effort.mjs';
import { installPeers } from './install.mjs';
import { middleOf } from './measure/middle-run.mjs';
import { NODE_MAJOR } from './measure/node-major.mjs';
import { printTable, verdicts } from './report/table.mjs';

/**
 * One comparison.
 *
 * @typedef {object} Row
 * @property {number} ours
 * @property {number} [theirs]
 * @property {{ median: number, low?: number, high?: number }} [ratio] ours ÷ theirs
 * @property {import('../tools/statistics.mjs').Spread} [spread] of ours, when there is no ratio
 */

/**
 * The result of one group.
 *
 * @typedef {object} Measured
 * @property {Record<string, Row>} rows by their ids in `targets.mjs`
 * @property {Record<string, unknown>} [series] the figures of charts that have no row
 * @property {string} [seriesRow] the row that goes with the series: when a group runs in several processes, both are taken from the same
 *   one. Without it the series is the one of the first process
 */

/**
 * What a group is given.
 *
 * @typedef {{ redis: import('../tools/redis.mjs').PrivateRedis, effort: import('./effort.mjs').Effort }} Work
 */

/** How many processes measure each of these groups, one after the other. Of each row the middle one counts. An odd number. */
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
  // From process to process the compiler decides differently, and the system places the processes on other cores. That makes more of a
  // difference than the rounds within one process show.
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
if (values.short) console.log('\nA short run: it shows that every group runs, and its figures mean nothing.');
else console.log(missed.length === 0 ? '\nEvery target is met.' : `\nMissed: ${missed.map(({ id }) => id).join(', ')}`);
process.exit(values.check && missed.length > 0 ? 1 : 0);

/**
 * Measures a group in a process of its own.
 *
 * @param {string} name
 * @returns {Promise<Measured>}
 * @throws {Error} when that process ends without a result
 */
async function measure(name) {
  const effort = JSON.stringify(values.short ? SHORT : FULL);
  running = fork(GROUP, [name, effort], { execArgv: ['--expose-gc'] });
  const exited = once(running, 'exit').then(([code]) => {
    throw new Error(`Measuring '${name}' ended with ${code}; its output is above.`);
  });
  exited.catch(() => undefined);
  const [result] = await Promise.race([once(running, 'message'), exited]);
  await exited.catch(() => undefined);
  return result;
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
