import { runnerImport } from 'vite';
import { inRepository, ROOT } from './repository.mjs';

/**
 * Imports a TypeScript module, compiled as for the tests: with legacy decorators, and the library from its source.
 *
 * @template T the module's type
 * @param {string} path absolute, or from the root of the repository
 * @returns {Promise<T>}
 */
export async function importTypeScript(path) {
  /** @type {{ module: T }} */
  const { module } = await runnerImport(inRepository(path), {
    root: ROOT,
    configFile: inRepository('vitest.config.ts'),
    logLevel: 'error',
  });
  return module;
}
