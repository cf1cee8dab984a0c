import type { Clock } from '../../common/clock.js';
import { ScopeStorage } from '../../common/scope-storage.js';
import type { Invalidation } from '../../protocol/invalidation.js';
import type { CurrentHold } from './held.js';
import type { Hold } from './hold.js';

/**
 * Tells which hold the running code belongs to. Until the first call of `holdEvictions` no async storage is switched on, and while no hold
 * is open a read compares one number.
 *
 * @internal
 */
export class Holds implements CurrentHold {
  readonly #scopes: ScopeStorage<Hold>;
  readonly #open = new Set<Hold>();
  areOpen = false;

  constructor(clock: Clock) {
    this.#scopes = new ScopeStorage(clock);
  }

  /** Code that a function has started and not awaited belongs to no hold once that has ended, or to the one around it. */
  get current(): Hold | undefined {
    const hold = this.#scopes.current;
    return hold === undefined || hold.isOpen ? hold : hold.outer;
  }

  /** Runs `fn` in `hold`, which is open until {@link close}. */
  run<T>(hold: Hold, fn: () => T): T {
    this.#open.add(hold);
    this.areOpen = true;
    return this.#scopes.run(hold, fn);
  }

  /** Runs `callback` in no hold. */
  outside<T>(callback: () => T): T {
    return this.#scopes.outside(callback);
  }

  close(hold: Hold): void {
    hold.end();
    this.#open.delete(hold);
    this.areOpen = this.#open.size > 0;
    this.#scopes.close();
  }

  /** Whether an open hold has gathered an eviction of the entry. */
  covers(region: string, key: string, tags: readonly string[]): boolean {
    for (const hold of this.#open) if (hold.covers(region, key, tags)) return true;
    return false;
  }

  /** An invalidation takes effect on the instance: what was read and put inside of holds is overtaken as well. */
  drop(invalidation: Invalidation): void {
    if (this.#open.size === 0) return;
    for (const hold of this.#open) hold.drop(invalidation);
  }
}
