// `npm run pack`: the library as a tarball, which an application installs as it would install the package from a registry.
import { readCommandLine } from '../tools/command-line.mjs';
import { inRepository } from '../tools/repository.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { packed } from './pack/pack.mjs';

readCommandLine({
  command: 'npm run pack --',
  about: 'Builds the library and packs it into a tarball in the root of the repository.',
  options: {},
});
try {
  const { path, name, size, files } = await packed({ to: inRepository('.'), say: console.log });
  console.log(`pack: ${name}, ${Math.round(size / 1_024)} KiB, ${files} files. In your application:`);
  const install = `npm install ${path} cache-manager ioredis @nestjs/config`;
  console.log(`  ${install}     # Nest 12\n  ${install}@4   # Nest 11`);
} catch (error) {
  console.error(`pack: ${messageOf(error)}`);
  process.exit(1);
}
