import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.js';

/**
 * Tells which scope the running code belongs to, in whatever async code the scope has started.
 *
 * On Node 20 an enabled storage makes every `await` of the process slower, so it is on only while a scope is open. Switching it is slow as
 * well, so it stays on until the event loop's next turn (docs/architecture.md).
 *
 * @internal
 */
export class ScopeStorage<T> {
  readonly #clock: Clock;
  readonly #storage = new AsyncLocalStorage<T | undefined>();
  #open = 0;
  #isDisableScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The innermost scope that the running code was started in, also when that is closed by now; `undefined`: none, or no scope is open. */
  get current(): T | undefined {
    return this.#open === 0 ? undefined : this.#storage.getStore();
  }

  /** Opens a scope. Every call is matched by one of {@link close}. */
  run<R>(scope: T, callback: () => R): R {
    this.#open += 1;
    return this.#storage.run(scope, callback);
  }

  /** Runs `callback` in no scope. It stays in the contexts of the application, which other storages hold. */
  outside<R>(callback: () => R): R {
    return this.#open === 0 ? callback() : this.#storage.run(undefined, callback);
  }

  close(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#disableSoon();
  }

  #disableSoon(): void {
    if (this.#isDisableScheduled) return;
    this.#isDisableScheduled = true;
    this.#clock.nextTurn(() => {
      this.#isDisableScheduled = false;
      if (this.#open === 0) this.#storage.disable();
    });
  }
}
