import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeExecutable, NotToBeHadError, unpackedFromDebian } from './debian-packages.mjs';
import { inRepository } from './repository.mjs';

export { NotToBeHadError } from './debian-packages.mjs';

/** Beside the system and out of git; delete it to fetch newer versions. */
const FOLDER = inRepository('.cache/servers');

/**
 * A server that this machine need not have installed: a package of some Debian, and the program in it.
 *
 * @typedef {{ readonly name: string, readonly suite: string, readonly package: string, readonly program: string }} OtherServer
 */

/** What the tests also run on, beside the server that is installed. @type {readonly OtherServer[]} */
export const OTHER_SERVERS = [
  { name: 'redis-8', suite: 'trixie', package: 'redis-server', program: 'usr/bin/redis-server' },
  { name: 'valkey-8', suite: 'trixie', package: 'valkey-server', program: 'usr/bin/valkey-server' },
  { name: 'valkey-9', suite: 'sid', package: 'valkey-server', program: 'usr/bin/valkey-server' },
];

/** No server of ours, but something that may stand where one is expected. @type {OtherServer} */
export const TWEMPROXY = {
  name: 'twemproxy',
  suite: 'trixie',
  package: 'nutcracker',
  program: 'usr/sbin/nutcracker',
};

/**
 * Fetches a server, or takes the one that was fetched before.
 *
 * @param {OtherServer} server
 * @returns {Promise<string>} the path of an executable; `REDIS_SERVER` takes it
 * @throws {NotToBeHadError} when it cannot be had here, in one line
 */
export async function fetchServer({ name, suite, package: packageName, program }) {
  const folder = join(FOLDER, name);
  const root = await unpackedFromDebian({ suite, packages: [packageName], folder });
  const executable = join(folder, 'bin', name);
  await makeExecutable(root, program, executable);
  return executable;
}

/**
 * What a server says of itself, for example `Valkey 8.1.1`.
 *
 * @param {string} executable
 * @returns {string}
 * @throws {NotToBeHadError} when it cannot be run
 */
export function versionOf(executable) {
  const { stdout, stderr, error } = spawnSync(executable, ['--version'], { encoding: 'utf8' });
  const [, name, version] = /^(Redis|Valkey) server v=(\S+)/.exec(stdout ?? '') ?? [];
  if (name !== undefined && version !== undefined) return `${name} ${version}`;
  throw new NotToBeHadError(`${executable} does not run here (${error?.message ?? stderr.trim().split('\n')[0]})`);
}
