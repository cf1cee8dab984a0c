import { covers, type Invalidation } from './invalidation.js';

/** Where something that runs began in the journal. Identity matters: one a load or put. @internal */
export interface JournalMark {
  readonly sequence: number;
}

const MAX_NAMES = 10_000;

/**
 * The invalidations applied while something runs: what a load or a put is held against before its result is stored.
 *
 * It reaches back to the oldest that still runs and forgets the rest; it is bounded, and what overflows means "everything".
 *
 * @internal
 */
export class Journal {
  readonly #running = new Set<JournalMark>();
  readonly #applied: { readonly sequence: number; readonly invalidation: Invalidation; readonly names: number }[] = [];
  #sequence = 0;
  #names = 0;
  /** What was applied up to here is no longer known one by one: it counts as "everything". */
  #overflowedAt = 0;

  /** The number of the last invalidation applied. */
  get sequence(): number {
    return this.#sequence;
  }

  begin(): JournalMark {
    const mark = { sequence: this.#sequence };
    this.#running.add(mark);
    return mark;
  }

  end(mark: JournalMark): void {
    this.#running.delete(mark);
    this.#forgetBefore(this.#oldestRunning());
  }

  record(invalidation: Invalidation): void {
    this.#sequence += 1;
    if (this.#running.size === 0) return;
    const names = countNames(invalidation);
    this.#applied.push({ sequence: this.#sequence, invalidation, names });
    this.#names += names;
    if (this.#names > MAX_NAMES) this.#overflow();
  }

  /** The sequence of the first invalidation since `mark` that covers the entry; `undefined` when none does. */
  firstCovering(mark: JournalMark, region: string, key: string, tags: readonly string[]): number | undefined {
    if (mark.sequence < this.#overflowedAt) return mark.sequence + 1;
    for (const { sequence, invalidation } of this.#applied) {
      if (sequence > mark.sequence && covers(invalidation, region, key, tags)) return sequence;
    }
    return undefined;
  }

  #oldestRunning(): number {
    // Marks are added in the order of their sequence, so the first is the oldest.
    for (const mark of this.#running) return mark.sequence;
    return this.#sequence;
  }

  #forgetBefore(sequence: number): void {
    let forgotten = 0;
    for (const applied of this.#applied) {
      if (applied.sequence > sequence) break;
      this.#names -= applied.names;
      forgotten += 1;
    }
    if (forgotten > 0) this.#applied.splice(0, forgotten);
  }

  #overflow(): void {
    this.#overflowedAt = this.#sequence;
    this.#applied.length = 0;
    this.#names = 0;
  }
}

function countNames(invalidation: Invalidation): number {
  let names = 1 + invalidation.regions.size + invalidation.tags.size;
  for (const keys of invalidation.keys.values()) names += keys.size;
  return names;
}
