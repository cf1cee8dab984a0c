// `npm run build`: compiles the library, as ES modules and as CommonJS, and the sample application. What has not changed is not compiled again.
import { flag, readCommandLine } from '../tools/command-line.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { build } from './build/build.mjs';

const { force } = readCommandLine({
  command: 'npm run build --',
  about: 'Compiles the library, as ES modules and as CommonJS, and the sample application, unless nothing has changed.',
  options: { force: flag('compiles everything, changed or not') },
});
try {
  await build({ force });
} catch (error) {
  console.error(`build: ${messageOf(error)}`);
  process.exit(1);
}
