import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Below the range from which Linux, macOS and Windows give ports to connections that go out. A port of that range is taken by the next
 * connection of any program, and the tests open thousands.
 */
const LOWEST = 20_000;
const ABOVE = 32_000;

/**
 * A TCP port on which nothing listens at this moment. Another process may take it before the caller does.
 *
 * @returns {Promise<number>}
 */
export async function freePort() {
  for (;;) {
    const port = randomInt(LOWEST, ABOVE);
    if (await isPortFree(port)) return port;
  }
}

/**
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>} whether a server could listen on it at this moment
 * @throws {Error} when this machine has no such interface
 */
export async function isPortFree(port, host = '127.0.0.1') {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    if (isPortTaken(error)) return false;
    throw isHostUnknown(error) ? unknownHost(host, error) : error;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>} whether something accepts connections on it now, on the loopback interface
 */
export function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (/** @type {boolean} */ listens) => {
      socket.destroy();
      resolve(listens);
    };
    socket.on('connect', () => answer(true));
    socket.on('error', () => answer(false));
  });
}

/**
 * @param {unknown} error
 * @returns {boolean} whether listening failed because something else has the port
 */
export function isPortTaken(error) {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}

/** @param {unknown} error */
function isHostUnknown(error) {
  return error instanceof Error && 'code' in error && ['EADDRNOTAVAIL', 'ENOTFOUND'].includes(String(error.code));
}

/**
 * @param {string} host
 * @param {unknown} cause
 */
function unknownHost(host, cause) {
  const remedy = 'Leave HOST out for the loopback interface, or set it to 0.0.0.0 for all interfaces.';
  return new Error(`HOST=${host} cannot be used: no interface of this machine has that address. ${remedy}`, { cause });
}
