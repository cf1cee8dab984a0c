import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { inRepository } from '../../tools/repository.mjs';
import { freePort, isPortFree } from '../../tools/ports.mjs';
import { untilReady } from '../../tools/ready-line.mjs';

/** The front door and the three instances. */
const PORTS = 4;

/**
 * Runs `npm start` on free ports.
 *
 * @param {{ databaseFile: string }} options
 * @returns {Promise<{ address: string, stop: () => Promise<void> }>} once it serves
 */
export async function startSample({ databaseFile }) {
  const port = await portsInARow();
  const child = spawn(process.execPath, [inRepository('scripts/start.mjs')], {
    // Set, if empty, so that no `.env` of the developer's decides.
    env: { ...process.env, RedisConnectionString: '', PORT: `${port}`, INSTANCES: '3', DATABASE_FILE: databaseFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  await untilReady(child, { name: 'npm start', ready: 'Ctrl-C stops everything.' });
  return {
    address: `http://localhost:${port}/`,
    stop: async () => {
      child.kill('SIGINT');
      await exited;
    },
  };
}

async function portsInARow() {
  for (;;) {
    const first = await freePort();
    const free = await Promise.all(Array.from({ length: PORTS }, (_, index) => isPortFree(first + index)));
    if (free.every(Boolean)) return first;
  }
}
