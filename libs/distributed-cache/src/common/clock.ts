// Not the global of the same name: on Node 20 that is a getter, which costs a hit a twentieth.
import { performance } from 'node:perf_hooks';

/**
 * Time as the protocol sees it. Injected everywhere, so that every rule about time is tested without waiting.
 *
 * @publicApi
 */
export interface Clock {
  /** Monotonic milliseconds; comparable only with other readings of this clock. */
  now(): number;
  /** Wall-clock milliseconds; only ever used to notice that the machine was suspended. */
  wallNow(): number;
  /** Runs `callback` once after `delay` ms, unless the returned function is called first. Never keeps the process alive. */
  schedule(callback: () => void, delay: number): CancelTimer;
  /** Runs `callback` after the event loop has had one more chance to read from its sockets. */
  nextTurn(callback: () => void): void;
}

/** @publicApi */
export type CancelTimer = () => void;

/** @internal */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  schedule(callback, delay) {
    const timer = setTimeout(callback, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
  nextTurn(callback) {
    setImmediate(callback);
  },
};
