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

/** How many keys, regions and tags are remembered. */
const MAX_TARGETS = 10_000;
/** How much text of them is remembered, in UTF-16 units: a key that somebody else publishes can be as long as a message. */
const MAX_LENGTH = 4 << 20;
/** Up to this many invalidations are compared one by one; making an index would cost more. */
const FEW = 16;

interface Applied {
  readonly sequence: number;
  readonly invalidation: Invalidation;
  readonly isOwn: boolean;
  readonly targets: number;
  readonly length: number;
}

/**
 * The fence: remembers the invalidations that were applied while loads and puts run, and tells whether one of them covers a result, which
 * must then not be stored.
 *
 * It reaches back to the oldest load or put that still runs, and to the beginning of the group inside which that began. It is bounded: an
 * invalidation that is forgotten too early counts as "everything".
 *
 * @internal
 */
export class AppliedInvalidations {
  /** The marks where something still runs, and the newest mark; oldest first. */
  readonly #marks = new Set<AppliedMark>();
  #newest: AppliedMark = { sequence: 0, remembersAfter: 0, running: 0 };
  #running = 0;
  readonly #applied: Applied[] = [];
  /** Made for the first question that is worth it. It may hold forgotten invalidations, which are too old to be an answer. */
  #index: TargetIndex | undefined;
  #indexedUpTo = 0;
  #sequence = 0;
  #targets = 0;
  #length = 0;
  /** The invalidations up to this number were forgotten too early, and count as "everything". */
  #overflowedAt = 0;
  #group: { readonly group: AppliedGroup; readonly mark: AppliedMark } | undefined;

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
    if (this.#newest.sequence !== this.#sequence || this.#marks.size === 0) {
      if (this.#newest.running === 0) this.#marks.delete(this.#newest);
      const remembersAfter = this.openGroup?.startedAfter ?? this.#sequence;
      this.#newest = { sequence: this.#sequence, remembersAfter, running: 0 };
      this.#marks.add(this.#newest);
    }
    this.#newest.running += 1;
    this.#running += 1;
    return this.#newest;
  }

  /** A load or a put that began at `mark` has ended. */
  end(mark: AppliedMark): void {
    mark.running -= 1;
    this.#running -= 1;
    if (mark.running === 0 && mark !== this.#newest) this.#marks.delete(mark);
    if (this.#applied.length > 0) this.#forgetUpTo(this.#rememberedAfter());
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
    const applied = { sequence: this.#sequence, invalidation, isOwn, ...measured(invalidation) };
    this.#applied.push(applied);
    this.#targets += applied.targets;
    this.#length += applied.length;
    if (this.#isTooMuch) this.#forgetOwn();
    if (this.#isTooMuch) this.#overflow();
  }

  /** The number of the first invalidation since `mark` that covers the entry; `undefined`: none does. */
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
    if (after < this.#overflowedAt) return after + 1;
    if (this.#applied.length > FEW) return this.#upToDateIndex().firstCovering(after, region, key, tags, isReceived);
    for (const { sequence, invalidation, isOwn } of this.#applied) {
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

  get #isTooMuch(): boolean {
    return this.#targets > MAX_TARGETS || this.#length > MAX_LENGTH;
  }

  /** Forgets what only a group reaches back to, and does not ask for: during an outage, a group may be open for long. */
  #forgetOwn(): void {
    let oldest = this.#sequence;
    for (const mark of this.#marks) {
      if (mark.running === (mark === this.#group?.mark ? 1 : 0)) continue;
      oldest = mark.sequence;
      break;
    }
    const kept = this.#applied.filter(({ isOwn, sequence }) => !isOwn || sequence > oldest);
    if (kept.length === this.#applied.length) return;
    this.#applied.length = 0;
    for (const applied of kept) this.#applied.push(applied);
    this.#index = undefined;
    this.#targets = kept.reduce((sum, { targets }) => sum + targets, 0);
    this.#length = kept.reduce((sum, { length }) => sum + length, 0);
  }

  #rememberedAfter(): number {
    // Marks are added in the order of their sequence, and groups follow each other, so the first one reaches back furthest.
    for (const mark of this.#marks) if (mark.running > 0) return mark.remembersAfter;
    return this.#sequence;
  }

  #forgetUpTo(sequence: number): void {
    let forgotten = 0;
    for (const applied of this.#applied) {
      if (applied.sequence > sequence) break;
      this.#targets -= applied.targets;
      this.#length -= applied.length;
      forgotten += 1;
    }
    if (forgotten === 0) return;
    this.#applied.splice(0, forgotten);
    // The index may keep some of them, but not more than are still needed.
    if (this.#index && this.#index.targets > 2 * this.#targets) this.#index = undefined;
  }

  #upToDateIndex(): TargetIndex {
    this.#index ??= this.#emptyIndex();
    let from = this.#applied.length;
    while (from > 0 && (this.#applied[from - 1]?.sequence ?? 0) > this.#indexedUpTo) from -= 1;
    for (const { sequence, invalidation, isOwn } of this.#applied.slice(from)) {
      this.#index.add(sequence, invalidation, isOwn);
      this.#indexedUpTo = sequence;
    }
    return this.#index;
  }

  #emptyIndex(): TargetIndex {
    this.#indexedUpTo = 0;
    return new TargetIndex();
  }

  #overflow(): void {
    this.#overflowedAt = this.#sequence;
    this.#applied.length = 0;
    this.#index = undefined;
    this.#targets = 0;
    this.#length = 0;
  }
}

function measured({ regions, tags, keys }: Invalidation): Pick<Applied, 'targets' | 'length'> {
  let targets = 1 + regions.size + tags.size;
  let length = lengthOf(regions) + lengthOf(tags);
  for (const [region, its] of keys) {
    targets += its.size;
    length += region.length + lengthOf(its);
  }
  return { targets, length };
}

function lengthOf(texts: Iterable<string>): number {
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
