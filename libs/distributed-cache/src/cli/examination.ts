import type { CacheLogger } from '../common/logger.js';

/** What was found of one thing that was looked at. @internal */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'failed';
  /** What was found, what it means here, and how to mend it. Never a secret. */
  readonly message: string;
}

/** Gathers findings, and tells each as it comes. @internal */
export class Examination {
  readonly #findings: Finding[] = [];
  #isListening = true;
  readonly #tell: (finding: Finding) => void;

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  get hasFailed(): boolean {
    return this.#findings.some(({ level }) => level === 'failed');
  }

  /** Takes the lines for operators over: they say what is amiss and how to mend it. */
  get logger(): CacheLogger {
    return {
      log() {},
      debug() {},
      warn: (message, parameters) => this.#heard('warn', message, parameters),
      error: (message, parameters) => this.#heard('failed', message, parameters),
    };
  }

  /** What the instance says when it leaves was said before. */
  listenNoMore(): void {
    this.#isListening = false;
  }

  ok(check: string, message: string): void {
    this.#add(check, 'ok', message);
  }

  warn(check: string, message: string): void {
    this.#add(check, 'warn', message);
  }

  failed(check: string, message: string): void {
    this.#add(check, 'failed', message);
  }

  #heard(level: Finding['level'], message: string, parameters: object | undefined): void {
    if (this.#isListening) this.#add('instance', level, withCause(message, parameters));
  }

  #add(check: string, level: Finding['level'], message: string): void {
    const finding = { check, level, message };
    this.#findings.push(finding);
    this.#tell(finding);
  }
}

function withCause(message: string, parameters: object | undefined): string {
  const cause: unknown = parameters && Reflect.get(parameters, 'cause');
  return typeof cause === 'string' ? `${message} (${cause})` : message;
}
