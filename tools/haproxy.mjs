import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runAfterDeath } from './parent-death.mjs';
import { freePort, isListening } from './ports.mjs';
import { aptInstall, findOnPath, lastLines } from './system-packages.mjs';

/** The advice for a machine that has no HAProxy and no way to install one. */
export const HOW_TO_INSTALL_HAPROXY =
  'No HAProxy here and no way to install one. Install haproxy so that it is on the PATH ' +
  '(Debian and Ubuntu: sudo apt-get install haproxy; macOS: brew install haproxy; Fedora: sudo dnf install haproxy).';

/** How long it may take to listen, in ms. */
const PATIENCE = 10_000;

/**
 * Finds HAProxy on this machine. If there is none, installs it with apt, as root.
 *
 * @param {{ say?: ((line: string) => void) | undefined, signal?: AbortSignal | undefined }} [options] `say` gets a line before the attempt; `signal` ends a running installation
 * @returns {Promise<string | undefined>} its path; `undefined` when there is no way
 */
export async function findHaproxy({ say = () => {}, signal } = {}) {
  const found = findOnPath('haproxy');
  if (found !== undefined) return found;
  const outcome = await aptInstall('haproxy', { name: 'HAProxy', say, signal });
  // After a failure as well: another process may have installed it meanwhile.
  const path = findOnPath('haproxy');
  if (outcome !== undefined && path === undefined)
    say(`apt-get could not install HAProxy: ${lastLines(outcome.output)}`);
  return path;
}

/**
 * An HAProxy in front of one server, on the loopback interface. It ends with this process.
 *
 * @typedef {object} Haproxy
 * @property {number} port
 * @property {string} version as it names itself
 * @property {() => Promise<void>} stop
 */

/**
 * Starts HAProxy in TCP mode and waits until it listens.
 *
 * @param {object} options
 * @param {number} options.to the port of the server
 * @param {string} options.timeout how long a connection may be idle, on either side, as HAProxy writes it: `'5s'`
 * @param {string | undefined} [options.path] of the program; default: found, or installed
 * @returns {Promise<Haproxy>}
 * @throws {Error} when there is no HAProxy and no way to install it, or when it does not start; the message holds what it said
 */
export async function startHaproxy({ to, timeout, path }) {
  const program = path ?? (await findHaproxy());
  if (program === undefined) throw new Error(HOW_TO_INSTALL_HAPROXY);
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, configuration(port, to, timeout));

  const proxy = spawn(program, ['-db', '-f', file], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  proxy.stdout.on('data', (chunk) => (said += chunk));
  proxy.stderr.on('data', (chunk) => (said += chunk));
  const callOff = proxy.pid === undefined ? () => {} : runAfterDeath(['kill', '-9', `${proxy.pid}`]);
  const exited = once(proxy, 'exit').then(callOff, callOff);
  const stop = async () => {
    proxy.kill('SIGKILL');
    await exited;
    await rm(directory, { recursive: true, force: true });
  };
  const hasFailed = exited.then(() => true);
  for (let waited = 0; !(await isListening(port)); waited += 20) {
    if (waited <= PATIENCE && !(await Promise.race([hasFailed, pause(20, false)]))) continue;
    await stop();
    throw new Error(`HAProxy did not start. It said:\n${said}`);
  }
  return { port, version: await versionOf(program), stop };
}

/**
 * @param {number} port
 * @param {number} to
 * @param {string} timeout
 */
function configuration(port, to, timeout) {
  return `defaults
  mode tcp
  timeout connect 5s
  timeout client ${timeout}
  timeout server ${timeout}
listen redis
  bind 127.0.0.1:${port}
  server redis 127.0.0.1:${to}
`;
}

/** @param {string} program */
async function versionOf(program) {
  const child = spawn(program, ['-v'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  await once(child, 'close');
  return /version (\d+\.\d+(?:\.\d+)?)/.exec(said)?.[1] ?? 'unknown';
}
