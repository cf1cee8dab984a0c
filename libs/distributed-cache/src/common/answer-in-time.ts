import type { Clock } from './clock.js';
import { errorFrom } from './error-from.js';

/** No answer came in time: the link is as good as dead. @internal */
export class NoAnswerError extends Error {
  constructor(what: string, timeout: number) {
    super(`no answer to ${what} within ${timeout} ms`);
    this.name = 'NoAnswerError';
  }
}

/**
 * The answer to `ask`, or a {@link NoAnswerError} after `timeout` ms **and one more turn of the event loop**: when the loop itself was blocked, the
 * answer may lie in the socket, unread, while the timer is already due.
 *
 * @internal
 */
export function answerInTime<T>(ask: () => Promise<T>, what: string, timeout: number, clock: Clock): Promise<T> {
  return new Promise((resolve, reject) => {
    // A bridge that throws instead of rejecting is no reason to throw out of a microtask.
    const answer = new Promise<T>((settle) => settle(ask()));
    // After it was asked: what is asked is on its way while the timer is made.
    const cancel = clock.schedule(() => clock.nextTurn(() => reject(new NoAnswerError(what, timeout))), timeout);
    answer.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        reject(errorFrom(error));
      },
    );
  });
}
