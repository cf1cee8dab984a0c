// `npm run start:single`: one instance without Redis. The cache is in local mode, the default.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readCommandLine } from '../tools/command-line.mjs';
import { CONNECTION_STRING_VARIABLES, loadEnvironmentFile, readSingleSettings, SAMPLE } from '../tools/environment.mjs';
import { isPortFree } from '../tools/ports.mjs';
import { build } from './build/build.mjs';
import { whenNpmStops } from '../tools/parent-death.mjs';
import { messageOf } from '../tools/message-of.mjs';

readCommandLine({
  command: 'npm run start:single --',
  about:
    'Starts one instance of the sample application without Redis, until Ctrl-C. PORT sets its port (3000), HOST its interface (127.0.0.1).',
  options: {},
});
loadEnvironmentFile();
let port = 0;
let host = '';
try {
  ({ port, host } = readSingleSettings(process.env));
  if (!(await isPortFree(port, host))) {
    const remedy = `Stop that one, or choose another port: PORT=${port + 1000} npm run start:single`;
    throw new Error(`Port ${port} is in use by another program. ${remedy}`);
  }
  await build();
} catch (error) {
  console.error(messageOf(error));
  process.exit(1);
}
for (const name of CONNECTION_STRING_VARIABLES) delete process.env[name];
// The application reads the `.env` of its working directory, and the one in the root may name a Redis.
process.chdir(dirname(SAMPLE));
whenNpmStops(() => process.kill(process.pid, 'SIGTERM'));
// Resolves when it listens.
await import(pathToFileURL(SAMPLE).href);
console.log(`
  One instance, without Redis  http://localhost:${port}
    curl -i http://localhost:${port}/products/1
  Ctrl-C stops it.
`);
