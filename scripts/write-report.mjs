import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { format, resolveConfig } from 'prettier';

/**
 * Writes what a run has measured, in the form in which the repository keeps its files: a report may be committed as it is.
 *
 * @param {string} path
 * @param {object} report
 */
export async function writeReport(path, report) {
  const text = await format(JSON.stringify(report), { ...(await resolveConfig(path)), parser: 'json' });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
