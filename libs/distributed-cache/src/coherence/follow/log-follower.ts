import type { BridgeStats } from '../bridge-stats.js';
import type { Clock } from '../../common/clock.js';
import type { Doorbell, InvalidationBridge, InvalidationLink, SyncReply } from '../../protocol/invalidation-bridge.js';
import { advance, type Position } from '../../protocol/position.js';

/** Doorbells kept while a sync is under way; beyond that the next sync brings them. */
const MAX_HELD = 10_000;
/** And no more text than this, in UTF-16 units: what others publish can be large. */
const MAX_HELD_LENGTH = 4 << 20;
/** An entry this old should have been heard. */
const DOORBELL_IS_LATE = 1_000;

/** @internal */
export interface LogFollowerEvents {
  /** A payload to apply, and the id of its log entry, whichever way it arrived. */
  apply(payload: string, id: string | undefined): void;
  /**
   * The log cannot be proven to continue what was applied: nothing local may be trusted.
   *
   * @param isOtherServer - whether it is another one, or one that does not say, that keeps the log now
   */
  flush(isOtherServer: boolean): void;
}

/** What a sync came to. @internal */
export type SyncOutcome =
  /** Everything up to some time after `sentAt` is applied. */
  | { readonly kind: 'complete'; readonly sentAt: number; readonly missed: number; readonly hasGap: boolean }
  | { readonly kind: 'abandoned' };

/**
 * Follows the log: knows the position up to which everything was applied, chains doorbells onto it, and closes gaps by syncing.
 *
 * @internal
 */
export class LogFollower {
  readonly #clock: Clock;
  readonly #stats: BridgeStats;
  readonly #events: LogFollowerEvents;
  readonly #newNoOp: () => string;
  readonly #isAfter: InvalidationBridge['isAfter'];
  #position: Position | undefined;
  #epoch: string | undefined;
  #held: Doorbell[] = [];
  #heldLength = 0;
  /** Then nobody can tell which of the entries that a sync brings had been heard. */
  #hasLostHeld = false;
  /** The same since the last sync was asked for: it need not bring what was rung later. */
  #hasLostSinceAsked = false;
  /** While a link has not synced yet, a sync runs or a gap is open, doorbells do not move the position. */
  #isHolding = true;
  /** Entries that a sync brought and the channel has not yet: id → when, on this clock, they entered the log. */
  readonly #unheard = new Map<string, number>();
  /** The entry that the channel brought last since the previous sync. */
  #lastHeard: string | undefined;

  /**
   * @param newNoOp - makes the payload to append when the log is empty
   * @param isAfter - the order of the log
   */
  constructor(
    clock: Clock,
    stats: BridgeStats,
    events: LogFollowerEvents,
    newNoOp: () => string,
    isAfter: InvalidationBridge['isAfter'],
  ) {
    this.#clock = clock;
    this.#stats = stats;
    this.#events = events;
    this.#newNoOp = newNoOp;
    this.#isAfter = isAfter;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  /** A new link: what it brings is only chained once its first sync has proven where the log stands. */
  linkOpened(): void {
    this.#isHolding = true;
    this.#letGoOfHeld();
    this.#unheard.clear();
    this.#lastHeard = undefined;
  }

  /** Takes the position for wrong: the next sync starts over. */
  forgetPosition(): void {
    this.#position = undefined;
  }

  /** Applies what the doorbell says, always. `true` when it does not continue the position and a sync must close the gap. */
  heard(doorbell: Doorbell): boolean {
    this.#events.apply(doorbell.payload, doorbell.entry?.id);
    if (!doorbell.entry) return false;
    this.#unheard.delete(doorbell.entry.id);
    this.#lastHeard = doorbell.entry.id;
    if (this.#isHolding) {
      this.#hold(doorbell);
      return false;
    }
    if (this.#chain(doorbell)) return false;
    this.#stats.gaps += 1;
    // All that comes until the gap is closed would only be further gaps.
    this.#isHolding = true;
    this.#hold(doorbell);
    return true;
  }

  /** Brings the position up to the end of the log. `isAbandoned` tells that the link was given up while an answer was awaited. */
  async sync(ask: InvalidationLink['sync'], isFirstOfLink: boolean, isAbandoned: () => boolean): Promise<SyncOutcome> {
    this.#isHolding = true;
    for (;;) {
      const sentAt = this.#clock.now();
      // Their entries are in the log by now: the answer covers them. One that is not in it was forged, or lost by a failover, and would
      // be waited for in vain.
      const covered = this.#held.length;
      this.#hasLostSinceAsked = false;
      const reply = await ask({ position: this.#position, epoch: this.#epoch, noOp: this.#newNoOp() });
      if (isAbandoned()) return { kind: 'abandoned' };

      // A server that does not say which run this is may be another one behind every link.
      const isContinuous = reply.continuous && !(isFirstOfLink && reply.epoch === undefined);
      if (this.#position === undefined || !isContinuous) this.#startOver(reply);
      else this.#replay(this.#position, reply, isFirstOfLink);
      if (!reply.complete) continue;

      // The ids match but the histories do not: somebody wrote into the log without the chain.
      if (this.#position?.id === reply.newest.id && this.#position.hash !== reply.newest.hash) this.#startOver(reply);
      const missed = this.#missed();
      const hasGap = !this.#chainHeld(covered);
      this.#isHolding = hasGap;
      if (hasGap) this.#stats.gaps += 1;
      return { kind: 'complete', sentAt, missed, hasGap };
    }
  }

  #startOver(reply: SyncReply): void {
    const isOtherServer = reply.epoch === undefined || reply.epoch !== this.#epoch;
    this.#position = reply.newest;
    this.#epoch = reply.epoch;
    this.#stats.flushes += 1;
    this.#events.flush(isOtherServer);
  }

  #replay(from: Position, reply: SyncReply, isFirstOfLink: boolean): void {
    const heard = new Set(this.#held.map((doorbell) => doorbell.entry?.id));
    const now = this.#clock.now();
    let position = from;
    for (const entry of reply.entries) {
      this.#events.apply(entry.payload, entry.id);
      position = advance(position.hash, entry.id, entry.payload);
      if (isFirstOfLink || this.#hasLostHeld || heard.has(entry.id) || this.#unheard.size === MAX_HELD) continue;
      this.#unheard.set(entry.id, now - entry.age);
    }
    this.#position = position;
    this.#stats.replayed += reply.entries.length;
  }

  /** How many entries the channel should have brought by now. */
  #missed(): number {
    const now = this.#clock.now();
    const lastHeard = this.#lastHeard;
    this.#lastHeard = undefined;
    let missed = 0;
    for (const [id, since] of this.#unheard) {
      // The channel keeps the order: while it is still bringing older ones, an entry is late because this instance reads too slowly.
      const isStillToCome = lastHeard !== undefined && this.#isAfter(id, lastHeard);
      if (now - since < DOORBELL_IS_LATE || isStillToCome) continue;
      this.#unheard.delete(id);
      missed += 1;
    }
    this.#stats.missed += missed;
    return missed;
  }

  /** Moves the position over the doorbell where it is the next entry; `false` when entries in between have not been heard. */
  #chain(doorbell: Doorbell): boolean {
    const { entry, payload } = doorbell;
    const position = this.#position;
    if (!entry) return true;
    if (!position) return false;
    if (entry.previousId === position.id) {
      this.#position = advance(position.hash, entry.id, payload);
      return true;
    }
    if (this.#isAfter(entry.id, position.id)) return false;
    this.#stats.duplicates += 1;
    return true;
  }

  #hold(doorbell: Doorbell): void {
    this.#heldLength += doorbell.payload.length;
    if (this.#held.length < MAX_HELD && this.#heldLength <= MAX_HELD_LENGTH) this.#held.push(doorbell);
    else this.#hasLostHeld = this.#hasLostSinceAsked = true;
  }

  #letGoOfHeld(): void {
    this.#held = [];
    this.#heldLength = 0;
    this.#hasLostHeld = this.#hasLostSinceAsked = false;
  }

  /** Moves the position over what was held after the first `covered`; `false` when something is missing in between. */
  #chainHeld(covered: number): boolean {
    const held = this.#held.slice(covered);
    const hasLostHeld = this.#hasLostSinceAsked;
    this.#letGoOfHeld();
    // The next sync brings what was not kept.
    this.#hasLostHeld = hasLostHeld;
    const gap = held.findIndex((doorbell) => !this.#chain(doorbell));
    if (gap === -1) return !hasLostHeld;
    for (const doorbell of held.slice(gap)) this.#hold(doorbell);
    return false;
  }
}
