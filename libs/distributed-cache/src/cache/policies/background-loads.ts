import type { Clock } from '../../common/clock.js';
import type { LoadSource } from '../loading/load-request.js';
import type { Loads } from '../loading/loads.js';
import type { RegionState } from '../region-state.js';

/** How many calls of loaders run in the background of one instance at most. */
const MOST = 64;

/**
 * The loads that no reader has asked for. They are ordinary loads otherwise: readers of the key join them, and invalidations fence them.
 *
 * Each belongs to no execution and to no hold, so its age is not the reader's. It stays in the application's own context of the reader that
 * made it due: its loader may take the tenant of the request from an `AsyncLocalStorage`, and without that it would load something else
 * under the same key.
 *
 * @internal
 */
export class BackgroundLoads {
  readonly #loads: Loads;
  readonly #clock: Clock;
  readonly #outside: <T>(callback: () => T) => T;
  readonly #running = new Set<Promise<unknown>>();
  #isClosed = false;

  /** @param outside - runs a callback in no execution and in no hold */
  constructor(loads: Loads, clock: Clock, outside: <T>(callback: () => T) => T) {
    this.#loads = loads;
    this.#clock = clock;
    this.#outside = outside;
  }

  /** Whether another one may be started. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#running.size < MOST;
  }

  /**
   * Loads `keys`, those that nobody is loading, by calls of one source. They count as one.
   *
   * @returns a promise that resolves when all have ended, however they end; `undefined`: there was nothing to do, or no room
   */
  start(region: RegionState, keys: readonly string[], source: LoadSource): Promise<void> | undefined {
    const due = this.hasRoom ? keys.filter((key) => !this.#loads.isLoading(region, key)) : [];
    if (due.length === 0) {
      source.release?.();
      return undefined;
    }
    const load = async (): Promise<void> => {
      await Promise.allSettled(due.map((key) => this.#load(region, key, source)));
      source.release?.();
    };
    return this.#outside(() => this.#run(load()));
  }

  /** Runs something else in the background that loads; it counts among the loads. @param work - never rejects */
  run(work: () => Promise<void>): Promise<void> | undefined {
    return this.hasRoom ? this.#outside(() => this.#run(work())) : undefined;
  }

  /** Starts none any more, and waits for those that run, for at most `timeout` ms. */
  async close(timeout: number): Promise<void> {
    this.#isClosed = true;
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(resolve, timeout, { keepsAlive: true });
      void Promise.allSettled(this.#running).then(() => {
        cancel();
        resolve();
      });
    });
  }

  async #run(work: Promise<void>): Promise<void> {
    this.#running.add(work);
    await work;
    this.#running.delete(work);
  }

  /** A load that times out has ended for its readers, and here. */
  async #load(region: RegionState, key: string, source: LoadSource): Promise<void> {
    await this.#loads.start(region, key, source.request(key), { isBackground: true }).outcome;
  }
}
