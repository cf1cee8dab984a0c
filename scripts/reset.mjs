// `npm run reset`: puts the data of the sample application back as it was at first, whether or not it runs.
import { pathToFileURL } from 'node:url';
import { readCommandLine } from '../tools/command-line.mjs';
import { loadEnvironmentFile, readSettings } from '../tools/environment.mjs';
import { inRepository } from '../tools/repository.mjs';
import { messageOf } from '../tools/message-of.mjs';
import { build } from './build/build.mjs';

readCommandLine({
  command: 'npm run reset --',
  about:
    'Puts the data of the sample application back as it was at first. If the application runs, its instances drop what they have cached.',
  options: {},
});

try {
  loadEnvironmentFile();
  const { port, origin } = readSettings(process.env);
  await build();
  console.log(`reset: ${await resetCatalogue()} products are as they were at first.`);
  console.log(
    (await clearCaches(`${origin}:${port}`))
      ? 'reset: the instances of the running application have dropped what they had cached.'
      : `reset: no application answers on port ${port}, so there was nothing to clear.`,
  );
} catch (error) {
  console.error(`reset: ${messageOf(error)}`);
  process.exit(1);
}

async function resetCatalogue() {
  /** @param {string} name @returns {Promise<any>} a module of the compiled application */
  const compiled = (name) => import(pathToFileURL(inRepository(`apps/sample/dist/catalogue/${name}.js`)).href);
  const { catalogueConfig } = await compiled('catalogue.config');
  const { CatalogueDatabase } = await compiled('catalogue-database');
  const database = await CatalogueDatabase.open({ ...catalogueConfig(), latency: 0 });
  try {
    return database.reset();
  } finally {
    database.onApplicationShutdown();
  }
}

/** @param {string} frontDoor its address */
async function clearCaches(frontDoor) {
  try {
    // A connection kept alive would keep the instance from closing if Ctrl-C came now.
    const options = { method: 'POST', headers: { connection: 'close' }, signal: AbortSignal.timeout(5_000) };
    return (await fetch(`${frontDoor}/cache/clear`, options)).ok;
  } catch {
    return false;
  }
}
