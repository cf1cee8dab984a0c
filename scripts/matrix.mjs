// `npm run matrix`: installs the packed library as users do, with everything that it says it works with, and runs it.
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flag, readCommandLine, someOf } from '../tools/command-line.mjs';
import { findRedisProgram, HOW_TO_INSTALL_REDIS, startPrivateRedis } from '../tools/redis.mjs';
import { inRepository } from '../tools/repository.mjs';
import { writeReport } from '../tools/write-report.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { checkApplications } from './matrix/applications.mjs';
import { checkCompilers } from './matrix/compilers.mjs';
import { compatibilityPage } from './matrix/page.mjs';
import { checkOtherRuntimes, checkRuntimes } from './matrix/runtimes.mjs';
import { packed } from './pack/pack.mjs';

const PARTS = ['runtimes', 'compilers', 'applications', 'others'];
const EVIDENCE = inRepository('docs/evidence/compatibility.json');
const PAGE = inRepository('docs/compatibility.md');

const given = readCommandLine({
  command: 'npm run matrix --',
  about:
    'Installs the packed library with every supported version of Node.js, Nest, ioredis and TypeScript, and in applications as Nest generates them, and runs it. Writes docs/compatibility.md. Takes about half an hour.',
  options: {
    corner: flag('runs the corners only: this Node.js, the oldest and the newest peers, one compiler; no applications'),
    only: someOf('runs these parts', { argument: 'PARTS', choices: PARTS }),
  },
});

const folder = mkdtempSync(join(tmpdir(), 'distributed-cache-matrix-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

try {
  const tables = await check();
  const failures = Object.values(tables).flatMap(({ cells }) =>
    Object.entries(cells).flatMap(([row, columns]) =>
      Object.entries(columns).flatMap(([column, { works, note }]) => (works === false ? [{ row, column, note }] : [])),
    ),
  );
  for (const { row, column, note } of failures) say(`FAILS: ${row}, ${column}\n${note ?? ''}`);
  if (!given.corner) {
    const before = await readFile(EVIDENCE, 'utf8').catch(() => '{}');
    await writeReport(EVIDENCE, { ...JSON.parse(before), ...tables });
    await writeFile(PAGE, await compatibilityPage());
    say('docs/compatibility.md is written.');
  }
  say(failures.length === 0 ? 'everything works.' : `${failures.length} combinations fail.`);
  process.exitCode = failures.length === 0 ? 0 : 1;
} catch (error) {
  console.error(`matrix: ${messageOf(error)}`);
  if (error instanceof Error && 'output' in error) console.error(error.output);
  process.exitCode = 1;
}

/** @returns {Promise<Record<string, import('./matrix/cell.mjs').Table>>} */
async function check() {
  const program = await findRedisProgram({ say });
  if (program === undefined) throw new Error(HOW_TO_INSTALL_REDIS);
  const redis = await startPrivateRedis({ program });
  try {
    const { path: tarball } = await packed({ to: folder, say });
    const { connectionString } = redis;
    const shared = { folder, tarball, connectionString, say, nests: /** @type {const} */ ([11, 12]) };
    const asks = (/** @type {string} */ part) => given.only.includes(part);
    /** @type {Record<string, import('./matrix/cell.mjs').Table>} */
    const tables = {};
    if (asks('runtimes')) {
      const nodes = given.corner ? [''] : ['20', '22', '24', '26'];
      const ioredis = given.corner ? ['5.4', '6'] : ['5.4', '5', '6'];
      tables['runtimes'] = await checkRuntimes({ ...shared, nodes, ioredis });
    }
    if (asks('compilers')) {
      const compilers = given.corner ? ['5.7'] : ['5.0', '5.4', '5.7', '5.9', '6.0', '7.0'];
      tables['compilers'] = await checkCompilers({ ...shared, compilers });
    }
    if (asks('others') && !given.corner) tables['others'] = await checkOtherRuntimes(shared);
    if (asks('applications') && !given.corner) tables['applications'] = await checkApplications(shared);
    return tables;
  } finally {
    await redis.stop();
  }
}

/** @param {string} line */
function say(line) {
  console.log(`matrix: ${line}`);
}
