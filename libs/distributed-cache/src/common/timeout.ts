import { systemClock, type Clock } from './clock.js';
import { detached } from './detached.js';
import { errorFrom } from './error-from.js';

/** How a wait ends that its promise does not end. @internal */
export interface Timeout<T> {
  /** How long to wait, in ms. */
  readonly ms: number;
  /** Gives the outcome when the time is over: returns a value, or throws an error. */
  onTimeout(this: void): T;
  /** The clock that measures the time. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Ends the wait at once when it is aborted. Default: nothing does. */
  readonly signal?: AbortSignal | undefined;
  /** Gives the outcome when `signal` is aborted. Default: throws the reason of the signal. */
  onAbort?(this: void): T;
}

/**
 * The outcome of `promise`, for which nobody waits longer than a given time. The only deadline on a promise in this library.
 *
 * When the time is over, the event loop gets one more turn: if the loop itself was blocked, the answer may be in the socket already,
 * unread, while the timer is due. The timer does not keep the process alive. Whatever `promise` rejects with arrives as an `Error`.
 *
 * @internal
 */
export function withTimeout<T>(promise: Promise<T>, timeout: Timeout<T>): Promise<T> {
  const { ms, onTimeout, clock = systemClock, signal, onAbort } = timeout;
  const wait = (resolve: (value: T) => void, reject: (error: Error) => void): void => {
    const finish = (): void => {
      cancel();
      signal?.removeEventListener('abort', aborted);
    };
    const endWith = (outcome: () => T): void => {
      finish();
      try {
        resolve(outcome());
      } catch (error) {
        reject(errorFrom(error));
      }
    };
    const aborted = (): void => endWith(onAbort ?? (() => throwReasonOf(signal)));
    const cancel = clock.schedule(() => clock.nextTurn(() => endWith(onTimeout)), ms);
    promise.then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(errorFrom(error));
      },
    );
    if (!signal) return;
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
  };
  // `promise` may stay pending after the timeout, with what listens to it.
  return detached(() => new Promise(wait));
}

function throwReasonOf(signal: AbortSignal | undefined): never {
  throw errorFrom(signal?.reason);
}
