import { DefaultReporter, type TestCase, type TestModule, type TestSpecification } from 'vitest/node';
import { inWords } from './run-lengths.js';

/** After so long without a line, in ms, one says what is running. */
const SILENCE = 10_000;

/**
 * The default reporter of Vitest, with a number before each file as it ends, and a line about what is running when nothing has ended for
 * ten seconds: on a terminal and in a file alike.
 */
export default class ProgressReporter extends DefaultReporter {
  /** By their names: Vitest makes a new object for a file when it has collected its tests. */
  readonly #running = new Set<string>();
  #files = 0;
  #finished = 0;
  #passed = 0;
  #startedAt = 0;
  #lastLineAt = 0;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor() {
    // Without its window, which counts files that have ended: for minutes there are none, as the longest run first.
    super({ summary: false });
  }

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#running.clear();
    this.#files = specifications.length;
    this.#finished = 0;
    this.#passed = 0;
    this.#startedAt = performance.now();
    super.onTestRunStart(specifications);
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => this.#breakSilence(), 1_000).unref();
  }

  override onTestModuleQueued(module: TestModule): void {
    super.onTestModuleQueued(module);
    this.#running.add(nameOf(module));
  }

  override onTestCaseResult(test: TestCase): void {
    super.onTestCaseResult(test);
    if (test.result().state === 'passed') this.#passed += 1;
  }

  override onTestModuleEnd(module: TestModule): void {
    this.#finished += 1;
    this.#running.delete(nameOf(module));
    super.onTestModuleEnd(module);
  }

  override onTestRunEnd(...[modules, errors, reason]: Parameters<DefaultReporter['onTestRunEnd']>): void {
    clearInterval(this.#heartbeat);
    super.onTestRunEnd(modules, errors, reason);
  }

  override log(...messages: unknown[]): void {
    this.#lastLineAt = performance.now();
    super.log(...messages);
  }

  /** What stands before the name of a file. */
  protected override getEntityPrefix(entity: TestCase | TestModule): string {
    const prefix = super.getEntityPrefix(entity);
    if (entity.type !== 'module') return prefix;
    return `[${`${this.#finished}`.padStart(`${this.#files}`.length)}/${this.#files}] ${prefix}`;
  }

  #breakSilence(): void {
    const now = performance.now();
    if (now - this.#lastLineAt < SILENCE) return;
    const what = this.#running.size === 0 ? 'setting up' : `running ${[...this.#running].join(', ')}`;
    this.log(` … ${inWords(now - this.#startedAt)}, ${this.#passed} tests passed; ${what}`);
  }
}

function nameOf({ project, relativeModuleId }: TestModule): string {
  return `${project.name} ${relativeModuleId}`;
}
