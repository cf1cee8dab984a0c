import { AppliedInvalidations, type AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Invalidation, InvalidationTarget } from '../../protocol/invalidation.js';
import { HeldTargets } from './held-targets.js';

/** A hold that gathers. */
interface Gatherer {
  drop(invalidation: Invalidation): void;
}

/**
 * The evictions of a hold and of those inside it.
 *
 * @internal
 */
export class Gathered {
  /** All of them, for the end of the hold. */
  readonly targets: HeldTargets;
  /** In their order: a put is overtaken by an eviction that comes after its beginning. */
  readonly journal = new AppliedInvalidations();
  /** The holds that are open. */
  readonly holds = new Set<Gatherer>();
  readonly #applied: AppliedInvalidations;
  /** What the instance had applied when the hold began. */
  readonly #since: AppliedMark;

  constructor(applied: AppliedInvalidations, limit: number) {
    this.targets = new HeldTargets(limit);
    this.#applied = applied;
    this.#since = applied.begin();
  }

  add(targets: Iterable<InvalidationTarget>, invalidation: Invalidation): void {
    this.journal.record(invalidation);
    for (const target of targets) this.targets.add(target);
  }

  /** Whether the instance has applied an invalidation of the entry since the hold began. */
  isOvertaken(region: string, key: string, tags: readonly string[]): boolean {
    return this.#applied.firstCovering(this.#since, region, key, tags) !== undefined;
  }

  /** A hold has ended. */
  leave(hold: Gatherer): void {
    this.holds.delete(hold);
    if (this.holds.size > 0) return;
    this.#applied.end(this.#since);
    this.targets.clear();
  }
}
