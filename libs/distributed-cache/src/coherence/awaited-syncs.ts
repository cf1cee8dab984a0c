import type { Clock } from '../common/clock.js';
import { detachedDeferred } from '../common/detached.js';

interface Awaited {
  /** Monotonic ms. */
  readonly since: number;
  settle(isComplete: boolean): void;
}

/** Tells those who ask when a sync is complete that was sent after they asked: until then, something may not have arrived. @internal */
export class AwaitedSyncs {
  readonly #clock: Clock;
  readonly #awaited = new Set<Awaited>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns `false` after `timeout` ms without such a sync, and when nothing is synced any more */
  next(timeout: number): Promise<boolean> {
    const { promise, resolve } = detachedDeferred<boolean>();
    const settle = (isComplete: boolean): void => {
      cancel();
      this.#awaited.delete(awaited);
      resolve(isComplete);
    };
    const awaited: Awaited = { since: this.#clock.now(), settle };
    this.#awaited.add(awaited);
    const cancel = this.#clock.schedule(() => settle(false), timeout);
    return promise;
  }

  /** A sync that was sent at `sentAt`, in monotonic ms, is complete. */
  synced(sentAt: number): void {
    for (const awaited of this.#awaited) if (sentAt >= awaited.since) awaited.settle(true);
  }

  close(): void {
    for (const awaited of this.#awaited) awaited.settle(false);
  }
}
