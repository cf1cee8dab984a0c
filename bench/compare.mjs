import { readFileSync } from 'node:fs';
import { Child } from '../tools/child-process.mjs';
import { flag, readCommandLine, refuseCommandLine, someOf, wholeNumber } from '../tools/command-line.mjs';
import { installPackagesOf } from '../tools/install-packages.mjs';
import { table } from '../tools/markdown.mjs';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { inRepository } from '../tools/repository.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { FAULTS, STALE } from './compare/faults.mjs';
import { isLibrary, LIBRARIES, LIBRARY_NAMES, outcomesOf } from './compare/report.mjs';
import { LAYERED_LOADER } from './peers/layered-loader.mjs';
import { redisVersion } from './measure/redis-version.mjs';

/** @typedef {import('./compare/report.mjs').LibraryName} LibraryName */

/** They wait for most of their time. */
const AT_A_TIME = 4;
/** What is seen of a library that ends its process. */
const ENDED = 'the process ended';
const TRIAL = new URL('./compare/trial.mjs', import.meta.url);

const command = {
  command: 'npm run compare --',
  about:
    'Puts this library and others through the same faults, and prints what was seen. Installs the others in bench/ first.',
  options: {
    only: someOf('the libraries', { argument: 'LIBRARIES', choices: LIBRARIES }),
    runs: wholeNumber('how often each fault is tried with each library', { from: 1, default: 3 }),
    record: flag('writes what was seen into docs/evidence/comparison.json'),
    short: flag('only the faults that are over in a second or two, once'),
  },
};
const { only, runs, record: isRecorded, short: isShort } = readCommandLine(command);
const libraries = only.filter(isLibrary);
if (isRecorded && (isShort || libraries.length < LIBRARIES.length))
  refuseCommandLine(command, '--record records all faults with all libraries');
installPackagesOf('bench', 'the other libraries');

/** @type {Set<Child<import('./compare/trial.mjs').TrialCommands>>} */
const running = new Set();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.once(signal, interrupted);
whenNpmStops(interrupted);

const faults = Object.keys(FAULTS).filter((id) => !isShort || FAULTS[id]?.isQuick);
const trials = faults.flatMap((fault) =>
  libraries.flatMap((library) => Array.from({ length: isShort ? 1 : runs }, () => ({ fault, library }))),
);
/** @type {import('./compare/report.mjs').Seen} */
const seen = {};
let done = 0;
const waiting = trials.values();
await Promise.all(Array.from({ length: AT_A_TIME }, work));

const head = ['fault', ...libraries.map((library) => LIBRARY_NAMES[library])];
const rows = faults.map((fault) => [
  FAULTS[fault]?.title ?? fault,
  ...libraries.map((library) => outcomesOf(seen, fault, library).join(', or ')),
]);
console.log(`\n${table(head, rows)}`);
if (isRecorded) {
  await writeReport(inRepository('docs/evidence/comparison.json'), await report());
  console.log(
    '\nRecorded in docs/evidence/comparison.json; npm run docs:comparison writes docs/comparison.md from it.',
  );
}
const failed = faults.filter((fault) =>
  outcomesOf(seen, fault, 'nestjs-distributed-cache').some((outcome) => outcome === STALE || outcome === ENDED),
);
if (failed.length > 0) console.log(`\nThis library was stale, or ended its process: ${failed.join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);

async function work() {
  for (const { fault, library } of waiting) {
    const outcome = await tried(library, fault);
    const outcomes = ((seen[fault] ??= {})[library] ??= {});
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    done += 1;
    console.log(`[${done}/${trials.length}] ${library}, ${fault}: ${outcome}`);
  }
}

/**
 * @param {LibraryName} library
 * @param {string} fault
 * @returns {Promise<string>} what was seen
 */
async function tried(library, fault) {
  /** @type {Child<import('./compare/trial.mjs').TrialCommands>} */
  const child = new Child(TRIAL, { name: `${library}, ${fault}`, say: () => {} });
  running.add(child);
  /** @type {string | undefined} */
  let ended;
  const exited = child.exited.then((how) => (ended = how));
  // One that ends before it serves could not load what it needs: that says nothing about a library.
  await child.ready;
  try {
    return await child.ask('try', library, fault);
  } catch (error) {
    // Either the library has ended its process, which is what is to be seen here, or it gave an error that nobody expects.
    await Promise.race([exited, new Promise((resolve) => setImmediate(resolve))]);
    if (ended === undefined) throw error;
    return ENDED;
  } finally {
    child.kill();
    await exited;
    running.delete(child);
  }
}

/** @returns {Promise<import('./compare/report.mjs').ComparisonReport>} */
async function report() {
  const versions = {
    'layered-loader': versionOf(LAYERED_LOADER),
    bentocache: versionOf('bentocache'),
    cacheable: versionOf('cacheable'),
  };
  const date = new Date().toISOString().slice(0, 10);
  return { date, node: process.versions.node, redis: await redisVersion(), runs, versions, seen };
}

/** @param {string} name @returns {string} */
function versionOf(name) {
  return JSON.parse(readFileSync(inRepository(`bench/node_modules/${name}/package.json`), 'utf8')).version;
}

function interrupted() {
  for (const child of running) child.kill();
  console.log('\ninterrupted');
  process.exit(130);
}
