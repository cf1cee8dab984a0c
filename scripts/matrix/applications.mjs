import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../../tools/repository.mjs';
import { outcomeOf, put, run, word } from './cell.mjs';
import { snippetsOf } from './compilers.mjs';
import { install, NEST } from './installations.mjs';

/** @typedef {import('./installations.mjs').NestMajor} NestMajor */

/** How the applications are tested and built: the command line of Nest offers these. */
const STEPS = {
  'unit tests': ['npm', 'test'],
  'e2e tests': ['npm', 'run', 'test:e2e'],
  'build with tsc': ['npx', 'nest', 'build', '--builder', 'tsc'],
  'build with SWC': ['npx', 'nest', 'build', '--builder', 'swc'],
  'build with webpack': ['npx', 'nest', 'build', '--builder', 'webpack'],
  'build with rspack': ['npx', 'nest', 'build', '--builder', 'rspack'],
};

/** What a builder needs beside what Nest generates. */
const NEEDS = {
  'build with SWC': ['@swc/cli', '@swc/core'],
  'build with webpack': [
    'webpack',
    'webpack-cli',
    'ts-loader',
    'webpack-node-externals',
    'tsconfig-paths-webpack-plugin',
    'fork-ts-checker-webpack-plugin',
  ],
  'build with rspack': ['@rspack/core', '@rspack/cli', 'webpack-node-externals', 'ts-checker-rspack-plugin'],
};

/**
 * Generates an application with the command line of Nest, follows the README in it, tests it, and builds and runs it with every builder. No
 * configuration is added.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {string} options.tarball
 * @param {readonly NestMajor[]} options.nests
 * @param {string} options.connectionString
 * @param {(line: string) => void} options.say
 * @param {readonly string[]} [options.steps]
 * @returns {Promise<import('./cell.mjs').Table>}
 */
export async function checkApplications({ folder, tarball, nests, connectionString, say, steps = Object.keys(STEPS) }) {
  const columns = nests.map((nest) => `@nestjs/cli ${nest}`);
  /** @type {import('./cell.mjs').Table} */
  const table = { rows: steps, columns, cells: {} };
  for (const nest of nests) {
    const column = `@nestjs/cli ${nest}`;
    say(`${column}: generating an application …`);
    const application = await generated(folder, nest);
    const packages = [tarball, 'cache-manager', 'ioredis', `@nestjs/config@${NEST[nest].config}`];
    await install(application, packages);
    followReadme(application);
    for (const step of steps) {
      const outcome = unlessNestRefuses(await outcomeOf(() => take(application, step, connectionString)));
      put(table, step, column, outcome);
      say(`${column}, ${step}: ${word(outcome)}`);
    }
  }
  return table;
}

/**
 * What the command line of Nest does not offer for this application does not exist.
 *
 * @param {import('./cell.mjs').Outcome} outcome
 * @returns {import('./cell.mjs').Outcome}
 */
function unlessNestRefuses(outcome) {
  const [refusal] = /The \w+ compiler does not support ESM projects/.exec(outcome.note ?? '') ?? [];
  return refusal === undefined ? outcome : { works: undefined, note: `Nest: "${refusal}"` };
}

/**
 * @param {string} folder
 * @param {NestMajor} nest
 */
async function generated(folder, nest) {
  const name = `shop-${nest}`;
  mkdirSync(folder, { recursive: true });
  await run('npx', ['--yes', `@nestjs/cli@${nest}`, 'new', name, '--package-manager', 'npm', '--skip-git'], {
    cwd: folder,
  });
  return join(folder, name);
}

/**
 * Pastes the module of the README, imports it in the root module, and adds a test of the service: what a reader does.
 *
 * @param {string} application
 */
function followReadme(application) {
  const [module = ''] = snippetsOf(readFileSync(inRepository('README.md'), 'utf8'));
  const root = join(application, 'src/app.module.ts');
  const text = readFileSync(root, 'utf8');
  // As the generated imports are written: with an extension in ES modules.
  const extension = /from '\.\/app\.service(\.js)?'/.exec(text)?.[1] ?? '';
  writeFileSync(join(application, 'src/products.module.ts'), module);
  writeFileSync(
    root,
    `import { ProductsModule } from './products.module${extension}';\n${text.replace('imports: []', 'imports: [ProductsModule]')}`,
  );
  const hasVitest = existsSync(join(application, 'node_modules/vitest'));
  writeFileSync(join(application, 'src/products.spec.ts'), specOf(extension, hasVitest));
}

/**
 * @param {string} extension
 * @param {boolean} hasVitest
 */
function specOf(extension, hasVitest) {
  return `${hasVitest ? "import { describe, expect, it } from 'vitest';\n" : ''}import { Test } from '@nestjs/testing';
import { DistributedCache } from 'nestjs-distributed-cache';
import { provideTestCache, withTestCache } from 'nestjs-distributed-cache/testing';
import { ProductsModule, ProductsService } from './products.module${extension}';

describe('ProductsService', () => {
  it('caches in the module of the application', async () => {
    const testing = await Test.createTestingModule({ imports: [ProductsModule] }).compile();
    await testing.init();
    const products = testing.get(ProductsService);
    await products.find('1');
    await products.update('1', 20);
    expect(await products.find('1')).toEqual({ id: '1', price: 20 });
    expect(testing.get(DistributedCache).stats().regions['products']).toMatchObject({ hits: 1 });
    await testing.close();
  });

  it('caches with a test cache, and by hand', async () => {
    const testing = await Test.createTestingModule({ providers: [ProductsService, provideTestCache()] }).compile();
    for (const products of [testing.get(ProductsService), withTestCache(new ProductsService())]) {
      expect(await products.find('1')).toBe(await products.find('1'));
    }
  });
});
`;
}

/**
 * @param {string} application
 * @param {string} step
 * @param {string} connectionString
 */
async function take(application, step, connectionString) {
  const needs = Object.entries(NEEDS).find(([name]) => name === step)?.[1] ?? [];
  if (needs.length > 0) await install(application, ['--save-dev', '--legacy-peer-deps', ...needs]);
  const [program = '', ...args] = Object.entries(STEPS).find(([name]) => name === step)?.[1] ?? [];
  // Tests of an application run without a Redis, as on the machine of whoever generates it.
  await run(program, args, { cwd: application });
  if (step.startsWith('build')) await boots(application, connectionString);
}

/**
 * Runs what was built, until it says that its cache is coherent.
 *
 * @param {string} application
 * @param {string} connectionString
 */
async function boots(application, connectionString) {
  const starter = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['dist/main.js'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const seen = (text) => {
      output += text;
      process.stdout.write(text);
      if (output.includes('the local copies are coherent') && output.includes('successfully started')) child.kill('SIGTERM');
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', seen);
    child.once('exit', (code, signal) => process.exit(signal === 'SIGTERM' || code === 0 ? 0 : 1));
  `;
  const env = { RedisConnectionString: connectionString, PORT: '0' };
  await run(process.execPath, ['-e', starter], { cwd: application, env, timeout: 30_000 });
}
