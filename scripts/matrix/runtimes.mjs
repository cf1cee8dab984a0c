import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outcomeOf, put, run, twoAtATime, wordsOf } from './cell.mjs';
import { installed, libraryWith } from './installations.mjs';
import { program } from './program.mjs';

/** @typedef {import('./installations.mjs').NestMajor} NestMajor */

/**
 * Runs the program on every combination of Node.js, Nest, ioredis and module system.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {string} options.tarball
 * @param {readonly string[]} options.nodes majors of Node.js; `''`: the one that runs this
 * @param {readonly NestMajor[]} options.nests
 * @param {readonly string[]} options.ioredis versions
 * @param {string} options.connectionString of a Redis
 * @param {(line: string) => void} options.say
 * @returns {Promise<import('./cell.mjs').Table>}
 */
export async function checkRuntimes({ folder, tarball, nodes, nests, ioredis, connectionString, say }) {
  const programs = await Promise.all(nodes.map((major) => nodeProgram(folder, major)));
  const columns = programs.map(({ version }) => `Node.js ${version}`);
  /** @type {import('./cell.mjs').Table} */
  const table = { rows: [], columns, cells: {} };
  const rows = [];
  const peers = nests.flatMap((nest) => ioredis.map((redis) => ({ nest, redis })));
  const installations = await twoAtATime(peers, async ({ nest, redis }) => ({
    name: `Nest ${nest}, ioredis ${redis}`,
    cwd: await installed(join(folder, `nest-${nest}-ioredis-${redis}`), libraryWith(tarball, nest, redis)),
  }));
  // One after another: they share a Redis and a namespace.
  for (const { name, cwd } of installations) {
    for (const [file, system] of /** @type {const} */ ([
      ['program.mjs', 'import'],
      ['program.cjs', 'require'],
    ])) {
      writeFileSync(join(cwd, file), program(system));
      const row = `${name}, ${system === 'import' ? 'ES module' : 'CommonJS'}`;
      rows.push(row);
      for (const { path, version } of programs) {
        const env = { RedisConnectionString: connectionString };
        const outcome = await outcomeOf(() => run(path, [file], { cwd, env, timeout: 60_000 }));
        put(table, row, `Node.js ${version}`, outcome);
      }
      say(wordsOf(table, row));
    }
  }
  return { ...table, rows };
}

/**
 * Other runtimes than Node.js.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {string} options.tarball
 * @param {readonly NestMajor[]} options.nests
 * @param {string} options.connectionString
 * @param {(line: string) => void} options.say
 * @returns {Promise<import('./cell.mjs').Table>}
 */
export async function checkOtherRuntimes({ folder, tarball, nests, connectionString, say }) {
  const env = { RedisConnectionString: connectionString, DENO_NO_UPDATE_CHECK: '1' };
  const runtimes = await installed(join(folder, 'runtimes'), ['bun', 'deno']);
  const bin = join(runtimes, 'node_modules/.bin');
  const versions = {
    Bun: (await run(join(bin, 'bun'), ['--version'], { cwd: runtimes })).trim(),
    Deno: (await run(join(bin, 'deno'), ['--version'], { cwd: runtimes, env })).split(' ')[1] ?? '',
  };
  const columns = [`Bun ${versions.Bun}`, `Deno ${versions.Deno}`];
  /** @type {import('./cell.mjs').Table} */
  const table = { rows: nests.map((nest) => `Nest ${nest}, ioredis 6`), columns, cells: {} };
  for (const nest of nests) {
    const cwd = await installed(join(folder, `other-${nest}`), libraryWith(tarball, nest, '6'));
    writeFileSync(join(cwd, 'program.mjs'), program('import'));
    const row = `Nest ${nest}, ioredis 6`;
    const options = { cwd, env, timeout: 60_000 };
    put(table, row, columns[0] ?? '', await outcomeOf(() => run(join(bin, 'bun'), ['run', 'program.mjs'], options)));
    put(
      table,
      row,
      columns[1] ?? '',
      await outcomeOf(() => run(join(bin, 'deno'), ['run', '-A', '--node-modules-dir=manual', 'program.mjs'], options)),
    );
    say(wordsOf(table, row));
  }
  return table;
}

/**
 * @param {string} folder
 * @param {string} major
 */
async function nodeProgram(folder, major) {
  if (major === '') return { path: process.execPath, version: process.version.slice(1) };
  const cwd = await installed(join(folder, `node-${major}`), [`node-${process.platform}-${process.arch}@${major}`]);
  const path = join(cwd, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return { path, version: (await run(path, ['--version'], { cwd })).trim().slice(1) };
}
