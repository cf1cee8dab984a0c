import type { CacheLogger } from '../common/logger.js';

/** What was found of one thing that was looked at. @internal */
export interface Finding {
  readonly check: string;
  readonly level: 'ok' | 'warn' | 'failed';
  /** What was found, what it means here, and how to mend it. Never a secret. */
  readonly message: string;
}

/** A line that an instance has logged. */
interface Line {
  readonly level: Finding['level'];
  readonly message: string;
  readonly cause: string | undefined;
}

/** Gathers findings, and tells each as it comes. @internal */
export class Examination {
  readonly #findings: Finding[] = [];
  /** What the instance has said and was not told yet: a step that fails by the same cause says it better. */
  #lines: Line[] = [];
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

  /** Tells what the instance has said. What it says when it leaves was said before. */
  listenNoMore(): void {
    this.#isListening = false;
    for (const { level, message, cause } of this.#lines)
      this.#add('instance', level, cause === undefined ? message : `${message} (${cause})`);
    this.#lines = [];
  }

  /**
   * The last cause that the instance has named, and no line about that cause is told any more.
   *
   * @param about - the message of the line; `undefined`: any
   */
  takeCause(about?: string): string | undefined {
    const cause = this.#lines.findLast((line) => about === undefined || line.message === about)?.cause;
    if (cause !== undefined) this.#lines = this.#lines.filter((line) => line.cause !== cause);
    return cause;
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
    if (!this.#isListening) return;
    const cause: unknown = parameters && Reflect.get(parameters, 'cause');
    this.#lines.push({ level, message, cause: typeof cause === 'string' ? cause : undefined });
  }

  #add(check: string, level: Finding['level'], message: string): void {
    const finding = { check, level, message };
    this.#findings.push(finding);
    this.#tell(finding);
  }
}
