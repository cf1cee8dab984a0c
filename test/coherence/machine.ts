import type { CancelTimer, Clock } from '../../libs/distributed-cache/src/common/clock.js';

/** A rest of time that is shorter, in ms, is an error of rounding: added to the time of the clock, it may not move it. */
const RESOLUTION = 0.001;

/**
 * The machine of one simulated instance. It has a clock of its own, and can stand still.
 *
 * A blocked event loop stops the instance, but no clock. A suspension stops the machine's monotonic clock as well, and its wall clock may
 * be set back meanwhile.
 */
export class Machine implements Clock {
  readonly #world: Clock;
  #slept = 0;
  #setBack = 0;
  #asleepSince: number | undefined;
  #isStopped = false;
  #whenRunning: (() => void)[] = [];

  constructor(world: Clock) {
    this.#world = world;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  now(): number {
    return (this.#asleepSince ?? this.#world.now()) - this.#slept;
  }

  wallNow(): number {
    return this.#world.wallNow() - this.#setBack;
  }

  uptimeNow(): number {
    return this.#world.now();
  }

  schedule(callback: () => void, delay: number): CancelTimer {
    const due = this.now() + Math.max(0, delay);
    let isCancelled = false;
    let cancel: CancelTimer = () => {};
    const arm = (left: number): void => {
      cancel = this.#world.schedule(() => this.run(expire), left);
    };
    const expire = (): void => {
      if (isCancelled) return;
      const left = due - this.now();
      if (left > RESOLUTION) arm(left);
      else callback();
    };
    arm(delay);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  nextTurn(callback: () => void): void {
    this.schedule(callback, 0);
  }

  /** Runs `callback` now; if the machine stands still, when it runs again, in the order of the calls. So does what waits in a socket. */
  run(callback: () => void): void {
    if (this.#isStopped) this.#whenRunning.push(callback);
    else callback();
  }

  /** Blocks its event loop for `milliseconds`. */
  block(milliseconds: number): void {
    this.#stop(milliseconds, () => {});
  }

  /**
   * Suspends it for `milliseconds`; then `awake` is called before anything else runs.
   *
   * @param setBack - by how much the wall clock is set back meanwhile, in ms
   */
  suspend(milliseconds: number, awake: () => void, setBack = 0): void {
    if (this.#isStopped) return;
    const since = this.#world.now();
    this.#asleepSince = since;
    this.#setBack += setBack;
    this.#stop(milliseconds, () => {
      this.#asleepSince = undefined;
      this.#slept += this.#world.now() - since;
      awake();
    });
  }

  #stop(milliseconds: number, ended: () => void): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#world.schedule(() => {
      ended();
      this.#isStopped = false;
      const waiting = this.#whenRunning;
      this.#whenRunning = [];
      for (const callback of waiting) this.run(callback);
    }, milliseconds);
  }
}
