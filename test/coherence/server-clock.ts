import type { CancelTimer, Clock } from '../../libs/distributed-cache/src/common/clock.js';

/** The clock of the server. Its wall clock may be set: forward, or back. */
export class ServerClock implements Clock {
  readonly #world: Clock;
  #step = 0;

  constructor(world: Clock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now();
  }

  wallNow(): number {
    return this.#world.wallNow() + this.#step;
  }

  schedule(callback: () => void, delay: number): CancelTimer {
    return this.#world.schedule(callback, delay);
  }

  nextTurn(callback: () => void): void {
    this.#world.nextTurn(callback);
  }

  /** Sets the wall clock forward by `milliseconds`; back, if that is negative. */
  set(milliseconds: number): void {
    this.#step += milliseconds;
  }
}
