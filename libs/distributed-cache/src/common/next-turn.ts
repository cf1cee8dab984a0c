import { detached } from './detached.js';

/** Resolves in the next turn of the event loop: in between it serves everybody else. No clock decides that. @internal */
export function nextTurnOfEventLoop(): Promise<void> {
  return new Promise((resolve) => detached(() => setImmediate(resolve)));
}
