import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inRepository } from './repository.mjs';
import { findOnPath, lastLines, run } from './system-packages.mjs';

/** Where the program is unpacked. The package is not installed: that would start a Prometheus on this machine. */
const FOLDER = inRepository('.cache/promtool');
const PROGRAM = join(FOLDER, 'usr/bin/promtool');

/**
 * Finds promtool, which checks the rules of Prometheus. If there is none, takes it out of the package of Debian or Ubuntu.
 *
 * @param {{ say?: ((line: string) => void) | undefined }} [options] `say` gets a line before the attempt, and why it failed
 * @returns {Promise<string | undefined>} its path; `undefined` when there is no way
 */
export async function findPromtool({ say = () => {} } = {}) {
  const found = findOnPath('promtool') ?? (existsSync(PROGRAM) ? PROGRAM : undefined);
  if (found !== undefined) return found;
  say('promtool is not here. Fetching it with apt-get; this takes a moment …');
  await mkdir(inRepository('.cache'), { recursive: true });
  const folder = await mkdtemp(inRepository('.cache/promtool-'));
  try {
    let downloaded = await run('apt-get', ['download', '-qq', 'prometheus'], { cwd: folder });
    if (!downloaded.succeeded) {
      // The lists of packages are missing, or old. Only root can fetch new ones.
      await run('apt-get', ['update', '-qq']);
      downloaded = await run('apt-get', ['download', '-qq', 'prometheus'], { cwd: folder });
    }
    const archive = (await readdir(folder)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) {
      say(`promtool could not be fetched: ${lastLines(downloaded.output)}`);
      return undefined;
    }
    const unpacked = await run('dpkg-deb', ['--extract', archive, 'root'], { cwd: folder });
    if (!unpacked.succeeded) {
      say(`promtool could not be unpacked: ${lastLines(unpacked.output)}`);
      return undefined;
    }
    // Under its name only when it is whole.
    await rename(join(folder, 'root'), FOLDER);
    return PROGRAM;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
