import type { BridgeCounts } from '../bridge-stats.js';
import type { Clock } from '../../common/clock.js';
import type { Doorbell, InvalidationBridge, SyncReply, SyncRequest } from '../../protocol/invalidation-bridge.js';
import { advance, type Position } from '../../protocol/position.js';

/** How many doorbells are kept while a sync runs. The next sync brings the others. */
const MAX_HELD = 10_000;
/** How much text of them is kept, in UTF-16 units: messages of others can be large. */
const MAX_HELD_LENGTH = 4 << 20;
/** How much of the log is applied in one turn of the event loop, in UTF-16 units. */
const MAX_SLICE = 16 * 1024;
/** An entry counts for so much beside its payload: it is hashed, and a position is made of it. */
const LENGTH_OF_ENTRY = 100;
/** For how long a turn may apply entries, in ms, but for the entry that is applied by then: its size does not tell how long it takes. */
const LONGEST_SLICE = 1;
/** The channel should have brought an entry that is this old, in ms. */
const DOORBELL_IS_LATE = 1_000;

/**
 * Why the log could not be proven to continue, so that all local copies were dropped:
 *
 * - `'first-sync'`: the instance had never synced before, and had no position to prove.
 * - `'other-server'`: the server was restarted, or another one has taken its place, and may have lost invalidations.
 * - `'unknown-server'`: the server does not say which it is, so each link may lead to another one.
 * - `'keys-vanished'`: the server has lost keys of this namespace although it has run all the time.
 * - `'position-lost'`: the log does not hold the entry that was applied last: the instance was away for too long, or the log was replaced.
 * - `'foreign-entry'`: somebody has written to the log without its chain of hashes.
 * - `'position-refused'`: the server has refused a sync with the position.
 *
 * @publicApi
 */
export type FlushReason =
  | 'first-sync'
  | 'other-server'
  | 'unknown-server'
  | 'keys-vanished'
  | 'position-lost'
  | 'foreign-entry'
  | 'position-refused';

/** @internal */
export const FLUSH_REASONS: readonly FlushReason[] = [
  'first-sync',
  'other-server',
  'unknown-server',
  'keys-vanished',
  'position-lost',
  'foreign-entry',
  'position-refused',
];

/** @internal */
export interface LogFollowerEvents {
  /**
   * A payload to apply, and the id of its log entry, whichever way it arrived. Returns the id of an earlier entry that the channel did not
   * carry either, if the payload names one.
   */
  apply(payload: string, id: string | undefined): string | undefined;
  /**
   * The log cannot be proven to continue the position: nothing local may be trusted.
   *
   * @param reason - why it cannot
   * @param isOtherServer - whether another server may keep the log now: its epoch differs, or it gives none
   */
  flush(reason: FlushReason, isOtherServer: boolean): void;
  /** Entries of the log may be missing from now on: a sync begins, or the channel has skipped an entry. */
  fellBehind(): void;
  /**
   * Everything up to the newest message is applied.
   *
   * @param newest - the id of its entry; `undefined`: none is known
   * @param syncSentAt - when the sync that has shown it was sent; `undefined`: a doorbell has shown it
   */
  caughtUp(newest: string | undefined, syncSentAt?: number): void;
}

/** The part of a sync that is about the log. @internal */
export type LogRequest = Pick<SyncRequest, 'position' | 'epoch' | 'noOp'>;

/** The outcome of a sync. @internal */
export type SyncOutcome =
  /**
   * Everything that entered the log before `sentAt` is applied. `missed`: how many entries the channel should have brought. `hasGap`: the
   * channel has skipped an entry meanwhile, and another sync must bring it.
   */
  | { readonly kind: 'complete'; readonly sentAt: number; readonly missed: number; readonly hasGap: boolean }
  /** The link was given up before the answer came. */
  | { readonly kind: 'abandoned' };

/**
 * Follows the log: knows the position up to which everything has been applied, moves it over the doorbells that continue it, and over the
 * entries that a sync brings.
 *
 * @internal
 */
export class LogFollower {
  readonly #clock: Clock;
  readonly #stats: BridgeCounts;
  readonly #events: LogFollowerEvents;
  readonly #newNoOp: () => string;
  readonly #isAfter: InvalidationBridge['isAfter'];
  #position: Position | undefined;
  #epoch: string | undefined;
  /** Whether the server has refused a position, which was given up. */
  #isPositionRefused = false;
  #held: Doorbell[] = [];
  #heldLength = 0;
  /** Doorbells were not kept, so nobody can tell which entries of a sync the channel had brought. */
  #hasLostHeld = false;
  /** As `#hasLostHeld`, for those that came after the running sync was sent: its answer need not hold them. */
  #hasLostSinceAsked = false;
  /** Doorbells do not move the position while the link has not synced yet, a sync runs, or a gap is open. */
  #isHolding = true;
  /** Entries that a sync brought and the channel did not yet: the id, and when the entry was written, in monotonic ms. */
  readonly #unheard = new Map<string, number>();
  /** The id of the entry that the channel brought last since the previous sync. */
  #lastHeard: string | undefined;

  /**
   * @param newNoOp - makes the payload to append when the log is empty
   * @param isAfter - the order of the log
   */
  constructor(
    clock: Clock,
    stats: BridgeCounts,
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

  /** A new link is dialled. Its doorbells move the position only after its first sync has proven where the log stands. */
  linkOpened(): void {
    this.#isHolding = true;
    this.#letGoOfHeld();
    this.#unheard.clear();
    this.#lastHeard = undefined;
  }

  /** The link has ended. What it still brings says nothing about the position. */
  linkEnded(): void {
    this.#isHolding = true;
  }

  /** Gives the position up: the next sync starts over. */
  forgetPosition(): void {
    this.#isPositionRefused ||= this.#position !== undefined;
    this.#position = undefined;
  }

  /** Applies the message of the doorbell, always. Returns whether entries before it are missing, so that a sync must bring them. */
  heard(doorbell: Doorbell): boolean {
    const { entry, payload } = doorbell;
    const isGap = !this.#isHolding && this.#skipsEntries(doorbell);
    // Before it is applied: what is missing and this message have to take effect as one.
    if (isGap || this.#isHolding) this.#events.fellBehind();
    this.#events.apply(payload, entry?.id);
    if (entry) {
      this.#unheard.delete(entry.id);
      this.#lastHeard = entry.id;
    }
    if (isGap) {
      this.#stats.gaps += 1;
      // Until the gap is closed, every further doorbell would be a gap as well.
      this.#isHolding = true;
    }
    if (this.#isHolding) {
      if (entry) this.#hold(doorbell);
      return isGap;
    }
    this.#chain(doorbell);
    this.#events.caughtUp(this.#position?.id);
    return false;
  }

  /**
   * Brings the position up to the end of the log.
   *
   * @param isAbandoned - asked after each answer: whether the link was given up meanwhile
   */
  async sync(
    ask: (request: LogRequest) => Promise<SyncReply>,
    isFirstOfLink: boolean,
    isAbandoned: () => boolean,
  ): Promise<SyncOutcome> {
    this.#isHolding = true;
    this.#events.fellBehind();
    for (;;) {
      const sentAt = this.#clock.now();
      // The entries of the doorbells held so far are in the log, so the answer covers them. A doorbell that it does not cover was forged,
      // or its entry was lost in a failover; waiting for it would never end.
      const covered = this.#held.length;
      this.#hasLostSinceAsked = false;
      const reply = await ask({ position: this.#position, epoch: this.#epoch, noOp: this.#newNoOp() });
      if (isAbandoned()) return { kind: 'abandoned' };

      // A server that gives no epoch may be another one behind every link.
      const isContinuous = reply.continuous && !(isFirstOfLink && reply.epoch === undefined);
      if (this.#position === undefined || !isContinuous) this.#startOver(reply, this.#whyNotContinuous(reply));
      else if (!(await this.#replay(this.#position, reply, isFirstOfLink, isAbandoned))) return { kind: 'abandoned' };
      if (!reply.complete) continue;

      // The ids match and the histories do not: somebody wrote into the log without the hash chain.
      if (this.#position?.id === reply.newest.id && this.#position.hash !== reply.newest.hash) {
        this.#startOver(reply, 'foreign-entry');
      }
      const missed = this.#missed();
      const hasGap = !this.#chainHeld(covered);
      this.#isHolding = hasGap;
      if (hasGap) this.#stats.gaps += 1;
      else this.#events.caughtUp(this.#position?.id, sentAt);
      return { kind: 'complete', sentAt, missed, hasGap };
    }
  }

  #whyNotContinuous({ epoch, vanished = [] }: SyncReply): FlushReason {
    if (this.#position === undefined) return this.#isPositionRefused ? 'position-refused' : 'first-sync';
    if (vanished.length > 0) return 'keys-vanished';
    if (epoch === undefined) return 'unknown-server';
    return epoch === this.#epoch ? 'position-lost' : 'other-server';
  }

  #startOver(reply: SyncReply, reason: FlushReason): void {
    const isOtherServer = reply.epoch === undefined || reply.epoch !== this.#epoch;
    this.#position = reply.newest;
    this.#epoch = reply.epoch;
    this.#isPositionRefused = false;
    this.#stats.flushes += 1;
    this.#events.flush(reason, isOtherServer);
  }

  /** Applies the entries, in slices between which the event loop turns. Returns `false` when the link was given up meanwhile. */
  async #replay(
    from: Position,
    reply: SyncReply,
    isFirstOfLink: boolean,
    isAbandoned: () => boolean,
  ): Promise<boolean> {
    const heard = new Set<string | undefined>();
    let known = 0;
    const now = this.#clock.now();
    let position = from;
    let length = 0;
    let startedAt = now;
    for (const entry of reply.entries) {
      if (length > MAX_SLICE || this.#clock.now() - startedAt >= LONGEST_SLICE) {
        length = 0;
        await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
        if (isAbandoned()) return false;
        startedAt = this.#clock.now();
      }
      length += entry.payload.length + LENGTH_OF_ENTRY;
      // The channel may bring entries between two slices as well.
      for (; known < this.#held.length; known += 1) heard.add(this.#held[known]?.entry?.id);
      const previousId = position.id;
      const unannounced = this.#events.apply(entry.payload, entry.id);
      position = advance(position.hash, entry.id, entry.payload);
      this.#position = position;
      this.#stats.replayed += 1;
      if (unannounced === previousId) {
        // The channel is not to blame for these two: their publisher may not publish there, and would not on another link either.
        this.#unheard.delete(previousId);
        continue;
      }
      if (isFirstOfLink || this.#hasLostHeld || heard.has(entry.id) || this.#unheard.size === MAX_HELD) continue;
      // While the clock of the log is set back, entries seem to be younger than 0 ms, and would never be late.
      this.#unheard.set(entry.id, now - Math.max(0, entry.age));
    }
    return true;
  }

  /** How many entries the channel should have brought by now, and did not. */
  #missed(): number {
    const now = this.#clock.now();
    const lastHeard = this.#lastHeard;
    this.#lastHeard = undefined;
    let missed = 0;
    for (const [id, since] of this.#unheard) {
      // The channel keeps the order. While it still brings older entries, this one is late because this instance reads slowly.
      const isStillToCome = lastHeard !== undefined && this.#isAfter(id, lastHeard);
      if (now - since < DOORBELL_IS_LATE || isStillToCome) continue;
      this.#unheard.delete(id);
      missed += 1;
    }
    this.#stats.missed += missed;
    return missed;
  }

  /** Whether entries of the log are missing between the position and the doorbell. */
  #skipsEntries({ entry }: Doorbell): boolean {
    const position = this.#position;
    if (!entry) return false;
    return !position || (entry.previousId !== position.id && this.#isAfter(entry.id, position.id));
  }

  /** Moves the position over the doorbell, unless its message is an old one or was not written to the log. It skips no entries. */
  #chain({ entry, payload }: Doorbell): void {
    const position = this.#position;
    if (!entry || !position) return;
    if (entry.previousId === position.id) this.#position = advance(position.hash, entry.id, payload);
    else this.#stats.duplicates += 1;
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

  /** Moves the position over the doorbells held after the first `covered` ones. Returns `false` when entries in between are missing. */
  #chainHeld(covered: number): boolean {
    const held = this.#held.slice(covered);
    const hasLostHeld = this.#hasLostSinceAsked;
    this.#letGoOfHeld();
    // The next sync brings those that were not kept.
    this.#hasLostHeld = hasLostHeld;
    const gap = held.findIndex((doorbell) => {
      if (this.#skipsEntries(doorbell)) return true;
      this.#chain(doorbell);
      return false;
    });
    if (gap === -1) return !hasLostHeld;
    for (const doorbell of held.slice(gap)) this.#hold(doorbell);
    return false;
  }
}
