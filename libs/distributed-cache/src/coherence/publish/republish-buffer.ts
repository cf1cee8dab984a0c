import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { WideTargets } from './widen.js';

/** A failover is noticed within this time, in ms. What the new primary lacks was published no longer ago than that. */
const WINDOW = 60_000;

/**
 * The targets that this instance published since 60 s before its last sync. When another server keeps the log, they are published again:
 * that server may lack them, because replication is asynchronous and a restart may lose the newest entries.
 *
 * Targets grow old only by completed syncs, not by time: while this instance is cut off, it cannot know what the server has lost.
 * It is bounded as the outbox is: above `limit` targets they are widened.
 *
 * @internal
 */
export class RepublishBuffer {
  readonly #limit: number;
  /** Published since the last turn, and in the window before it. Together they reach back at least one window from the last sync. */
  #current: TargetLists;
  #previous: TargetLists;
  #turnedAt = Number.NEGATIVE_INFINITY;

  constructor(limit: number) {
    this.#limit = limit;
    this.#current = new TargetLists(limit);
    this.#previous = new TargetLists(limit);
  }

  /** The log has accepted these. */
  add(targets: readonly InvalidationTarget[]): void {
    this.#current.add(targets);
  }

  /** A sync that was sent at `sentAt`, in monotonic ms, found the server that this instance knew. */
  synced(sentAt: number): void {
    if (sentAt - this.#turnedAt < WINDOW) return;
    this.#turnedAt = sentAt;
    this.#previous = this.#current;
    this.#current = new TargetLists(this.#limit);
  }

  /** Removes and returns all of it, to be published again. */
  drain(): readonly InvalidationTarget[] {
    const targets = [...this.#previous.all(), ...this.#current.all()];
    this.#current = new TargetLists(this.#limit);
    this.#previous = new TargetLists(this.#limit);
    return targets;
  }
}

/**
 * Keeps lists of targets as they were sent, since joining or comparing them would cost every message. Once there are too many, it keeps what
 * they are widened to: to widen them again for each further message would cost as much as there are.
 */
class TargetLists {
  readonly #limit: number;
  #lists: (readonly InvalidationTarget[])[] = [];
  #size = 0;
  #wide: WideTargets | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(targets: readonly InvalidationTarget[]): void {
    if (this.#wide) {
      addTo(this.#wide, targets);
      return;
    }
    this.#lists.push(targets);
    this.#size += targets.length;
    if (this.#size > this.#limit) this.#widen();
  }

  all(): readonly InvalidationTarget[] {
    return this.#wide?.targets() ?? this.#lists.flat();
  }

  #widen(): void {
    this.#wide = new WideTargets(this.#limit);
    for (const targets of this.#lists) addTo(this.#wide, targets);
    this.#lists = [];
  }
}

function addTo(wide: WideTargets, targets: readonly InvalidationTarget[]): void {
  for (const target of targets) wide.add(target);
}
