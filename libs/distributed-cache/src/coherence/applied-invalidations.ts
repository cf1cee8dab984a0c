import { covers, type Invalidation } from '../protocol/invalidation.js';
import { TargetIndex } from './target-index.js';

/**
 * The place among the applied invalidations at which loads and puts began. All that began between two invalidations share one mark: there
 * may be many loads, and an entry in a set for each would cost more than the rest of the bookkeeping.
 *
 * @internal
 */
export interface AppliedMark {
  /** The number of the last invalidation that was applied before. */
  readonly sequence: number;
  /** The invalidations after this number are remembered for it: inside a group, all of the group. */
  readonly remembersAfter: number;
  /** How many loads and puts began here and have not ended. */
  running: number;
}

/** A mark that moves on while nothing that began at it runs. */
type NewestMark = { -readonly [property in keyof AppliedMark]: AppliedMark[property] };

/**
 * Invalidations of other instances that take effect as one, although they are applied one after the other. While a group is open, this
 * instance may have removed a list and still hold the rows that the same call of another instance has evicted.
 *
 * @internal
 */
export interface AppliedGroup {
  /** The number of the last invalidation before the group. */
  readonly startedAfter: number;
  /** The number that stands for the end of the group; `undefined` while it is open. */
  endedAt: number | undefined;
}

/** Up to this many invalidations are compared one by one; making an index would cost more. */
const FEW = 16;
/**
 * As long as their targets are no longer than this together, in UTF-16 units: a key that somebody else publishes can be as long as a message.
 * And an index is made of all of them in one turn of the event loop.
 */
const SHORT = 1 << 14;
/** A target counts for so much beside its text. */
const LENGTH_OF_TARGET = 64;

interface Applied {
  readonly sequence: number;
  readonly invalidation: Invalidation;
  readonly isOwn: boolean;
}

/**
 * The fence: remembers the invalidations that were applied while loads and puts run, and tells whether one of them covers a result, which
 * must then not be stored.
 *
 * It reaches back to the oldest load or put that still runs, and to the beginning of the group inside which that began. Its memory is
 * bounded: when there are too many, the oldest invalidations are widened ({@link TargetIndex}).
 *
 * @internal
 */
export class AppliedInvalidations {
  #newest: NewestMark = { sequence: 0, remembersAfter: 0, running: 0 };
  /** The marks where something still runs, and the newest mark; oldest first. */
  readonly #marks = new Set<AppliedMark>([this.#newest]);
  #running = 0;
  /** The newest invalidations, as they came. */
  readonly #newer: Applied[] = [];
  #newerLength = 0;
  /** The ones before them; made when there are some. */
  #older: TargetIndex | undefined;
  readonly #slots: number | undefined;
  #sequence = 0;
  #group: { readonly group: AppliedGroup; readonly mark: AppliedMark } | undefined;

  /** @param slots - bounds the memory for older invalidations; default: that of {@link TargetIndex} */
  constructor(slots?: number) {
    this.#slots = slots;
  }

  /** The number of the last invalidation applied. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The group that is open now. */
  get openGroup(): AppliedGroup | undefined {
    return this.#group?.group;
  }

  /** What is applied from now on takes effect as one, until {@link endGroup}. */
  beginGroup(): void {
    if (this.#group) return;
    const mark = this.begin();
    this.#group = { mark, group: { startedAfter: mark.sequence, endedAt: undefined } };
  }

  /** The group has taken effect: what began inside it and was served a copy counts as overtaken from now on. */
  endGroup(): void {
    if (!this.#group) return;
    const { group, mark } = this.#group;
    this.#group = undefined;
    this.#sequence += 1;
    group.endedAt = this.#sequence;
    this.end(mark);
  }

  /** A load or a put begins. Every call is matched by one of {@link end}. */
  begin(): AppliedMark {
    if (this.#newest.sequence !== this.#sequence) this.#moveNewest();
    this.#newest.running += 1;
    this.#running += 1;
    return this.#newest;
  }

  /** A load or a put that began at `mark` has ended. */
  end(mark: AppliedMark): void {
    mark.running -= 1;
    this.#running -= 1;
    if (mark.running === 0 && mark !== this.#newest) this.#marks.delete(mark);
    if (this.#newer.length > 0 || this.#older) this.#forget();
  }

  /**
   * An invalidation is applied. Called before its copies are removed.
   *
   * @param isOwn - whether this instance evicts it; a call of its own takes effect as one without a group
   */
  record(invalidation: Invalidation, isOwn = false): void {
    this.#sequence += 1;
    // A group asks for what was received only.
    if (this.#running === 0 || (isOwn && this.#running === 1 && this.#group)) return;
    this.#newer.push({ sequence: this.#sequence, invalidation, isOwn });
    this.#newerLength += lengthOf(invalidation, SHORT);
    if (this.#newer.length > FEW || this.#newerLength > SHORT) this.#index();
  }

  /**
   * The number of the first invalidation since `mark` that covers the entry; `undefined`: none does. Where that is not known, a smaller
   * number takes its place, which is greater than that of `mark`.
   */
  firstCovering(mark: AppliedMark, region: string, key: string, tags: readonly string[]): number | undefined {
    return this.firstCoveringAfter(mark.sequence, region, key, tags);
  }

  /** As {@link firstCovering}, since the invalidation with the number `after`, which something that runs must remember. */
  firstCoveringAfter(
    after: number,
    region: string,
    key: string,
    tags: readonly string[],
    isReceived = false,
  ): number | undefined {
    const older = this.#older?.firstCovering(after, region, key, tags, isReceived);
    if (older !== undefined) return older;
    for (const { sequence, invalidation, isOwn } of this.#newer) {
      if (sequence <= after || (isReceived && isOwn)) continue;
      if (covers(invalidation, region, key, tags)) return sequence;
    }
    return undefined;
  }

  /**
   * When a result was overtaken that began at `mark`: readers that asked at or after this number must not be given it. `undefined`: it was
   * not, and may be stored.
   *
   * A result that was served a copy inside of a group is also overtaken by what the group had applied before the result began: a later part
   * of the group may have evicted that copy. It is overtaken when the group ends, since until then the eviction has not taken effect.
   *
   * @param servedIn - the groups in which a copy was served to it; the one in which it began decides, if it is among them
   */
  overtakenAt(
    mark: AppliedMark,
    region: string,
    key: string,
    tags: readonly string[],
    servedIn: readonly { readonly group: AppliedGroup }[] = [],
  ): number | undefined {
    let overtakenAt = this.firstCovering(mark, region, key, tags);
    for (const { group } of servedIn) {
      const endedAt = group.endedAt ?? this.#sequence + 1;
      const inGroup = this.firstCoveringAfter(group.startedAfter, region, key, tags, true);
      if (inGroup !== undefined && inGroup <= endedAt) overtakenAt = Math.min(overtakenAt ?? Infinity, endedAt);
    }
    return overtakenAt;
  }

  /** The newest mark is where something begins now. */
  #moveNewest(): void {
    const sequence = this.#sequence;
    const remembersAfter = this.openGroup?.startedAfter ?? sequence;
    if (this.#newest.running > 0) {
      this.#newest = { sequence, remembersAfter, running: 0 };
      this.#marks.add(this.#newest);
      return;
    }
    // Not another one in its place: the engine makes a set anew that becomes empty.
    this.#newest.sequence = sequence;
    this.#newest.remembersAfter = remembersAfter;
  }

  #index(): void {
    this.#older ??= new TargetIndex(this.#slots);
    for (const { sequence, invalidation, isOwn } of this.#newer) this.#older.add(sequence, invalidation, !isOwn);
    this.#newer.length = 0;
    this.#newerLength = 0;
  }

  /** Forgets what nobody who runs asks for. */
  #forget(): void {
    let upTo = this.#sequence;
    let ownUpTo = this.#sequence;
    // Marks are added in the order of their sequence, and groups follow each other, so the first one reaches back furthest.
    for (const mark of this.#marks) {
      if (mark.running === 0) continue;
      upTo = Math.min(upTo, mark.remembersAfter);
      // A group asks for what was received only: during an outage, it may be open for long.
      if (mark === this.#group?.mark && mark.running === 1) continue;
      ownUpTo = mark.sequence;
      break;
    }
    this.#older?.forget(upTo, ownUpTo);
    let forgotten = 0;
    for (const { sequence, isOwn } of this.#newer) {
      if (sequence > (isOwn ? ownUpTo : upTo)) break;
      forgotten += 1;
    }
    if (forgotten > 0) this.#newer.splice(0, forgotten);
    if (this.#newer.length === 0) this.#newerLength = 0;
  }
}

/** How long the targets are together; what is longer than `most` is not measured to the end. */
function lengthOf({ regions, tags, keys }: Invalidation, most: number): number {
  let length = 0;
  for (const texts of [regions, tags, ...keys.values()]) {
    for (const text of texts) {
      length += text.length + LENGTH_OF_TARGET;
      if (length > most) return length;
    }
  }
  return length;
}
