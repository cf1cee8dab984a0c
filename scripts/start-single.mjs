// `npm run start:single`: one instance with no Redis at all. The cache is in local mode, the embedded default.
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CONNECTION_STRING_VARIABLES, loadEnvironmentFile, readPort, SAMPLE } from './environment.mjs';
import { whenNpmStops } from './parent-death.mjs';

loadEnvironmentFile();
let port = 0;
try {
  port = readPort(process.env);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
for (const name of CONNECTION_STRING_VARIABLES) delete process.env[name];
// The application reads the `.env` of its working directory itself: the one in the root may name a Redis.
process.chdir(dirname(SAMPLE));
whenNpmStops(() => process.kill(process.pid, 'SIGTERM'));
// Done when it listens.
await import(pathToFileURL(SAMPLE).href);
console.log(`
  One instance, without Redis  http://localhost:${port}
    curl -i http://localhost:${port}/products/1
  Ctrl-C stops it.
`);
