import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../common/clock.js';
import type { Load } from './load.js';
import type { RegionState } from '../region-state.js';

/**
 * A load or a put while its callback runs, known to everything that the callback calls.
 *
 * @internal
 */
export class Execution {
  /** Whether its callback is not done. */
  isRunning = false;
  readonly parent: Execution | undefined;
  /** Made for those that wait: most wait for nothing. */
  #waitsFor: Set<Load> | undefined;
  readonly #region: RegionState | undefined;
  readonly #keys: string | ReadonlySet<string> | undefined;
  #loadedAt: number;

  /** @param keys - what it loads; none for a put */
  constructor(
    startedAt: number,
    parent: Execution | undefined,
    region?: RegionState,
    keys?: string | ReadonlySet<string>,
  ) {
    this.#loadedAt = startedAt;
    this.parent = parent;
    this.#region = region;
    this.#keys = keys;
  }

  /** The loads whose result its callback awaits. */
  get waitsFor(): Iterable<Load> {
    return this.#waitsFor ?? [];
  }

  /** Since when its result may have been untrue: its start, or earlier when it was served older copies on the way. */
  get loadedAt(): number {
    return this.#loadedAt;
  }

  /** It was served a copy that was known to be true at `since`. Nesting must not add to staleness, so its own result is no younger. */
  noteStaleAsOf(since: number): void {
    if (since < this.#loadedAt) this.#loadedAt = since;
    this.parent?.noteStaleAsOf(since);
  }

  /** Whether it, or one that it runs inside of, is what loads this key. */
  isLoading(region: RegionState, key: string): boolean {
    if (this.#region === region && this.#isOneOfMine(key)) return true;
    return this.parent?.isLoading(region, key) ?? false;
  }

  beginWaitingFor(load: Load): void {
    this.#waitsFor ??= new Set();
    this.#waitsFor.add(load);
    this.parent?.beginWaitingFor(load);
  }

  endWaitingFor(load: Load): void {
    this.#waitsFor?.delete(load);
    this.parent?.endWaitingFor(load);
  }

  isInside(other: Execution): boolean {
    return this === other || (this.parent?.isInside(other) ?? false);
  }

  #isOneOfMine(key: string): boolean {
    return typeof this.#keys === 'string' ? this.#keys === key : (this.#keys?.has(key) ?? false);
  }
}

/** Which load or put the running code belongs to. @internal */
export class Executions {
  readonly #clock: Clock;
  readonly #storage = new AsyncLocalStorage<Execution>();
  #running = 0;
  #isDisableScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get current(): Execution | undefined {
    if (this.#running === 0) return undefined;
    const execution = this.#storage.getStore();
    // What a callback left behind, un-awaited, belongs to nothing once the callback is done.
    return execution?.isRunning ? execution : undefined;
  }

  run<T>(execution: Execution, callback: () => T): T {
    this.#running += 1;
    execution.isRunning = true;
    return this.#storage.run(execution, callback);
  }

  /** Several loads may share one execution, and each ends it. */
  end(execution: Execution): void {
    if (!execution.isRunning) return;
    this.#running -= 1;
    execution.isRunning = false;
    if (this.#running === 0) this.#disableSoon();
  }

  /**
   * On Node 20 an enabled storage doubles the price of every promise in the process (measured 70 ns → 157 ns an await): hits pay for it
   * only while something loads. To switch it costs a load a third of its time, so it stays on until the event loop's next turn.
   */
  #disableSoon(): void {
    if (this.#isDisableScheduled) return;
    this.#isDisableScheduled = true;
    this.#clock.nextTurn(() => {
      this.#isDisableScheduled = false;
      if (this.#running === 0) this.#storage.disable();
    });
  }
}
