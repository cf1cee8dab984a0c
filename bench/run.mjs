// `npm run bench`: measures this library and the other libraries on the same work and prints a table.
import { resolve } from 'node:path';
import { Child } from '../tools/child-process.mjs';
import { flag, readCommandLine, refuseCommandLine, someOf, text } from '../tools/command-line.mjs';
import { installPackagesOf } from '../tools/install-packages.mjs';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { earlierBuild } from './earlier-build.mjs';
import { FULL, SHORT } from './effort.mjs';
import { GROUPS } from './groups.mjs';
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
 * @typedef {object} Work
 * @property {import('../tools/redis.mjs').PrivateRedis} redis
 * @property {import('./effort.mjs').Effort} effort
 * @property {import('./earlier-build.mjs').EarlierBuild} [earlier] what the group `earlier` measures against
 * @property {string} [traces] the folder with the traces of `hit-ratio`; without it, the bench makes its own
 */

/** How many processes measure each of these groups, one after the other. Of each row the middle one counts. An odd number. */
const PROCESSES = 3;
const SEVERAL_PROCESSES = new Set(['hits', 'misses', 'propagation', 'throughput']);

const GROUP = new URL('./group.mjs', import.meta.url);

const command = {
  command: 'npm run bench --',
  about: 'Measures this library and others on the same work and prints a table. Installs the others in bench/ first.',
  options: {
    only: someOf('the groups to measure', { argument: 'GROUPS', choices: Object.keys(GROUPS) }),
    traces: text('the traces that hit-ratio replays, files NAME.u32.gz; without it, it makes its own', {
      argument: 'DIR',
    }),
    against: text('the build that the group `earlier` measures against; without it, the group is left out', {
      argument: 'REVISION',
    }),
    check: flag('fails when a target is missed'),
    record: flag('writes the figures into docs/evidence/speed.json'),
    short: flag('only shows that every group runs; its figures mean nothing'),
  },
};
const { only, traces, against, check, record: isRecorded, short: isShort } = readCommandLine(command);
if (isShort && (check || isRecorded))
  refuseCommandLine(command, '--short measures nothing that could be checked or recorded');
if (against === undefined && only.length < Object.keys(GROUPS).length && only.includes('earlier'))
  refuseCommandLine(command, 'the group earlier needs --against REVISION, a commit or `.`');
installPackagesOf('bench', 'the other libraries');
const earlier = against === undefined ? undefined : earlierBuild(against);
const names = only.filter((name) => earlier !== undefined || name !== 'earlier');

/** @type {Child<import('./group.mjs').GroupCommands> | undefined} */
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
  const processes = isShort || !SEVERAL_PROCESSES.has(name) ? 1 : PROCESSES;
  const runs = [];
  for (let run = 0; run < processes; run += 1) runs.push(await measure(name));
  const { rows, series } = middleOf(runs);
  Object.assign(measured.rows, rows);
  Object.assign(measured.series, series);
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
}

const results = verdicts(measured.rows, NODE_MAJOR);
printTable(results, { isMeant: !isShort });
if (isRecorded) {
  const { record } = await import('./report/record.mjs');
  await record(measured);
}
const missed = results.filter(({ met }) => met === false);
if (isShort) console.log('\nA short run: it shows that every group runs, and its figures mean nothing.');
else console.log(missed.length === 0 ? '\nEvery target is met.' : `\nMissed: ${missed.map(({ id }) => id).join(', ')}`);
process.exit(check && missed.length > 0 ? 1 : 0);

/**
 * Measures a group in a process of its own.
 *
 * @param {string} name
 * @returns {Promise<Measured>}
 * @throws {Error} when that process ends without a result
 */
async function measure(name) {
  running = new Child(GROUP, {
    name: `measuring '${name}'`,
    args: [
      name,
      JSON.stringify({
        effort: isShort ? SHORT : FULL,
        ...(traces && { traces: resolve(traces) }),
        ...(earlier && { earlier }),
      }),
    ],
    execArgv: ['--expose-gc'],
  });
  const result = await running.ask('measure');
  await running.stop();
  return result;
}

function interrupted() {
  running?.kill();
  console.log('\ninterrupted');
  process.exit(130);
}
