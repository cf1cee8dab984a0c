import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAfterDeath } from '../../../tools/parent-death.mjs';
import { freePort, isListening } from '../../../tools/ports.mjs';
import { eventually } from '../common/eventually.js';
import type { Scene } from './scene.js';

/** The executable; `undefined`: it cannot be had here. `npm run causes` fetches it. */
export const TWEMPROXY = process.env['TWEMPROXY'];

/** Starts twemproxy in front of a server, and resolves with its port. */
export async function startTwemproxy(scene: Scene, redisPort: number): Promise<number> {
  if (TWEMPROXY === undefined) throw new Error('The environment variable TWEMPROXY does not name the executable.');
  const [port, statsPort] = [await freePort(), await freePort()];
  const directory = await mkdtemp(join(tmpdir(), 'twemproxy-'));
  const settings = [
    `listen: 127.0.0.1:${port}`,
    'redis: true',
    'distribution: ketama',
    'servers:',
    ` - 127.0.0.1:${redisPort}:1`,
  ];
  await writeFile(join(directory, 'conf.yml'), `shop:\n${settings.map((line) => `  ${line}\n`).join('')}`);
  const args = [
    '-c',
    join(directory, 'conf.yml'),
    '-o',
    join(directory, 'log'),
    '-s',
    `${statsPort}`,
    '-a',
    '127.0.0.1',
  ];
  const proxy = spawn(TWEMPROXY, args, { stdio: 'ignore' });
  const callOff = runAfterDeath(['kill', '-9', `${proxy.pid}`]);
  scene.atEnd(async () => {
    proxy.kill('SIGKILL');
    callOff();
    await rm(directory, { recursive: true, force: true });
  });
  await eventually(async () => {
    if (!(await isListening(port))) throw new Error('twemproxy does not listen yet');
  });
  return port;
}
