import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * Installs the packages of `bench/package.json`, unless the installed ones are as new as the lock file.
 *
 * @throws {Error} when `npm ci` fails; the message holds its output
 */
export function installPeers() {
  const lock = `${HERE}package-lock.json`;
  const installed = `${HERE}node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.log('Installing the other libraries in bench/ …');
  const { status, stdout, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: HERE,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`npm ci failed in bench/:\n${stdout}${stderr}`);
}
