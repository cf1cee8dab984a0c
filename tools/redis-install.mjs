import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * A way to run Redis on this machine.
 *
 * @typedef {{ kind: 'binary', path: string } | { kind: 'docker', image: string }} RedisProgram
 */

/** The advice for a machine that has no Redis and no way to install one. */
export const HOW_TO_INSTALL_REDIS =
  'No Redis here and no way to install one. Install redis-server or valkey-server so that it is on the PATH ' +
  '(Debian and Ubuntu: sudo apt-get install redis-server; macOS: brew install redis; Fedora: sudo dnf install valkey), ' +
  'start Docker, or name a running Redis in RedisConnectionString.';

const DOCKER_IMAGE = 'redis:7-alpine';

/** @returns {string | undefined} the path of a `redis-server`, else of a `valkey-server`, on `PATH` */
export function findRedisServerBinary() {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  return ['redis-server', 'valkey-server']
    .flatMap((name) => directories.map((directory) => join(directory, name)))
    .find(isExecutable);
}

/**
 * Finds a Redis on this machine. If there is none, installs one in the first way that works: apt (as root), Homebrew, a Docker image.
 *
 * @param {{ say?: ((line: string) => void) | undefined, signal?: AbortSignal | undefined }} [options] `say` gets a line before each attempt; `signal` ends a running installation
 * @returns {Promise<RedisProgram | undefined>} `undefined` when there is no way
 */
export async function findRedisProgram(options = {}) {
  const path = findRedisServerBinary();
  return path === undefined ? installRedis(options) : { kind: 'binary', path };
}

/**
 * Installs Redis in the first way that works: apt (as root), Homebrew, a Docker image.
 *
 * @param {{ say?: ((line: string) => void) | undefined, signal?: AbortSignal | undefined }} [options]
 * @returns {Promise<RedisProgram | undefined>} `undefined` when there is no way
 */
export async function installRedis({ say = () => {}, signal } = {}) {
  for (const way of [aptInstall, brewInstall, dockerPull]) {
    const program = await way(say, signal);
    if (program !== undefined || signal?.aborted) return program;
  }
  return undefined;
}

/** @typedef {(say: (line: string) => void, signal: AbortSignal | undefined) => Promise<RedisProgram | undefined>} Way */

/** @type {Way} */
async function aptInstall(say, signal) {
  if (process.getuid?.() !== 0 || !(await succeeds('apt-get', ['--version'], signal))) return undefined;
  say('Redis is not installed. Installing redis-server with apt-get; this takes a moment …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // A failed update is ignored: the lists may be new enough, or another process may hold their lock.
  await run('apt-get', ['update', '-qq'], { env, signal });
  const waitForLock = ['-o', 'DPkg::Lock::Timeout=120'];
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...waitForLock, 'redis-server'];
  return installed('apt-get', await run('apt-get', install, { env, signal }), say);
}

/** @type {Way} */
async function brewInstall(say, signal) {
  if (!(await succeeds('brew', ['--version'], signal))) return undefined;
  say('Redis is not installed. Installing it with Homebrew; this takes a moment …');
  return installed('brew', await run('brew', ['install', 'redis'], { signal }), say);
}

/** @type {Way} */
async function dockerPull(say, signal) {
  if (!(await succeeds('docker', ['info'], signal))) return undefined;
  say(`Redis is not installed. Using the Docker image ${DOCKER_IMAGE} …`);
  const available =
    (await succeeds('docker', ['image', 'inspect', DOCKER_IMAGE], signal)) ||
    (await succeeds('docker', ['pull', '--quiet', DOCKER_IMAGE], signal));
  return available ? { kind: 'docker', image: DOCKER_IMAGE } : undefined;
}

/**
 * @param {string} command
 * @param {{ succeeded: boolean, output: string }} outcome
 * @param {(line: string) => void} say
 * @returns {RedisProgram | undefined}
 */
function installed(command, outcome, say) {
  // After a failure as well: another process may have installed it meanwhile.
  const path = findRedisServerBinary();
  if (path !== undefined) return { kind: 'binary', path };
  say(`${command} could not install Redis: ${outcome.output.trim().split('\n').slice(-3).join(' | ')}`);
  return undefined;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {AbortSignal | undefined} signal
 */
async function succeeds(command, args, signal) {
  return (await run(command, args, { signal })).succeeded;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, signal?: AbortSignal | undefined }} options
 * @returns {Promise<{ succeeded: boolean, output: string }>}
 */
function run(command, args, { env, signal }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env: env ?? process.env, signal, stdio: ['ignore', 'pipe', 'pipe'] });
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
