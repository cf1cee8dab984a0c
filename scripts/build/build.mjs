import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../../tools/repository.mjs';

/**
 * Something that is compiled into a folder of its own.
 *
 * @typedef {object} Part
 * @property {string} name for the lines that this command prints
 * @property {string} output the folder, from the root of the repository
 * @property {readonly string[]} inputs the files and folders that it is compiled from
 * @property {() => Promise<unknown>} compile
 */

/** How often a build that takes long says so, in ms. */
const PROGRESS_INTERVAL = 5_000;

const LIBRARY = 'libs/distributed-cache';
/** What every compilation depends on. */
const COMPILER = ['package-lock.json', 'tsconfig.json', 'nest-cli.json', 'scripts/build/build.mjs'];
const LIBRARY_INPUTS = [...COMPILER, `${LIBRARY}/src`, `${LIBRARY}/package.json`, `${LIBRARY}/tsconfig.json`];

/** @type {Part} */
const esModules = {
  name: 'the library',
  output: `${LIBRARY}/dist`,
  inputs: LIBRARY_INPUTS,
  compile: () => run('@nestjs/cli/bin/nest.js', 'build', 'distributed-cache'),
};

/** @type {Part} */
const commonJs = {
  name: 'the library as CommonJS',
  output: `${LIBRARY}/dist/cjs`,
  inputs: [...LIBRARY_INPUTS, `${LIBRARY}/tsconfig.cjs.json`],
  compile: async () => {
    await run('typescript/bin/tsc', '-p', `${LIBRARY}/tsconfig.cjs.json`);
    // The package as a whole says that its files are ES modules.
    writeFileSync(inRepository(`${LIBRARY}/dist/cjs/package.json`), `${JSON.stringify({ type: 'commonjs' })}\n`);
  },
};

/** @type {Part} */
const dashboardPage = {
  name: 'the page of the dashboard',
  output: `${LIBRARY}/dist/dashboard/page`,
  inputs: [
    'package-lock.json',
    'scripts/build/build.mjs',
    `${LIBRARY}/dashboard-page`,
    `${LIBRARY}/src/dashboard/frame.ts`,
  ],
  compile: () => run('vite/bin/vite.js', 'build', '--config', `${LIBRARY}/dashboard-page/vite.config.ts`),
};

/** @type {Part} */
const sample = {
  name: 'the sample application',
  output: 'apps/sample/dist',
  inputs: [...LIBRARY_INPUTS, 'apps/sample/src', 'apps/sample/package.json', 'apps/sample/tsconfig.json'],
  compile: () => run('@nestjs/cli/bin/nest.js', 'build', 'sample'),
};

/**
 * Compiles the library and the sample application, as far as they have changed since the last time.
 *
 * @param {{ force?: boolean, say?: (line: string) => void }} [options] `force`: compile everything
 * @throws {Error} when something does not compile; the compiler has printed why
 */
export async function build({ force = false, say = console.log } = {}) {
  const startedAt = performance.now();
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1_000)} s`;
  const progress = setInterval(() => say(`build: … ${seconds()}`), PROGRESS_INTERVAL);
  try {
    const compiled = [
      await compile([esModules], force, say),
      await compile([commonJs, dashboardPage, sample], force, say),
    ].flat();
    if (compiled.length > 0) say(`build: done in ${seconds()}`);
  } finally {
    clearInterval(progress);
  }
}

/**
 * Compiles those of the parts that have changed, at the same time.
 *
 * @param {readonly Part[]} parts
 * @param {boolean} force
 * @param {(line: string) => void} say
 * @returns {Promise<readonly Part[]>} those that were compiled
 */
async function compile(parts, force, say) {
  // Read before: what changes while it is compiled has to be compiled again.
  const changed = parts
    .map((part) => ({ part, fingerprint: fingerprintOf(part) }))
    .filter(({ part, fingerprint }) => force || fingerprint !== writtenFingerprintOf(part));
  if (changed.length === 0) return [];
  say(`build: compiling ${changed.map(({ part }) => part.name).join(' and ')} …`);
  await Promise.all(
    changed.map(async ({ part, fingerprint }) => {
      rmSync(inRepository(part.output), { recursive: true, force: true });
      await part.compile();
      writeFileSync(fingerprintFileOf(part), `${fingerprint}\n`);
    }),
  );
  return changed.map(({ part }) => part);
}

/** @param {Part} part */
function fingerprintOf({ inputs }) {
  const hash = createHash('sha256');
  for (const file of inputs.flatMap((input) => [...filesIn(input)])) {
    hash.update(`${file}\0`);
    hash.update(readFileSync(inRepository(file)));
  }
  return hash.digest('hex');
}

/** @param {Part} part */
function writtenFingerprintOf(part) {
  try {
    return readFileSync(fingerprintFileOf(part), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** @param {Part} part */
function fingerprintFileOf({ output }) {
  return inRepository(join(output, '.fingerprint'));
}

/**
 * The files of a folder, or the one file, in a stable order; tests are not compiled.
 *
 * @param {string} path from the root of the repository
 * @returns {Generator<string, void>}
 */
function* filesIn(path) {
  /** @type {import('node:fs').Dirent[]} */
  let entries;
  try {
    entries = readdirSync(inRepository(path), { withFileTypes: true });
  } catch {
    yield path;
    return;
  }
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesIn(file);
    else if (!/\.(spec|test-d)\.ts$/.test(entry.name)) yield file;
  }
}

/**
 * Runs a program of an installed package; what it prints is shown.
 *
 * @param {string} program from `node_modules`
 * @param {string[]} args
 * @returns {Promise<void>}
 */
function run(program, ...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [inRepository(`node_modules/${program}`), ...args], {
      cwd: inRepository('.'),
      stdio: 'inherit',
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${[program, ...args].join(' ')} failed (${signal ?? `exit ${code}`}).`));
    });
  });
}
