import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Execution } from './execution.js';
import type { RegionState } from '../region-state.js';

/** What a load came to, for those who joined it. @internal */
export interface LoadOutcome {
  readonly value: unknown;
  /** Since when the value may have been untrue. */
  readonly loadedAt: number;
  /** The sequence of the invalidation that overtook it; who joined at or after that must not be given the value. */
  readonly fencedAt: number | undefined;
}

/** One running load of one key. @internal */
export class Load {
  readonly region: RegionState;
  readonly key: string;
  readonly execution: Execution;
  /** Known before the loader ends: those given with the call. */
  readonly tags: readonly string[];
  /** `undefined` until the loader is called: what is invalidated while it waits for its turn does not concern it. */
  mark: AppliedMark | undefined;
  /** Whether it may be joined and its result stored: not once it was fenced, a newer load took its place, or it has ended. */
  isCurrent = true;
  #outcome: Promise<LoadOutcome> | undefined;

  constructor(region: RegionState, key: string, execution: Execution, tags: readonly string[]) {
    this.region = region;
    this.key = key;
    this.execution = execution;
    this.tags = tags;
  }

  /** What it comes to; known from when it can be joined. */
  get outcome(): Promise<LoadOutcome> {
    if (!this.#outcome) throw new Error('A load was joined before it was started.');
    return this.#outcome;
  }

  set outcome(outcome: Promise<LoadOutcome>) {
    this.#outcome = outcome;
  }

  /** Since when its result may have been untrue, as far as is known: what it still waits for may make it older than its own start. */
  trueSince(seen = new Set<Load>()): number {
    if (seen.has(this)) return Infinity;
    seen.add(this);
    let since = this.execution.loadedAt;
    for (const awaited of this.execution.waitsFor) since = Math.min(since, awaited.trueSince(seen));
    return since;
  }

  /** Whether it waits, directly or through others, for what `execution` belongs to. */
  awaits(execution: Execution, seen = new Set<Load>()): boolean {
    if (seen.has(this)) return false;
    seen.add(this);
    if (execution.isInside(this.execution)) return true;
    for (const awaited of this.execution.waitsFor) if (awaited.awaits(execution, seen)) return true;
    return false;
  }
}
