import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inWords } from './run-lengths.js';

/** A vitest `globalSetup`: the tests of this project run what `npm start` runs, so it is built once, before the first of them. */
export default async function buildOnce(): Promise<void> {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const startedAt = performance.now();
  console.log(' Building the package and the sample, which the e2e tests run …');
  try {
    await promisify(execFile)('npm', ['run', 'build', '--silent'], { cwd: root });
  } catch (error) {
    const output = typeof error === 'object' && error !== null ? Reflect.get(error, 'stdout') : '';
    throw new Error(`npm run build failed:\n${String(output)}`, { cause: error });
  }
  console.log(` Built in ${inWords(performance.now() - startedAt)}.\n`);
}
