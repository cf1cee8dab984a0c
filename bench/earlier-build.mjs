import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inRepository } from '../tools/repository.mjs';

/** The builds, each by its commit. They lie below `bench/`, so that they find the peers of the library where this build finds them. */
const BUILDS = inRepository('bench/.cache');

/**
 * A packed build of the library that this one is measured against.
 *
 * @typedef {object} EarlierBuild
 * @property {string} name the commit, abbreviated, or `this tree`
 * @property {string} url of its main module
 */

/**
 * The library as a commit packs it. It is built once, which takes a minute or two, and kept.
 *
 * @param {string} revision any name that git knows; `.` is the build of this tree: against itself, the ratios show the noise
 * @returns {EarlierBuild}
 * @throws {Error} when there is no such commit, or its build fails; the message holds the output
 */
export function earlierBuild(revision) {
  mkdirSync(BUILDS, { recursive: true });
  if (revision === '.') {
    const folder = join(BUILDS, 'this-tree');
    rmSync(folder, { recursive: true, force: true });
    unpack(inRepository('.'), folder);
    return { name: 'this tree', url: mainModule(folder) };
  }
  const name = run('git', ['rev-parse', '--verify', '--short', `${revision}^{commit}`], inRepository('.')).trim();
  const folder = join(BUILDS, name);
  if (!existsSync(folder)) {
    console.log(`Building the library of ${name} …`);
    build(name, folder);
  }
  return { name, url: mainModule(folder) };
}

/**
 * @param {string} commit
 * @param {string} folder
 */
function build(commit, folder) {
  const tree = mkdtempSync(join(tmpdir(), 'earlier-build-'));
  try {
    run('git', ['clone', '--quiet', '--no-checkout', inRepository('.'), tree], tree);
    run('git', ['checkout', '--quiet', commit], tree);
    run('npm', ['ci', '--no-audit', '--no-fund'], tree);
    run('npm', ['run', '--silent', 'build'], tree);
    // Moved into place when it is whole: an interrupted build is built again.
    unpack(tree, `${folder}.part`);
    renameSync(`${folder}.part`, folder);
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

/**
 * Copies what the tarball of a built tree holds.
 *
 * @param {string} tree
 * @param {string} folder
 */
function unpack(tree, folder) {
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['dist', 'package.json'])
    cpSync(join(tree, 'libs/distributed-cache', part), join(folder, part), { recursive: true });
}

/** @param {string} folder */
function mainModule(folder) {
  return pathToFileURL(join(folder, 'dist/index.js')).href;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
function run(program, args, cwd) {
  return execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
