import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './cell.mjs';

/** The majors of Nest, and what goes with them. */
export const NEST = {
  11: { nest: '^11', config: '^4' },
  12: { nest: '^12', config: '^12' },
};

/** @typedef {keyof typeof NEST} NestMajor */

/**
 * Installs packages into a folder of their own, as a user would.
 *
 * @param {string} folder
 * @param {readonly string[]} packages with their versions
 * @param {object} [manifest] more of its package.json
 */
export async function installed(folder, packages, manifest = {}) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'matrix', private: true, ...manifest }));
  await install(folder, ['--prefer-offline', ...packages]);
  return folder;
}

/**
 * @param {string} folder
 * @param {readonly string[]} packages with their versions, and options of npm before them
 */
export async function install(folder, packages) {
  await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...packages], { cwd: folder });
}

/**
 * The library and its peers.
 *
 * @param {string} tarball
 * @param {NestMajor} major
 * @param {string} ioredis a version
 */
export function libraryWith(tarball, major, ioredis) {
  const { nest, config } = NEST[major];
  return [
    tarball,
    ...['common', 'core', 'platform-express', 'testing'].map((name) => `@nestjs/${name}@${nest}`),
    `@nestjs/config@${config}`,
    `ioredis@${ioredis}`,
    'cache-manager@7',
    'reflect-metadata@0.2',
    'rxjs@7',
  ];
}
