import { onAbort } from '../../common/abort-listeners.js';
import type { Clock } from '../../common/clock.js';
import type { Execution } from './execution.js';
import { JoinedReads, TOO_LONG } from './joined-reads.js';
import type { Load } from './load.js';

export { TOO_LONG };

/**
 * Waits for a load that another read began, but not for ever: the two may wait for each other without a trace. A batcher or a queue runs
 * the read outside of the context of the loader that waits for it, so the circle cannot be seen.
 *
 * @param current - the execution that the read belongs to
 * @returns the result, or {@link TOO_LONG}: the read has to call its own loader
 *
 * @internal
 */
export function waitPatiently(load: Load, current: Execution | undefined, clock: Clock): Promise<unknown> {
  load.joined ??= new JoinedReads(load.outcome, clock);
  return current ? current.waitFor(load, load.joined.waitInside()) : load.joined.waitOutside();
}

/**
 * Waits for `outcome`, but no longer than until `moment`.
 *
 * @param moment - monotonic ms; `Infinity`: for as long as it takes
 * @param onTimeout - called at that moment; the wait rejects with what it returns
 *
 * @internal
 */
export function waitUntil<T>(moment: number, outcome: Promise<T>, clock: Clock, onTimeout: () => Error): Promise<T> {
  if (moment === Infinity) return outcome;
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(() => reject(onTimeout()), moment - clock.now(), { keepsAlive: true });
    outcome.then(resolve, reject).finally(cancel);
  });
}

/** Waits for `outcome` until `signal` is aborted, and then rejects with its reason. @internal */
export function untilAborted<T>(outcome: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    // By the loader, which has been called already.
    if (signal.aborted) abort();
    outcome.then(resolve, reject).finally(onAbort(signal, abort));
  });
}
