import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inRepository } from '../../tools/repository.mjs';
import { outcomeOf, ProgramError, put, run, twoAtATime, wordsOf } from './cell.mjs';
import { installed, libraryWith } from './installations.mjs';

/** @typedef {import('./installations.mjs').NestMajor} NestMajor */

/** The module settings of applications, by what their authors call them. */
const SETTINGS = {
  commonjs: { type: 'commonjs', options: { module: 'commonjs' } },
  'node16, CommonJS': { type: 'commonjs', options: { module: 'node16', moduleResolution: 'node16' } },
  'nodenext, CommonJS': { type: 'commonjs', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  'nodenext, ES module': { type: 'module', options: { module: 'nodenext', moduleResolution: 'nodenext' } },
  bundler: { type: 'module', options: { module: 'esnext', moduleResolution: 'bundler' } },
};

const COMMON = {
  target: 'es2022',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  skipLibCheck: true,
  noEmit: true,
  types: ['node'],
};

/** What of Nest alone has to compile: where neither this nor the library does, the combination does not exist. */
const CONTROL = `
import { Injectable, Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
@Injectable() export class Service {}
@Module({ imports: [ConfigModule.forRoot()], providers: [Service] }) export class AppModule {}
export const create = () => NestFactory.create(AppModule);
`;

const SUB_PATHS = `
import { DistributedCacheError } from 'nestjs-distributed-cache';
import { parseRedisConnectionString } from 'nestjs-distributed-cache/redis';
import { DistributedCacheDashboardModule } from 'nestjs-distributed-cache/dashboard';
import { HttpCache, provideHttpCache } from 'nestjs-distributed-cache/http';
import { provideTestCache, withTestCache } from 'nestjs-distributed-cache/testing';
export const all = [DistributedCacheError, DistributedCacheDashboardModule, HttpCache, provideHttpCache, parseRedisConnectionString, provideTestCache, withTestCache];
// @ts-expect-error the key is a string: without types, everything would be accepted
parseRedisConnectionString(7);
`;

/**
 * Compiles the snippets of the README and every sub-path with every combination of TypeScript, module setting and Nest.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {string} options.tarball
 * @param {readonly string[]} options.compilers versions of TypeScript
 * @param {readonly NestMajor[]} options.nests
 * @param {(line: string) => void} options.say
 * @returns {Promise<import('./cell.mjs').Table>}
 */
export async function checkCompilers({ folder, tarball, compilers, nests, say }) {
  const programs = await twoAtATime(compilers, async (version) => {
    const cwd = await installed(join(folder, `typescript-${version}`), [`typescript@~${version}`]);
    const path = join(cwd, 'node_modules/typescript');
    return {
      path: join(path, 'bin/tsc'),
      version: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).version,
    };
  });
  const columns = programs.map(({ version }) => `TypeScript ${version}`);
  /** @type {import('./cell.mjs').Table} */
  const table = { rows: [], columns, cells: {} };
  const installations = await twoAtATime(nests, async (nest) => ({
    nest,
    modules: await installed(join(folder, `compile-nest-${nest}`), [
      ...libraryWith(tarball, nest, '6'),
      '@types/node@20',
    ]),
  }));
  const combinations = installations.flatMap(({ nest, modules }) =>
    Object.entries(SETTINGS).map(([setting, { type, options }]) => {
      const cwd = join(modules, setting.replaceAll(/\W+/g, '-'));
      write(cwd, type, options);
      return { row: `Nest ${nest}, ${setting}`, cwd };
    }),
  );
  await twoAtATime(combinations, async ({ row, cwd }) => {
    for (const { path, version } of programs) {
      const compile = (/** @type {string} */ project) => run(process.execPath, [path, '-p', project], { cwd });
      put(table, row, `TypeScript ${version}`, await compiled(compile));
    }
    say(wordsOf(table, row));
  });
  return { ...table, rows: combinations.map(({ row }) => row) };
}

/**
 * @param {(project: string) => Promise<unknown>} compile
 * @returns {Promise<import('./cell.mjs').Outcome>}
 */
async function compiled(compile) {
  const outcome = await outcomeOf(() => compile('tsconfig.json'));
  if (outcome.works) return outcome;
  try {
    await compile('tsconfig.control.json');
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    const [code = 'an error'] = /TS\d+/.exec(error.output) ?? [];
    return { works: undefined, note: `Nest itself does not compile: ${code}` };
  }
  return outcome;
}

/**
 * @param {string} folder
 * @param {string} type of the package
 * @param {object} options of the compiler
 */
function write(folder, type, options) {
  mkdirSync(folder, { recursive: true });
  const snippets = snippetsOf(readFileSync(inRepository('README.md'), 'utf8'));
  const files = ['sub-paths.ts', ...snippets.map((_, index) => `snippet-${index + 1}.ts`)];
  snippets.forEach((snippet, index) => writeFileSync(join(folder, `snippet-${index + 1}.ts`), snippet));
  writeFileSync(join(folder, 'sub-paths.ts'), SUB_PATHS);
  writeFileSync(join(folder, 'control.ts'), CONTROL);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
  const compilerOptions = { ...COMMON, ...options };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  writeFileSync(join(folder, 'tsconfig.control.json'), JSON.stringify({ compilerOptions, files: ['control.ts'] }));
}

/**
 * The TypeScript of a page.
 *
 * @param {string} page
 * @returns {readonly string[]}
 */
export function snippetsOf(page) {
  return Array.from(page.matchAll(/^```ts\n(.*?)^```$/gms), ([, snippet = '']) => snippet);
}
