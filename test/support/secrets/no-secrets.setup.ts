import { afterAll, vi } from 'vitest';
import { everythingSaid } from './everything-said.js';
import { listenEverywhere } from './overheard.js';

/*
 * A vitest `setupFile` of every project: whatever a test file is about, it fails when a password or a cached value was said in it,
 * in a log line, an event, an error, or on standard output.
 */

// Where the library asks for a line. Loaded by the tests that use Nest, only.
vi.mock('@nestjs/common', async (importOriginal) => {
  const { overheardLogger } = await import('./overheard.js');
  const nest = await importOriginal<typeof import('@nestjs/common')>();
  return { ...nest, Logger: overheardLogger(nest.Logger) };
});

listenEverywhere();
// Where files share a process, each answers for itself.
everythingSaid.forget();
afterAll(() => everythingSaid.expectNoSecrets());
