import type { InvalidationName } from '../../protocol/invalidation.js';
import { widened } from './widen.js';

/** A failover is noticed within this time; what a primary that nobody follows any more accepted before, it may have lost. */
const WINDOW = 60_000;

/**
 * What this instance published since 60 s before its last sync. A server that took the place of another may never have heard of it:
 * replication is asynchronous, and a restart may lose the newest entries. So all of it is said again then.
 *
 * Bounded as the outbox is: beyond `limit` names, keys are widened to their regions, and then everything to everything.
 *
 * @internal
 */
export class Announced {
  readonly #limit: number;
  /** Since the last turn, and in the window before it: together they reach back at least one window from the last sync. */
  #current: Names;
  #previous: Names;
  #turnedAt = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
    this.#current = new Names(limit);
    this.#previous = new Names(limit);
  }

  add(names: readonly InvalidationName[]): void {
    this.#current.add(names);
  }

  /** A sync that was sent at `sentAt` found the server that this instance knew. Only this makes what was said grow old. */
  synced(sentAt: number): void {
    if (sentAt - this.#turnedAt < WINDOW) return;
    this.#turnedAt = sentAt;
    this.#previous = this.#current;
    this.#current = new Names(this.#limit);
  }

  /** All of it; it counts as unsaid from now on. */
  takeAll(): readonly InvalidationName[] {
    const names = [...this.#previous.all(), ...this.#current.all()];
    this.#current = new Names(this.#limit);
    this.#previous = new Names(this.#limit);
    return names;
  }
}

/** Lists of names as they were sent: to keep them costs a publisher next to nothing. */
class Names {
  readonly #limit: number;
  #lists: (readonly InvalidationName[])[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(names: readonly InvalidationName[]): void {
    this.#lists.push(names);
    this.#size += names.length;
    if (this.#size <= this.#limit) return;
    const wide = widened(this.all(), this.#limit);
    this.#lists = [wide];
    this.#size = wide.length;
  }

  all(): readonly InvalidationName[] {
    return this.#lists.flat();
  }
}
