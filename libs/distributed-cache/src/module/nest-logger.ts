import { env } from 'node:process';
import { inspect } from 'node:util';
import { ConsoleLogger, Logger } from '@nestjs/common';
import type { CacheLogger } from '../common/logger.js';

/** Set `NODE_DEBUG` to this to see the course of loads and invalidations, as with modules of Node.js. */
const DEBUG_SECTION = 'distributed-cache';

/**
 * Nest's logger, which writes the course of single loads and invalidations only on request.
 *
 * The level `debug` alone is no request: Nest's logger writes every level by default, in production as well, and every application would
 * get several lines for each miss.
 *
 * @param takesDetails - whether a logger of this Nest takes details behind the message. Default: found out.
 *
 * @internal
 */
export function nestLogger(takesDetails = takesDetailsOf(ConsoleLogger)): CacheLogger {
  const lines = new Lines(takesDetails);
  const write = keptBack((level: Level, message: string, details?: object) => {
    try {
      lines.write(level, message, details);
    } catch {
      // The logger is of the application, such as one whose worker has ended. The copies must not depend on a line, and nobody else reads it.
    }
  });
  const isRequested = (env['NODE_DEBUG'] ?? '').split(',').includes(DEBUG_SECTION);
  return {
    log: (message, details) => write('log', message, details),
    warn: (message, details) => write('warn', message, details),
    error: (message, details) => write('error', message, details),
    debug: (message, details) => write('debug', message, details),
    isDebugEnabled: () => isRequested && Logger.isLevelEnabled('debug'),
  };
}

type Level = 'log' | 'warn' | 'error' | 'debug';

/** Hands lines to the logger of the application, in the form that it takes the details in. */
class Lines {
  readonly #logger = new Logger('DistributedCache');
  readonly #takesDetails: boolean;

  constructor(takesDetails: boolean) {
    this.#takesDetails = takesDetails;
  }

  write(level: Level, message: string, details?: object): void {
    if (details === undefined) this.#logger[level](message);
    else this.#logger[level](...this.#withDetails(message, details));
  }

  #withDetails(message: string, details: object): [message: unknown, ...details: unknown[]] {
    switch (this.#form()) {
      case 'details behind':
        return [message, details];
      case 'details first':
        return [details, message];
      case 'one object':
        return [{ message, ...details }];
      case 'text':
        return [`${message} ${inspect(details, { compact: true, breakLength: Infinity })}`];
    }
  }

  /** Asked for each line: the application may choose its logger after the cache was made. */
  #form(): 'details behind' | 'details first' | 'one object' | 'text' {
    const chosen: unknown = Reflect.get(this.#logger, 'localInstance');
    if (typeof chosen !== 'object' || chosen === null || chosen instanceof ConsoleLogger) {
      if (this.#takesDetails) return 'details behind';
      return isJson(chosen) ? 'one object' : 'text';
    }
    // Others than the console logger take what is behind the message for the context, or leave it out, as pino does.
    return isPino(chosen) ? 'details first' : 'one object';
  }
}

/**
 * While Nest keeps lines back (`bufferLogs`), so that the application can still choose its logger, these calls are kept back as well: only
 * then it is known which form the logger takes. Nest has this for its own methods, and gives it no public name.
 */
function keptBack<Args extends unknown[]>(write: (...args: Args) => void): (...args: Args) => void {
  const wrap: unknown = Reflect.get(Logger, 'WrapBuffer');
  if (typeof wrap !== 'function') return write;
  const descriptor = { value: write };
  Reflect.apply(wrap, Logger, [Lines.prototype, 'write', descriptor]);
  return descriptor.value;
}

/** The console logger of Nest 11 with `json: true` writes an object as fields, and another one as another line. */
function isJson(logger: unknown): boolean {
  return logger instanceof ConsoleLogger && Object(Reflect.get(logger, 'options')).json === true;
}

/** The logger of nestjs-pino has its text in `msg`, which is the argument behind the fields. */
function isPino(logger: object): boolean {
  const inner: unknown = Reflect.get(logger, 'logger');
  return typeof inner === 'object' && inner !== null && inner.constructor.name === 'PinoLogger';
}

/** Nest 12 writes an object behind the message on the line of the message, Nest 11 as a message of its own. @internal */
export function takesDetailsOf(Console: typeof ConsoleLogger): boolean {
  let written = 0;
  class Probe extends Console {
    protected override printMessages(messages: unknown[]): void {
      written = messages.length;
    }
  }
  new Probe('', { logLevels: ['log'] }).log('message', { of: 'details' });
  return written === 1;
}
