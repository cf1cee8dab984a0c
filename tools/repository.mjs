import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of the repository. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * The absolute path of a file of the repository.
 *
 * @param {string} path from the root of the repository
 */
export function inRepository(path) {
  return resolve(ROOT, path);
}
