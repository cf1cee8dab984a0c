import { spawn } from 'node:child_process';
import { aptInstall, findOnPath } from '../../tools/system-packages.mjs';

/**
 * Makes a PNG a third as large: 64 colours, which are enough for text and flat areas.
 *
 * @param {Buffer} picture
 * @returns {Promise<Buffer>} the picture as it is where pngquant is not installed, and cannot be
 */
export async function withFewColours(picture) {
  const program = await findPngquant();
  if (program === undefined) return picture;
  const child = spawn(program, ['64', '--speed', '1', '--strip', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  /** @type {Buffer[]} */
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const code = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(picture);
  if ((await code) !== 0) throw new Error('pngquant could not read the picture.');
  return Buffer.concat(chunks);
}

async function findPngquant() {
  const found = findOnPath('pngquant');
  if (found !== undefined) return found;
  await aptInstall('pngquant', { name: 'pngquant', say: console.log });
  return findOnPath('pngquant');
}
