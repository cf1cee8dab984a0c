import { covers, type Invalidation } from '../protocol/invalidation.js';

/**
 * The place among the applied invalidations at which loads and puts began. All that began between two invalidations share one mark: there
 * may be many loads, and an entry in a set for each would cost more than the rest of the bookkeeping.
 *
 * @internal
 */
export interface AppliedMark {
  /** The number of the last invalidation that was applied before. */
  readonly sequence: number;
  /** How many loads and puts began here and have not ended. */
  running: number;
}

/** How many keys, regions and tags are remembered. */
const MAX_TARGETS = 10_000;
/** How much text of them is remembered, in UTF-16 units: a key that somebody else publishes can be as long as a message. */
const MAX_LENGTH = 4 << 20;

interface Applied {
  readonly sequence: number;
  readonly invalidation: Invalidation;
  readonly targets: number;
  readonly length: number;
}

/**
 * The fence: remembers the invalidations that were applied while loads and puts run, and tells whether one of them covers a result, which
 * must then not be stored.
 *
 * It reaches back to the oldest load or put that still runs. It is bounded: an invalidation that is forgotten too early counts as
 * "everything".
 *
 * @internal
 */
export class AppliedInvalidations {
  /** The marks where something still runs, and the newest mark; oldest first. */
  readonly #marks = new Set<AppliedMark>();
  #newest: AppliedMark = { sequence: 0, running: 0 };
  #running = 0;
  readonly #applied: Applied[] = [];
  #sequence = 0;
  #targets = 0;
  #length = 0;
  /** The invalidations up to this number were forgotten too early, and count as "everything". */
  #overflowedAt = 0;

  /** The number of the last invalidation applied. */
  get sequence(): number {
    return this.#sequence;
  }

  /** A load or a put begins. Every call is matched by one of {@link end}. */
  begin(): AppliedMark {
    if (this.#newest.sequence !== this.#sequence || this.#marks.size === 0) {
      if (this.#newest.running === 0) this.#marks.delete(this.#newest);
      this.#newest = { sequence: this.#sequence, running: 0 };
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
    if (this.#applied.length > 0) this.#forgetBefore(this.#oldestRunning());
  }

  /** An invalidation is applied. Called before its copies are removed. */
  record(invalidation: Invalidation): void {
    this.#sequence += 1;
    if (this.#running === 0) return;
    const applied = { sequence: this.#sequence, invalidation, ...measured(invalidation) };
    this.#applied.push(applied);
    this.#targets += applied.targets;
    this.#length += applied.length;
    if (this.#targets > MAX_TARGETS || this.#length > MAX_LENGTH) this.#overflow();
  }

  /** The number of the first invalidation since `mark` that covers the entry; `undefined`: none does. */
  firstCovering(mark: AppliedMark, region: string, key: string, tags: readonly string[]): number | undefined {
    if (mark.sequence < this.#overflowedAt) return mark.sequence + 1;
    for (const { sequence, invalidation } of this.#applied) {
      if (sequence > mark.sequence && covers(invalidation, region, key, tags)) return sequence;
    }
    return undefined;
  }

  #oldestRunning(): number {
    // Marks are added in the order of their sequence, so the first one is the oldest.
    for (const mark of this.#marks) if (mark.running > 0) return mark.sequence;
    return this.#sequence;
  }

  #forgetBefore(sequence: number): void {
    let forgotten = 0;
    for (const applied of this.#applied) {
      if (applied.sequence > sequence) break;
      this.#targets -= applied.targets;
      this.#length -= applied.length;
      forgotten += 1;
    }
    if (forgotten > 0) this.#applied.splice(0, forgotten);
  }

  #overflow(): void {
    this.#overflowedAt = this.#sequence;
    this.#applied.length = 0;
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
