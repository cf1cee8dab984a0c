import { afterAll, vi } from 'vitest';
import { EventEmitter } from '../../../libs/distributed-cache/src/cache/events.js';
import { DistributedCacheError } from '../../../libs/distributed-cache/src/errors.js';
import { LocalStore } from '../../../libs/distributed-cache/src/store/local-store.js';
import { everythingSaid } from './everything-said.js';

/*
 * A vitest `setupFile` of every project: whatever a test file is about, it fails when a password or a cached value was said in it,
 * in a log line, an event, an error, or on standard output.
 */

const LEVELS = ['log', 'warn', 'error', 'debug', 'verbose', 'fatal'] as const;

// Where the library asks for a line, before Nest filters it or a test spies on it. Loaded by the tests that use Nest, only.
vi.mock('@nestjs/common', async (importOriginal) => {
  const nest = await importOriginal<typeof import('@nestjs/common')>();
  class OverheardLogger extends nest.Logger {
    constructor(...args: [context: string, options?: { timestamp?: boolean }]) {
      super(...args);
      for (const level of LEVELS) {
        // Looked up at every call: a test may have put a spy in its place.
        const say = (...parts: [unknown, ...unknown[]]): void => {
          everythingSaid.hear(`Logger.${level}`, ...parts);
          OverheardLogger.prototype[level].apply(this, parts);
        };
        Object.defineProperty(this, level, { value: say, configurable: true, writable: true });
      }
    }
  }
  Object.defineProperty(OverheardLogger, 'name', { value: 'Logger' });
  return { ...nest, Logger: OverheardLogger };
});

// The base class gives every error its name once it has its message.
Object.defineProperty(DistributedCacheError.prototype, 'name', {
  configurable: true,
  get: () => 'DistributedCacheError',
  set(this: DistributedCacheError, name: string) {
    Object.defineProperty(this, 'name', { value: name, configurable: true, enumerable: true, writable: true });
    everythingSaid.hear(name, this.message, this.cause);
  },
});

const { emit } = EventEmitter.prototype;
EventEmitter.prototype.emit = function (event, details): void {
  // What a loader threw is the application's own, and is passed on as it is.
  const told = event === 'loadError' ? { ...details, error: undefined } : details;
  everythingSaid.hear(`the event '${event}'`, told);
  emit.call(this, event, details);
};

const { set } = LocalStore.prototype;
LocalStore.prototype.set = function (region, entry) {
  // Some tests store the key, to see which it was.
  if (entry.value !== entry.key) everythingSaid.secrets.add(entry.value);
  return set.call(this, region, entry);
};

for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']) {
  overhear(console, method, `console.${method}`);
}
overhear(process.stdout, 'write', 'standard output');
overhear(process.stderr, 'write', 'standard error');
process.on('warning', (warning) => everythingSaid.hear('a warning', warning.message));

afterAll(() => everythingSaid.expectNoSecrets());

function overhear(object: object, method: string, source: string): void {
  const original: unknown = Reflect.get(object, method);
  if (typeof original !== 'function') throw new Error(`there is no ${source} to listen to`);
  Reflect.set(object, method, (...args: unknown[]): unknown => {
    everythingSaid.hear(source, ...args);
    return Reflect.apply(original, object, args);
  });
}
