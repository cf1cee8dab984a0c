import type { Logger } from '@nestjs/common';
import { EventEmitter } from '../../../libs/distributed-cache/src/cache/events.js';
import { DistributedCacheError } from '../../../libs/distributed-cache/src/errors.js';
import { LocalStore } from '../../../libs/distributed-cache/src/store/local-store.js';
import { everythingSaid } from './everything-said.js';

const LEVELS = ['log', 'warn', 'error', 'debug', 'verbose', 'fatal'] as const;

type LoggerClass = new (...args: ConstructorParameters<typeof Logger>) => Logger;

const overheardLoggers = new WeakMap<typeof Logger, LoggerClass>();
let isListening = false;

/** A class like `NestLogger` that notes every line, before Nest filters it or a test spies on it; one and the same for all files of a process. */
export function overheardLogger(NestLogger: typeof Logger): LoggerClass {
  const known = overheardLoggers.get(NestLogger);
  if (known) return known;
  class OverheardLogger extends NestLogger {
    constructor(...args: ConstructorParameters<typeof Logger>) {
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
  overheardLoggers.set(NestLogger, OverheardLogger);
  return OverheardLogger;
}

/** Notes, from now on and in every file of this process, what errors, events and standard output say, and what is stored. */
export function listenEverywhere(): void {
  if (isListening) return;
  isListening = true;
  overhearErrors();
  overhearEvents();
  learnStoredValues();
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table']) {
    overhear(console, method, `console.${method}`);
  }
  overhear(process.stdout, 'write', 'standard output');
  overhear(process.stderr, 'write', 'standard error');
  process.on('warning', (warning) => everythingSaid.hear('a warning', warning.message));
}

function overhearErrors(): void {
  // The base class gives every error its name once it has its message.
  Object.defineProperty(DistributedCacheError.prototype, 'name', {
    configurable: true,
    get: () => 'DistributedCacheError',
    set(this: DistributedCacheError, name: string) {
      Object.defineProperty(this, 'name', { value: name, configurable: true, enumerable: true, writable: true });
      everythingSaid.hear(name, this.message, this.cause);
    },
  });
}

function overhearEvents(): void {
  const { emit } = EventEmitter.prototype;
  EventEmitter.prototype.emit = function (event, details): void {
    // What a loader threw is the application's own, and is passed on as it is.
    const told = event === 'loadError' ? { ...details, error: undefined } : details;
    everythingSaid.hear(`the event '${event}'`, told);
    emit.call(this, event, details);
  };
}

function learnStoredValues(): void {
  const { set } = LocalStore.prototype;
  LocalStore.prototype.set = function (region, entry, now) {
    // Some tests store the key, to see which it was.
    if (entry.value !== entry.key) everythingSaid.secrets.add(entry.value);
    return set.call(this, region, entry, now);
  };
}

function overhear(object: object, method: string, source: string): void {
  const original: unknown = Reflect.get(object, method);
  if (typeof original !== 'function') throw new Error(`there is no ${source} to listen to`);
  Reflect.set(object, method, (...args: unknown[]): unknown => {
    everythingSaid.hear(source, ...args);
    return Reflect.apply(original, object, args);
  });
}
