import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { inRepository } from './repository.mjs';

/**
 * Installs the packages of a folder that has a `package.json` of its own, unless the installed ones are as new as its lock file. Such a
 * folder keeps what only one command needs out of everybody's `npm ci`.
 *
 * @param {string} folder from the root of the repository
 * @param {string} what for the line that this prints
 * @throws {Error} when `npm ci` fails; the message holds its output
 */
export function installPackagesOf(folder, what) {
  const lock = inRepository(`${folder}/package-lock.json`);
  const installed = inRepository(`${folder}/node_modules/.package-lock.json`);
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log(`Installing ${what} in ${folder}/ …`);
  const { status, stdout, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: inRepository(folder),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm ci failed in ${folder}/:\n${stdout}${stderr}`);
}
