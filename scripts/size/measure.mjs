import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packed } from '../pack/pack.mjs';

/** What the package is, and what it adds to an application. Sizes in bytes. @typedef {Awaited<ReturnType<typeof measureSize>>} Size */
/** @typedef {{ packages: number, size: number }} Installed */

/** What an application installs beside the library if it has Nest already, with the range that the library asks for. */
const NEEDED = ['cache-manager', 'ioredis'];

/**
 * Packs the library and installs it into empty folders.
 *
 * @param {(line: string) => void} say
 */
export async function measureSize(say) {
  const folder = await mkdtemp(join(tmpdir(), 'package-size-'));
  try {
    const tarball = await packed({ to: folder, say });
    say('installing it …');
    const alone = await install(folder, 'alone', [tarball.path]);
    const library = join(folder, 'alone/node_modules/nestjs-distributed-cache');
    const parts = Object.fromEntries(readdirSync(library).map((name) => [name, sizeOf(join(library, name))]));
    const peers = peersOf(library);
    const withPeers = await install(folder, 'with-peers', [
      tarball.path,
      ...NEEDED.map((name) => `${name}@${peers[name]}`),
    ]);
    return {
      node: process.version,
      tarball: tarball.size,
      files: tarball.files,
      unpacked: sizeOf(library),
      parts,
      alone,
      withPeers,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Installs packages, and none of the peers that they ask for: an application has these anyway.
 *
 * @param {string} parent
 * @param {string} name
 * @param {readonly string[]} packages
 * @returns {Promise<Installed>}
 */
async function install(parent, name, packages) {
  const folder = join(parent, name);
  const args = [
    'install',
    '--prefix',
    folder,
    '--legacy-peer-deps',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true }));
  execFileSync('npm', [...args, ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  /** @type {{ packages: Readonly<Record<string, unknown>> }} */
  const lock = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  return { packages: Object.keys(lock.packages).length, size: sizeOf(join(folder, 'node_modules')) };
}

/**
 * @param {string} library
 * @returns {Readonly<Record<string, string>>}
 */
function peersOf(library) {
  /** @type {{ peerDependencies: Readonly<Record<string, string>> }} */
  const { peerDependencies } = JSON.parse(readFileSync(join(library, 'package.json'), 'utf8'));
  return peerDependencies;
}

/**
 * The bytes of a file, or of all files of a folder; links count nothing.
 *
 * @param {string} path
 * @returns {number}
 */
function sizeOf(path) {
  const found = lstatSync(path);
  if (!found.isDirectory()) return found.isFile() ? found.size : 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
