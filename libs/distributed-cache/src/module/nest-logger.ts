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
  const logger = new Logger('DistributedCache');
  const isRequested = (env['NODE_DEBUG'] ?? '').split(',').includes(DEBUG_SECTION);
  const write = (level: 'log' | 'warn' | 'error' | 'debug', message: string, details?: object): void => {
    if (details === undefined) logger[level](message);
    else if (takesDetails) logger[level](message, details);
    else logger[level](`${message} ${inspect(details, { compact: true, breakLength: Infinity })}`);
  };
  return {
    log: (message, details) => write('log', message, details),
    warn: (message, details) => write('warn', message, details),
    error: (message, details) => write('error', message, details),
    debug: (message, details) => write('debug', message, details),
    isDebugEnabled: () => isRequested && Logger.isLevelEnabled('debug'),
  };
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
