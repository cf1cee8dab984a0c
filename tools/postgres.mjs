import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runAfterDeath } from './parent-death.mjs';
import { freePort } from './ports.mjs';
import { untilReady } from './ready-line.mjs';
import { aptInstall, findOnPath, lastLines, run } from './system-packages.mjs';

/** The advice for a machine that has no PostgreSQL and no way to install one. */
export const HOW_TO_INSTALL_POSTGRES =
  'No PostgreSQL here and no way to install one. Install it so that initdb is on the PATH ' +
  '(Debian and Ubuntu: sudo apt-get install postgresql; macOS: brew install postgresql; Fedora: sudo dnf install postgresql-server), ' +
  'or name its folder in POSTGRES_BIN.';

/** Where Debian and Ubuntu keep the programs of a server, which are not on the `PATH`. */
const OF_DEBIAN = '/usr/lib/postgresql';

/** How many times a free port may be lost to another process before the start fails. */
const ATTEMPTS = 5;

/** A server that is thrown away need not survive a power failure. */
const WITHOUT_SYNC = ['-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'];

/**
 * Finds PostgreSQL on this machine. If there is none, installs it with apt, as root.
 *
 * @param {{ say?: ((line: string) => void) | undefined, signal?: AbortSignal | undefined }} [options] `say` gets a line before the attempt; `signal` ends a running installation
 * @returns {Promise<string | undefined>} the folder of its programs; `undefined` when there is no way
 */
export async function findPostgres({ say = () => {}, signal } = {}) {
  const found = folderOfPrograms();
  if (found !== undefined) return found;
  const outcome = await aptInstall('postgresql', { name: 'PostgreSQL', say, signal });
  // After a failure as well: another process may have installed it meanwhile.
  const folder = folderOfPrograms();
  if (outcome !== undefined && folder === undefined)
    say(`apt-get could not install PostgreSQL: ${lastLines(outcome.output)}`);
  return folder;
}

/**
 * A PostgreSQL on the loopback interface, with a cluster of its own, that ends with this process.
 *
 * @typedef {object} PrivatePostgres
 * @property {number} port
 * @property {string} url of its database, for any client
 * @property {() => Promise<void>} stop
 */

/**
 * Makes a cluster in a temporary folder, starts a server on it, and waits until that accepts connections.
 *
 * @returns {Promise<PrivatePostgres>}
 * @throws {Error} when there is no PostgreSQL and no way to install one, or when it does not start; the message holds its log
 */
export async function startPrivatePostgres() {
  const programs = await findPostgres();
  if (programs === undefined) throw new Error(HOW_TO_INSTALL_POSTGRES);
  const user = await unprivilegedUser();
  const directory = await mkdtemp(join(tmpdir(), 'private-postgres-'));
  try {
    if (user) await chown(directory, user.uid, user.gid);
    const data = join(directory, 'data');
    await makeCluster(join(programs, 'initdb'), data, user);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await launch(join(programs, 'postgres'), directory, data, user);
      } catch (error) {
        const lostPort = error instanceof Error && /address already in use/i.test(error.message);
        if (!lostPort || attempt === ATTEMPTS) throw error;
      }
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** @typedef {{ uid: number, gid: number } | undefined} User who runs the server; `undefined`: whoever runs this process */

/**
 * @param {string} postgres the program
 * @param {string} directory
 * @param {string} data
 * @param {User} user
 * @returns {Promise<PrivatePostgres>}
 */
async function launch(postgres, directory, data, user) {
  const port = await freePort();
  const args = ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const server = spawn(postgres, [...args, ...WITHOUT_SYNC], {
    cwd: directory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  // SIGQUIT ends it at once, with the processes of its connections, which SIGKILL would leave behind.
  const callOff = server.pid === undefined ? () => {} : runAfterDeath(['kill', '-QUIT', `${server.pid}`]);
  const exited = once(server, 'exit').then(callOff, callOff);
  const stop = async () => {
    server.kill('SIGQUIT');
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  // The language of its log is that of the cluster, which `makeCluster` says.
  await untilReady(server, { name: 'The private PostgreSQL', ready: 'ready to accept connections' });
  return { port, url: `postgres://postgres@127.0.0.1:${port}/postgres`, stop };
}

/**
 * @param {string} initdb the program
 * @param {string} data the folder, which is made
 * @param {User} user
 */
async function makeCluster(initdb, data, user) {
  const args = ['-D', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  const { succeeded, output } = await run(initdb, args, { as: user, cwd: dirname(data) });
  if (!succeeded) throw new Error(`initdb failed: ${lastLines(output)}`);
}

/**
 * PostgreSQL refuses to run as root.
 *
 * @returns {Promise<User>}
 */
async function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])));
    if (uid?.succeeded && gid?.succeeded) return { uid: Number(uid.output), gid: Number(gid.output) };
  }
  throw new Error('PostgreSQL refuses to run as root, and this machine has neither the user postgres nor nobody.');
}

/** @returns {string | undefined} */
function folderOfPrograms() {
  const named = process.env['POSTGRES_BIN'];
  if (named) return named;
  const initdb = findOnPath('initdb');
  if (initdb !== undefined) return dirname(initdb);
  if (!existsSync(OF_DEBIAN)) return undefined;
  const newestFirst = readdirSync(OF_DEBIAN).toSorted((one, other) => Number(other) - Number(one));
  return newestFirst.map((version) => join(OF_DEBIAN, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}
