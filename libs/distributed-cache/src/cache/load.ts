import type { JournalMark } from '../coherence/journal.js';
import type { Execution } from './execution.js';
import type { RegionState } from './region-state.js';

/** What a load came to, for those who joined it. @internal */
export interface LoadOutcome {
  readonly value: unknown;
  /** Since when the value may have been untrue. */
  readonly loadedAt: number;
  /** The sequence of the invalidation that overtook it; who joined at or after that must not be given the value. */
  readonly fencedAt: number | undefined;
}

const NOBODY = (): void => {};

/** One running load of one key. @internal */
export class Load {
  readonly region: RegionState;
  readonly key: string;
  readonly execution: Execution;
  /** Known before the loader ends: those given with the call. */
  readonly tags: readonly string[];
  readonly outcome: Promise<LoadOutcome>;
  /** `undefined` until the loader is called: what is invalidated while it waits for its turn does not concern it. */
  mark: JournalMark | undefined;
  /** Whether its result may be stored: not once it was fenced, or a newer load took its place. */
  isCurrent = true;
  #succeed: (outcome: LoadOutcome) => void = NOBODY;
  #fail: (error: unknown) => void = NOBODY;

  constructor(region: RegionState, key: string, execution: Execution, tags: readonly string[]) {
    this.region = region;
    this.key = key;
    this.execution = execution;
    this.tags = tags;
    this.outcome = new Promise((resolve, reject) => {
      this.#succeed = resolve;
      this.#fail = reject;
    });
  }

  succeed(outcome: LoadOutcome): void {
    this.#succeed(outcome);
  }

  fail(error: unknown): void {
    this.#fail(error);
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
