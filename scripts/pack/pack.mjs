import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { inRepository } from '../../tools/repository.mjs';
import { build } from '../build/build.mjs';

/**
 * Builds the library and packs it into a tarball.
 *
 * @param {{ to: string, say: (line: string) => void }} options `to`: the folder of the tarball
 * @returns {Promise<{ path: string, name: string, size: number, files: number }>} `size` in bytes
 */
export async function packed({ to, say }) {
  await build({ say });
  const answer = execFileSync('npm', ['pack', '--json', '--pack-destination', to], {
    cwd: inRepository('libs/distributed-cache'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  /** @type {[{ filename: string, size: number, entryCount: number }]} */
  const [{ filename, size, entryCount }] = JSON.parse(answer);
  return { path: join(to, filename), name: filename, size, files: entryCount };
}
