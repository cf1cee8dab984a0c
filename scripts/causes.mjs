// `npm run causes`: brings about, on real servers, everything that an operator may have to mend, and prints what was said.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneOf, readCommandLine } from '../tools/command-line.mjs';
import { table } from '../tools/markdown.mjs';
import { fetchServer, NotToBeHadError, OTHER_SERVERS, TWEMPROXY, versionOf } from '../tools/other-servers.mjs';
import { findRedisProgram } from '../tools/redis.mjs';
import { runTests } from '../tools/vitest.mjs';

const { server: name } = readCommandLine({
  command: 'npm run causes --',
  about:
    'Brings about everything that an operator may have to mend, on real servers, and prints a table: cause, what was said.',
  options: {
    server: oneOf('does so on this server, which is fetched as a package of Debian, instead of the installed one', {
      argument: 'SERVER',
      choices: OTHER_SERVERS.map((server) => server.name),
    }),
  },
});

const folder = await mkdtemp(join(tmpdir(), 'causes-'));
try {
  const server = OTHER_SERVERS.find((each) => each.name === name);
  const executable = server && (await fetchServer(server));
  say(`on ${executable === undefined ? await installed() : versionOf(executable)}`);
  const file = join(folder, 'causes.jsonl');
  const run = await runTests({
    projects: ['integration'],
    files: ['test/integration/causes.spec.ts'],
    env: { CAUSES: file, TWEMPROXY: await twemproxy(), ...(executable && { REDIS_SERVER: executable }) },
  });
  const rows = (await readFile(file, 'utf8')).trim().split('\n').map(readRow);
  console.log(table(['cause', 'what was said'], rows));
  for (const failure of run.failed) console.error(`causes: FAIL ${failure}`);
  say(run.failed.length === 0 ? `PASS, ${run.passed} causes in ${run.seconds} s` : 'FAIL');
  process.exitCode = run.failed.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof NotToBeHadError)) throw error;
  say(`${name} cannot be had here: ${error.message}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** @param {string} row */
function readRow(row) {
  /** @type {{ cause: string, said: string[] }} */
  const { cause, said } = JSON.parse(row);
  return [cause, said.length === 0 ? 'nothing' : said.join('<br>')];
}

async function installed() {
  const program = await findRedisProgram({ say });
  return program?.kind === 'binary' ? versionOf(program.path) : 'Redis in a container';
}

/** The executable, if it can be had: its cause is left out otherwise. */
async function twemproxy() {
  try {
    return await fetchServer(TWEMPROXY);
  } catch (error) {
    if (!(error instanceof NotToBeHadError)) throw error;
    say(`without twemproxy, which cannot be had here: ${error.message}`);
    return undefined;
  }
}

/** @param {string} line */
function say(line) {
  console.log(`causes: ${line}`);
}
