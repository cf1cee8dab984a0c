import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { widen } from './widen.js';

/** A failover is noticed within this time; what a primary that nobody follows any more accepted before, it may have lost. */
const WINDOW = 60_000;

/**
 * What this instance published since 60 s before its last sync. A server that took the place of another may never have heard of it:
 * replication is asynchronous, and a restart may lose the newest entries. So all of it is said again then.
 *
 * Bounded as the outbox is: beyond `limit` targets, keys are widened to their regions, and then everything to everything.
 *
 * @internal
 */
export class RepublishBuffer {
  readonly #limit: number;
  /** Since the last turn, and in the window before it: together they reach back at least one window from the last sync. */
  #current: TargetLists;
  #previous: TargetLists;
  #turnedAt = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
    this.#current = new TargetLists(limit);
    this.#previous = new TargetLists(limit);
  }

  add(targets: readonly InvalidationTarget[]): void {
    this.#current.add(targets);
  }

  /** A sync that was sent at `sentAt` found the server that this instance knew. Only this makes what was said grow old. */
  synced(sentAt: number): void {
    if (sentAt - this.#turnedAt < WINDOW) return;
    this.#turnedAt = sentAt;
    this.#previous = this.#current;
    this.#current = new TargetLists(this.#limit);
  }

  /** All of it; it counts as unsaid from now on. */
  drain(): readonly InvalidationTarget[] {
    const targets = [...this.#previous.all(), ...this.#current.all()];
    this.#current = new TargetLists(this.#limit);
    this.#previous = new TargetLists(this.#limit);
    return targets;
  }
}

/** Lists of targets as they were sent: to keep them costs a publisher next to nothing. */
class TargetLists {
  readonly #limit: number;
  #lists: (readonly InvalidationTarget[])[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(targets: readonly InvalidationTarget[]): void {
    this.#lists.push(targets);
    this.#size += targets.length;
    if (this.#size <= this.#limit) return;
    const wide = widen(this.all(), this.#limit);
    this.#lists = [wide];
    this.#size = wide.length;
  }

  all(): readonly InvalidationTarget[] {
    return this.#lists.flat();
  }
}
