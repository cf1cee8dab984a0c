import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How many lines of its log an error shows. */
const SHOWN = 10;

/**
 * Waits until a server has written that it is ready.
 *
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} server
 * @param {{ name: string, ready: string }} options `ready` is a part of the line
 * @returns {Promise<void>}
 * @throws {Error} when the server ends before; the message holds the end of its log
 */
export async function untilReady(server, { name, ready }) {
  /** @type {string[]} */
  const lines = [];
  const isReady = new Promise((resolve) => {
    const read = (/** @type {string} */ line) => {
      lines.push(line);
      if (line.includes(ready)) resolve(true);
    };
    createInterface({ input: server.stdout }).on('line', read);
    createInterface({ input: server.stderr }).on('line', read);
  });
  // 'close' comes after the last line of the log; 'exit' may come before.
  const gone = once(server, 'close').then(
    () => false,
    (error) => void lines.push(String(error)),
  );
  if ((await Promise.race([isReady, gone])) === true) return;
  throw new Error(`${name} did not start. Its log ends with:\n${lines.slice(-SHOWN).join('\n')}`);
}
