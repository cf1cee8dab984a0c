import { AsyncResource } from 'node:async_hooks';
import type { Clock } from '../../libs/distributed-cache/src/common/clock.js';

/** How a loader hands a read over to something else that carries it out: the read then runs outside of the loader's async context. */
export type Detour = 'worker' | 'batcher';

/** How long a batcher gathers, in ms. */
const GATHERS_FOR = 5;

interface Batch {
  /** The context of the first read of the batch, in which all of them are carried out. */
  readonly context: AsyncResource;
  readonly jobs: (() => void)[];
}

/** The worker and the batcher of an application, through which its loaders may read. */
export class Detours {
  readonly #clock: Clock;
  /** A worker that was there before any load. */
  readonly #worker = new AsyncResource('worker');
  #batch: Batch | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  through<T>(detour: Detour, read: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const job = (): void => void read().then(resolve, reject);
      if (detour === 'worker') this.#worker.runInAsyncScope(job);
      else this.#gather(job);
    });
  }

  #gather(job: () => void): void {
    if (this.#batch) {
      this.#batch.jobs.push(job);
      return;
    }
    const batch: Batch = { context: new AsyncResource('batch'), jobs: [job] };
    this.#batch = batch;
    this.#clock.schedule(() => {
      this.#batch = undefined;
      for (const each of batch.jobs) batch.context.runInAsyncScope(each);
    }, GATHERS_FOR);
  }
}
