import { covers, type Invalidation } from '../protocol/invalidation.js';

/**
 * Where something that runs began among the applied invalidations. All that began between two invalidations share one: loads are many, and a set of
 * them costs more than all the rest of the work for one.
 *
 * @internal
 */
export interface AppliedMark {
  readonly sequence: number;
  /** How many that began here have not ended. */
  running: number;
}

const MAX_NAMES = 10_000;
/** And no more text than this, in UTF-16 units: a name that somebody else publishes can be as long as a message. */
const MAX_LENGTH = 4 << 20;

interface Applied {
  readonly sequence: number;
  readonly invalidation: Invalidation;
  readonly names: number;
  readonly length: number;
}

/**
 * The invalidations applied while something runs: what a load or a put is held against before its result is stored.
 *
 * It reaches back to the oldest that still runs and forgets the rest; it is bounded, and what overflows means "everything".
 *
 * @internal
 */
export class AppliedInvalidations {
  /** Those where something still runs, and the newest; oldest first. */
  readonly #marks = new Set<AppliedMark>();
  #newest: AppliedMark = { sequence: 0, running: 0 };
  #running = 0;
  readonly #applied: Applied[] = [];
  #sequence = 0;
  #names = 0;
  #length = 0;
  /** What was applied up to here is no longer known one by one: it counts as "everything". */
  #overflowedAt = 0;

  /** The number of the last invalidation applied. */
  get sequence(): number {
    return this.#sequence;
  }

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

  end(mark: AppliedMark): void {
    mark.running -= 1;
    this.#running -= 1;
    if (mark.running === 0 && mark !== this.#newest) this.#marks.delete(mark);
    if (this.#applied.length > 0) this.#forgetBefore(this.#oldestRunning());
  }

  record(invalidation: Invalidation): void {
    this.#sequence += 1;
    if (this.#running === 0) return;
    const applied = { sequence: this.#sequence, invalidation, ...measured(invalidation) };
    this.#applied.push(applied);
    this.#names += applied.names;
    this.#length += applied.length;
    if (this.#names > MAX_NAMES || this.#length > MAX_LENGTH) this.#overflow();
  }

  /** The sequence of the first invalidation since `mark` that covers the entry; `undefined` when none does. */
  firstCovering(mark: AppliedMark, region: string, key: string, tags: readonly string[]): number | undefined {
    if (mark.sequence < this.#overflowedAt) return mark.sequence + 1;
    for (const { sequence, invalidation } of this.#applied) {
      if (sequence > mark.sequence && covers(invalidation, region, key, tags)) return sequence;
    }
    return undefined;
  }

  #oldestRunning(): number {
    // Marks are added in the order of their sequence, so the first is the oldest.
    for (const mark of this.#marks) if (mark.running > 0) return mark.sequence;
    return this.#sequence;
  }

  #forgetBefore(sequence: number): void {
    let forgotten = 0;
    for (const applied of this.#applied) {
      if (applied.sequence > sequence) break;
      this.#names -= applied.names;
      this.#length -= applied.length;
      forgotten += 1;
    }
    if (forgotten > 0) this.#applied.splice(0, forgotten);
  }

  #overflow(): void {
    this.#overflowedAt = this.#sequence;
    this.#applied.length = 0;
    this.#names = 0;
    this.#length = 0;
  }
}

function measured({ regions, tags, keys }: Invalidation): Pick<Applied, 'names' | 'length'> {
  let names = 1 + regions.size + tags.size;
  let length = lengthOf(regions) + lengthOf(tags);
  for (const [region, its] of keys) {
    names += its.size;
    length += region.length + lengthOf(its);
  }
  return { names, length };
}

function lengthOf(texts: Iterable<string>): number {
  let length = 0;
  for (const text of texts) length += text.length;
  return length;
}
