import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeExecutable, unpackedFromDebian } from './debian-packages.mjs';
import { inRepository } from './repository.mjs';

/** Beside the system and out of git. */
const FOLDER = inRepository('.cache/docker-compose');

/**
 * Finds Docker Compose on this machine, else takes that of Debian 13. What only reads a file needs no Docker engine.
 *
 * @returns {Promise<readonly [string, ...string[]]>} the program, and what comes before the arguments of Compose
 * @throws {import('./debian-packages.mjs').NotToBeHadError} when it cannot be had here, in one line
 */
export async function dockerCompose() {
  if (spawnSync('docker', ['compose', 'version']).status === 0) return ['docker', 'compose'];
  const root = await unpackedFromDebian({ suite: 'trixie', packages: ['docker-compose'], folder: FOLDER });
  const executable = join(FOLDER, 'bin/docker-compose');
  await makeExecutable(root, 'usr/libexec/docker/cli-plugins/docker-compose', executable);
  return [executable];
}
