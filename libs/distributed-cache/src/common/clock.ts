// Not the global of the same name: on Node 20 that is a getter, which every hit would call.
import { performance } from 'node:perf_hooks';
import { uptime } from 'node:os';
import { detached } from './detached.js';

/**
 * The time by which a cache works. It is injected everywhere, so that every rule about time is tested without waiting.
 *
 * @publicApi
 */
export interface Clock {
  /** Monotonic time in ms. It compares only with other readings of the same clock. */
  now(): number;
  /** Wall-clock time in ms. It is used only to notice that the machine was suspended. */
  wallNow(): number;
  /**
   * The time since the machine was started, in ms, suspensions included. It too is used only to notice them: the wall clock may be set back
   * during one. Default: unknown.
   */
  uptimeNow?(): number;
  /**
   * Calls `callback` once after `delay` ms, unless the returned function is called before.
   *
   * @param options - `keepsAlive`: the process does not end before. Default: the timer does not keep it alive.
   */
  schedule(callback: () => void, delay: number, options?: TimerOptions): CancelTimer;
  /** Calls `callback` after the event loop has had one more chance to read from its sockets. */
  nextTurn(callback: () => void): void;
}

/** Options of a timer of a {@link Clock}. @publicApi */
export interface TimerOptions {
  /** Whether the process goes on until the timer fires or is cancelled: the timer settles a promise that somebody awaits. */
  readonly keepsAlive?: boolean | undefined;
}

/** Cancels a timer; does nothing once the timer has fired. @publicApi */
export type CancelTimer = () => void;

/** The longest timer of Node.js, in ms: it fires a longer one at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** @internal */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  uptimeNow: () => uptime() * 1_000,
  schedule(callback, delay, options) {
    if (delay > LONGEST_TIMER) {
      const rest = (): void => void (cancel = systemClock.schedule(callback, delay - LONGEST_TIMER, options));
      let cancel = systemClock.schedule(rest, LONGEST_TIMER, options);
      return () => cancel();
    }
    const timer = detached(() => setTimeout(callback, delay));
    if (!options?.keepsAlive) timer.unref();
    return () => clearTimeout(timer);
  },
  nextTurn(callback) {
    detached(() => setImmediate(callback));
  },
};
