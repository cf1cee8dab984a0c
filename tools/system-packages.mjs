import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How a command has ended, and what it has said. @typedef {{ succeeded: boolean, output: string }} Outcome */

/**
 * @param {...string} names the first one that is found counts
 * @returns {string | undefined} the path of a program on `PATH`, or in the folders for administrators, which may be missing there
 */
export function findOnPath(...names) {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/sbin', '/usr/local/sbin'];
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isExecutable);
}

/**
 * Installs packages of Debian or Ubuntu, as root.
 *
 * @param {string | readonly string[]} packages their names
 * @param {{ name: string, say: (line: string) => void, signal?: AbortSignal | undefined }} options `name`: of the program, for people; `say` gets a line before the attempt; `signal` ends the installation
 * @returns {Promise<Outcome | undefined>} `undefined` when this is not the way here
 */
export async function aptInstall(packages, { name: program, say, signal }) {
  if (process.getuid?.() !== 0 || !(await succeeds('apt-get', ['--version'], signal))) return undefined;
  const names = [packages].flat();
  say(`${program} is not installed. Installing ${names.join(' and ')} with apt-get; this takes a moment …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A failed update is ignored: the lists may be new enough, or another process may hold their lock.
  await run('apt-get', ['update', '-qq'], { env, signal });
  const waitForLock = ['-o', 'DPkg::Lock::Timeout=120'];
  return run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...waitForLock, ...names], { env, signal });
}

/** @param {string} output @returns {string} what an installer has said last, in one line */
export function lastLines(output) {
  return output.trim().split('\n').slice(-3).join(' | ');
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {AbortSignal} [signal]
 */
export async function succeeds(command, args, signal) {
  return (await run(command, args, { signal })).succeeded;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, signal?: AbortSignal | undefined, cwd?: string | undefined, as?: { uid: number, gid: number } | undefined }} [options] `as`: the user who runs it
 * @returns {Promise<Outcome>}
 */
export function run(command, args, { env, signal, cwd, as } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: env ?? process.env,
      signal,
      cwd,
      ...as,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ succeeded: false, output: error.message }));
    child.on('close', (code) => resolve({ succeeded: code === 0, output }));
  });
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
