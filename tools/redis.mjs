import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runAfterDeath } from './parent-death.mjs';
import { freePort } from './ports.mjs';
import { untilReady } from './ready-line.mjs';
import { findRedisProgram, HOW_TO_INSTALL_REDIS } from './redis-install.mjs';

export { findRedisProgram, findRedisServerBinary, HOW_TO_INSTALL_REDIS, installRedis } from './redis-install.mjs';

/** @typedef {import('./redis-install.mjs').RedisProgram} RedisProgram */

/**
 * A Redis on the loopback interface, without persistence, that ends with this process.
 *
 * @typedef {object} PrivateRedis
 * @property {number} port
 * @property {string} connectionString
 * @property {string} program what runs it, for messages
 * @property {import('node:child_process').ChildProcess} process
 * @property {Promise<void>} exited resolves when it is gone, for whatever reason
 * @property {(signal: NodeJS.Signals) => void} signal sends a signal to the server, e.g. `SIGSTOP`
 * @property {() => Promise<void>} stop
 */

/** How many times a free port may be lost to another process before the start fails. */
const ATTEMPTS = 5;

const WITHOUT_PERSISTENCE = ['--save', '', '--appendonly', 'no', '--daemonize', 'no'];

/**
 * Starts a private Redis and waits until it accepts connections.
 *
 * @param {object} [options]
 * @param {RedisProgram | undefined} [options.program] default: found, or installed
 * @param {number | undefined} [options.port] default: a free one
 * @param {boolean | undefined} [options.tls] listen with TLS only; `args` name the certificate
 * @param {readonly string[] | undefined} [options.args] further arguments of `redis-server`
 * @param {readonly string[] | undefined} [options.directories] directories that `args` refer to
 * @param {((line: string) => void) | undefined} [options.say]
 * @returns {Promise<PrivateRedis>}
 * @throws {Error} when there is no Redis and no way to install one, or when it does not start; the message holds its log
 */
export async function startPrivateRedis(options = {}) {
  const program = options.program ?? (await findRedisProgram({ say: options.say }));
  if (program === undefined) throw new Error(HOW_TO_INSTALL_REDIS);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(program, options.port ?? (await freePort()), options);
    } catch (error) {
      const lostPort =
        error instanceof Error && /address already in use|port is already allocated/i.test(error.message);
      if (!lostPort || options.port !== undefined || attempt === ATTEMPTS) throw error;
    }
  }
}

/**
 * @param {RedisProgram} program
 * @param {number} port
 * @param {{ tls?: boolean | undefined, args?: readonly string[] | undefined, directories?: readonly string[] | undefined }} options
 * @returns {Promise<PrivateRedis>}
 */
async function launch(program, port, { tls = false, args = [], directories = [] }) {
  const directory = await mkdtemp(join(tmpdir(), 'private-redis-'));
  const logFile = join(directory, 'redis.log');
  const serverArgs = [
    ...(tls ? ['--port', '0', '--tls-port', `${port}`] : ['--port', `${port}`]),
    ...WITHOUT_PERSISTENCE,
    '--dir',
    directory,
    ...args,
  ];
  const run = program.kind === 'binary' ? binary(program.path) : container(program.image, port, directory, directories);

  const server = spawn(run.command, [...run.args, ...serverArgs], {
    // A session of its own: Ctrl-C must not end it before the applications have drained their evictions into it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile);
  log.on('error', () => {});
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const callOff = server.pid === undefined ? () => {} : runAfterDeath(run.killCommand(server.pid));
  const exited = new Promise((resolve) => {
    server.once('exit', resolve);
    server.once('error', resolve);
  }).then(callOff);

  const stop = async () => {
    run.signal(server, 'SIGKILL');
    await exited;
    log.end();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    // Every version of Redis and Valkey logs it once the port is bound, a server with TLS or a password as well.
    await untilReady(server, { name: 'The private Redis', ready: 'Ready to accept connections' });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    connectionString: `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,
    program: run.name,
    process: server,
    exited,
    signal: (signal) => run.signal(server, signal),
    stop,
  };
}

/** @typedef {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} Server */

/**
 * How to run the server, and how to send it signals.
 *
 * @typedef {object} Run
 * @property {string} name
 * @property {string} command
 * @property {string[]} args
 * @property {(pid: number) => string[]} killCommand
 * @property {(server: Server, signal: NodeJS.Signals) => void} signal
 */

/**
 * @param {string} path
 * @returns {Run}
 */
function binary(path) {
  return {
    name: basename(path),
    command: path,
    args: ['--bind', '127.0.0.1'],
    killCommand: (pid) => ['kill', '-9', `${pid}`],
    signal: (server, signal) => void server.kill(signal),
  };
}

/**
 * @param {string} image
 * @param {number} port
 * @param {string} directory
 * @param {readonly string[]} directories
 * @returns {Run}
 */
function container(image, port, directory, directories) {
  const name = basename(directory);
  const mounts = [directory, ...directories].flatMap((path) => ['--volume', `${path}:${path}`]);
  // Only our user may enter the directories, not the one of the image.
  const user = ['--user', `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`];
  const publish = ['--publish', `127.0.0.1:${port}:${port}`];
  return {
    name: `the Docker image ${image}`,
    command: 'docker',
    args: [
      'run',
      '--rm',
      '--name',
      name,
      ...user,
      ...publish,
      ...mounts,
      image,
      'redis-server',
      '--protected-mode',
      'no',
    ],
    killCommand: () => ['docker', 'rm', '--force', name],
    signal: (_, signal) => void spawnSync('docker', ['kill', '--signal', signal, name], { stdio: 'ignore' }),
  };
}
