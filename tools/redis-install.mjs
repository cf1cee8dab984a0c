import { aptInstall, findOnPath, lastLines, run, succeeds } from './system-packages.mjs';

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

/**
 * @returns {string | undefined} the path in the environment variable `REDIS_SERVER`, else of a `redis-server`, else of a `valkey-server`, on
 *   `PATH`
 */
export function findRedisServerBinary() {
  return process.env['REDIS_SERVER'] || findOnPath('redis-server', 'valkey-server');
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
  for (const way of [withApt, brewInstall, dockerPull]) {
    const program = await way(say, signal);
    if (program !== undefined || signal?.aborted) return program;
  }
  return undefined;
}

/** @typedef {(say: (line: string) => void, signal: AbortSignal | undefined) => Promise<RedisProgram | undefined>} Way */

/** @type {Way} */
async function withApt(say, signal) {
  const outcome = await aptInstall('redis-server', { name: 'Redis', say, signal });
  return outcome && installed('apt-get', outcome, say);
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
  say(`${command} could not install Redis: ${lastLines(outcome.output)}`);
  return undefined;
}
