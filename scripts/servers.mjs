// `npm run servers`: the tests that need a real server, on other servers than the installed one: Redis 8, Valkey 8 and Valkey 9. They are
// fetched as packages of Debian and unpacked beside the system.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flag, readCommandLine, refuseCommandLine, someOf, text } from '../tools/command-line.mjs';
import { fetchServer, NotToBeHadError, OTHER_SERVERS, versionOf } from '../tools/other-servers.mjs';
import { runTests } from '../tools/vitest.mjs';
import { writeReport } from '../tools/write-report.mjs';

/** @import { FaultEvidence } from '../test/support/lab/evidence.js' */
/** @import { ServerEvidence } from './reliability/evidence.mjs' */

const FAULTS = 'test/faults';
/** What depends most on how a server answers: its refusals, its scripts, its answers about itself. */
const ANSWERS = [
  'test/integration/causes.spec.ts',
  'test/integration/redis-bridge.spec.ts',
  'test/integration/redis-permissions.spec.ts',
  'test/integration/redis-refusals.spec.ts',
];
const SHORT = [
  'test/integration/redis-bridge.spec.ts',
  'test/integration/redis-permissions.spec.ts',
  'test/integration/redis-refusals.spec.ts',
  'test/faults/lost-data.spec.ts',
];

const COMMAND = 'npm run servers --';

const given = readCommandLine({
  command: COMMAND,
  about:
    'Fetches other servers as packages of Debian, unpacks them beside the system, and runs on each of them the tests that need a real server. A server that cannot be had here is left out, and said so. Takes about five minutes for each.',
  options: {
    only: someOf('on these servers', { argument: 'SERVERS', choices: OTHER_SERVERS.map(({ name }) => name) }),
    short: flag('runs a part of the tests, which takes less than a minute for each server'),
    fetch: flag('fetches the servers and prints where they are, for REDIS_SERVER; runs nothing'),
    report: text(
      'writes what was found as JSON, e.g. docs/evidence/servers.json; those of other servers stay in the file',
      { argument: 'FILE' },
    ),
  },
});

if (given.short && given.report !== undefined) {
  refuseCommandLine({ command: COMMAND }, '--report is for whole runs, and --short leaves tests out');
}

/** @type {ServerEvidence[]} */
const rows = [];
for (const server of OTHER_SERVERS.filter(({ name }) => given.only.includes(name))) {
  const executable = await fetched(server);
  if (executable === undefined) continue;
  if (given.fetch) say(`${versionOf(executable)}: ${executable}`);
  else {
    const row = await tested(server, executable);
    rows.push(row);
    if (given.report !== undefined) await record(given.report, row);
  }
}
const failures = rows.flatMap(({ failed }) => failed);
if (!given.fetch) say(rows.length === 0 ? 'nothing was run' : failures.length === 0 ? 'PASS' : 'FAIL');
process.exitCode = failures.length === 0 ? 0 : 1;

/** @param {import('../tools/other-servers.mjs').OtherServer} server */
async function fetched(server) {
  try {
    return await fetchServer(server);
  } catch (error) {
    if (!(error instanceof NotToBeHadError)) throw error;
    say(`${server.name} is left out, since it cannot be had here: ${error.message}`);
    return undefined;
  }
}

/**
 * @param {import('../tools/other-servers.mjs').OtherServer} server
 * @param {string} executable
 * @returns {Promise<ServerEvidence>}
 */
async function tested({ suite, package: packageName }, executable) {
  const version = versionOf(executable);
  const evidence = await mkdtemp(join(tmpdir(), 'servers-'));
  try {
    say(`${version} …`);
    const { passed, failed, seconds } = await runTests({
      projects: ['integration', 'topologies', 'faults'],
      files: given.short ? SHORT : [...ANSWERS, FAULTS],
      env: { REDIS_SERVER: executable, EVIDENCE: evidence },
    });
    for (const failure of failed) console.error(`servers: FAIL on ${version}: ${failure}`);
    say(`${version}: ${passed} tests passed, ${failed.length} failed, in ${seconds} s`);
    /** @type {FaultEvidence[]} */
    const faults = JSON.parse(await readFile(join(evidence, 'faults.json'), 'utf8').catch(() => '[]'));
    return { server: version, source: `${packageName} of Debian ${suite}`, passed, failed, seconds, faults };
  } finally {
    await rm(evidence, { recursive: true, force: true });
  }
}

/**
 * Writes the row in the place of an older one of the same package. The rows of other servers stay.
 *
 * @param {string} file
 * @param {ServerEvidence} row
 */
async function record(file, row) {
  /** @type {import('./reliability/evidence.mjs').ServersReport} */
  const { servers } = JSON.parse(await readFile(file, 'utf8').catch(() => '{"servers":[]}'));
  const others = servers.filter(({ source }) => source !== row.source);
  const all = [...others, row].toSorted((a, b) => (a.server < b.server ? -1 : 1));
  await writeReport(file, { node: process.versions.node, servers: all });
}

/** @param {string} line */
function say(line) {
  console.log(`servers: ${line}`);
}
