import type { CancelTimer, Clock } from '../../../common/clock.js';
import { detachedDeferred } from '../../../common/detached.js';
import type { Evicted } from '../evicted.js';

/** Callers with one timeout share one promise if they ask within this time, in ms: about those of one tick. */
const AT_ONCE = 1;

/** The callers of one tick who wait until no instance can serve what they evicted, with one timeout and over one promise. @internal */
export class WaitingCallers {
  readonly timeout: number;
  /** Called when their timeout is over: settles them. */
  timedOut: (callers: WaitingCallers) => void;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #cancelTimeout: CancelTimer;
  /** A message may keep it for longer than its callers wait. */
  readonly #callers = detachedDeferred<Evicted>();
  #isSettled = false;

  constructor(timeout: number, clock: Clock, timedOut: (callers: WaitingCallers) => void) {
    this.timeout = timeout;
    this.timedOut = timedOut;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#cancelTimeout = clock.schedule(() => this.timedOut(this), timeout, { keepsAlive: true });
  }

  get settled(): Promise<Evicted> {
    return this.#callers.promise;
  }

  /** Whether a caller who asks now may join. */
  mayJoin(timeout: number): boolean {
    return !this.#isSettled && timeout === this.timeout && this.#clock.now() - this.#startedAt < AT_ONCE;
  }

  confirmed(instances: number): void {
    this.#settle();
    this.#callers.resolve({ delivered: true, instances, waited: this.#clock.now() - this.#startedAt });
  }

  failed(error: Error): void {
    this.#settle();
    this.#callers.reject(error);
  }

  #settle(): void {
    this.#isSettled = true;
    this.#cancelTimeout();
  }
}
