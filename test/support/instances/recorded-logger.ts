import type { CacheLogger } from '../../../libs/distributed-cache/src/common/logger.js';
import { everythingSaid } from '../secrets/everything-said.js';

export interface LogLine {
  readonly level: 'log' | 'warn' | 'error' | 'debug';
  readonly message: string;
  readonly parameters: object | undefined;
}

/** Keeps what an operator would have read. */
export class RecordedLogger implements CacheLogger {
  readonly lines: LogLine[] = [];
  readonly isDebugEnabled: () => boolean;
  readonly #all: RecordedLogger | undefined;

  /**
   * @param options.isDebugEnabled - whether the course of operations is recorded; default: `false`
   * @param options.all - keeps every line as well, beside those of other loggers; default: none
   */
  constructor({
    isDebugEnabled = false,
    all,
  }: { readonly isDebugEnabled?: boolean; readonly all?: RecordedLogger } = {}) {
    this.isDebugEnabled = () => isDebugEnabled;
    this.#all = all;
  }

  log(message: string, parameters?: object): void {
    this.#keep('log', message, parameters);
  }

  warn(message: string, parameters?: object): void {
    this.#keep('warn', message, parameters);
  }

  error(message: string, parameters?: object): void {
    this.#keep('error', message, parameters);
  }

  debug(message: string, parameters?: object): void {
    this.#keep('debug', message, parameters);
  }

  /** The lines of one level. */
  at(level: LogLine['level']): readonly LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  #keep(level: LogLine['level'], message: string, parameters: object | undefined): void {
    everythingSaid.hear(`the log at '${level}'`, message, parameters);
    const line = { level, message, parameters };
    this.lines.push(line);
    this.#all?.lines.push(line);
  }
}
