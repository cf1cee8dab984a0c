// `npm run pack`: the library as a tarball, which an application installs as it would install the package from a registry.
import { execFileSync } from 'node:child_process';
import { readCommandLine } from '../tools/command-line.mjs';
import { inRepository } from '../tools/repository.mjs';
import { build } from './build/build.mjs';

readCommandLine({
  command: 'npm run pack --',
  about: 'Builds the library and packs it into a tarball in the root of the repository.',
  options: {},
});
await build();
const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', inRepository('.')], {
  cwd: inRepository('libs/distributed-cache'),
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
/** @type {[{ filename: string, size: number, entryCount: number }]} */
const [{ filename, size, entryCount }] = JSON.parse(packed);
console.log(`pack: ${filename}, ${Math.round(size / 1_024)} KiB, ${entryCount} files. In your application:`);
console.log(`  npm install ${inRepository(filename)} cache-manager ioredis`);
