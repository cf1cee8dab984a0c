import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const ENDING = '.u32.gz';

/**
 * The traces in a folder: files `NAME.u32.gz` with the numbers of the keys, 32 bits each, the lowest byte first, compressed by gzip.
 *
 * @param {string} folder
 * @returns {Promise<import('./made.mjs').Trace[]>}
 * @throws {Error} when there are none, or when one is cut off
 */
export async function readTraces(folder) {
  const files = (await readdir(folder)).filter((file) => file.endsWith(ENDING)).toSorted();
  if (files.length === 0) throw new Error(`There is no file NAME${ENDING} in ${folder}.`);
  return Promise.all(
    files.map(async (file) => {
      const bytes = gunzipSync(await readFile(join(folder, file)));
      if (bytes.length % 4 !== 0)
        throw new Error(`${file} is no list of 32-bit numbers: it has ${bytes.length} bytes.`);
      const requests = Uint32Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(index * 4));
      return { name: file.slice(0, -ENDING.length), requests };
    }),
  );
}
