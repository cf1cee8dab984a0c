import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../common/clock.js';

/** What a callback can wait for: a load, which runs in an execution of its own. @internal */
export interface Awaited {
  readonly execution: Execution;
}

interface KeySet {
  has(key: string): boolean;
}

/**
 * One run of a callback of the application: the loader of a load, or the method of a put. Everything that the callback calls can ask
 * which execution it belongs to.
 *
 * @internal
 */
export class Execution {
  /** Whether the callback is still running. */
  isRunning = false;
  /** The execution in whose callback this one was started. */
  readonly parent: Execution | undefined;
  /** Created on first use: most callbacks wait for no other load. */
  #waitsFor: Set<Awaited> | undefined;
  readonly #region: object | undefined;
  readonly #keys: string | KeySet | undefined;
  #loadedAt: number;

  /**
   * @param startedAt - monotonic ms
   * @param region - the region that it loads; `undefined` for a put
   * @param keys - the canonical keys that it loads; `undefined` for a put
   */
  constructor(startedAt: number, parent: Execution | undefined, region?: object, keys?: string | KeySet) {
    this.#loadedAt = startedAt;
    this.parent = parent;
    this.#region = region;
    this.#keys = keys;
  }

  /** The result was correct at some moment not before this (monotonic ms): the start, or earlier when a copy was served on the way. */
  get loadedAt(): number {
    return this.#loadedAt;
  }

  /**
   * The callback was served a copy that was correct at `moment`. Its own result is then as old as that copy: nested loads must not add up
   * their staleness.
   */
  noteStaleAsOf(moment: number): void {
    if (moment < this.#loadedAt) this.#loadedAt = moment;
    this.parent?.noteStaleAsOf(moment);
  }

  /** Whether this execution, or one that it runs inside, loads the key. */
  isLoading(region: object, key: string): boolean {
    if (this.#region === region && this.#loads(key)) return true;
    return this.parent?.isLoading(region, key) ?? false;
  }

  beginWaitingFor(load: Awaited): void {
    this.#waitsFor ??= new Set();
    this.#waitsFor.add(load);
    this.parent?.beginWaitingFor(load);
  }

  endWaitingFor(load: Awaited): void {
    this.#waitsFor?.delete(load);
    this.parent?.endWaitingFor(load);
  }

  /**
   * {@link loadedAt}, as far as it is known while the callback runs: a load that the callback waits for may turn out older, and would
   * then make this result older, too.
   */
  loadedAtSoFar(seen = new Set<Execution>()): number {
    if (seen.has(this)) return Infinity;
    seen.add(this);
    let earliest = this.#loadedAt;
    for (const { execution } of this.#waitsFor ?? []) earliest = Math.min(earliest, execution.loadedAtSoFar(seen));
    return earliest;
  }

  /** Whether it waits, directly or through other loads, for what `other` belongs to. */
  awaits(other: Execution, seen = new Set<Execution>()): boolean {
    if (seen.has(this)) return false;
    seen.add(this);
    if (other.isInside(this)) return true;
    for (const { execution } of this.#waitsFor ?? []) if (execution.awaits(other, seen)) return true;
    return false;
  }

  isInside(other: Execution): boolean {
    return this === other || (this.parent?.isInside(other) ?? false);
  }

  #loads(key: string): boolean {
    return typeof this.#keys === 'string' ? this.#keys === key : (this.#keys?.has(key) ?? false);
  }
}

/** Tells which execution the running code belongs to. @internal */
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
    // Code that the callback started and did not await belongs to no execution once the callback has ended.
    return execution?.isRunning ? execution : undefined;
  }

  run<T>(execution: Execution, callback: () => T): T {
    this.#running += 1;
    execution.isRunning = true;
    return this.#storage.run(execution, callback);
  }

  /** May be called several times for one execution: the loads of a batch share one, and each ends it. */
  end(execution: Execution): void {
    if (!execution.isRunning) return;
    this.#running -= 1;
    execution.isRunning = false;
    if (this.#running === 0) this.#disableSoon();
  }

  /**
   * On Node 20 an enabled storage makes every `await` of the process slower, so it is on only while something loads. Switching it is slow
   * as well, so it stays on until the event loop's next turn (docs/architecture.md).
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
