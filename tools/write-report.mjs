import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';

/**
 * Writes the figures of a run as JSON, formatted as the files of the repository are, so that it can be committed as it is.
 *
 * @param {string} path
 * @param {object} report
 */
export async function writeReport(path, report) {
  const text = await format(JSON.stringify(report), { ...(await resolveConfig(path)), parser: 'json' });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
