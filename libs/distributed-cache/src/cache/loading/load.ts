import type { Operation } from '../../common/operations.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { LoadPolicy } from '../policies/load-policies.js';
import type { Execution } from './execution.js';
import type { JoinedReads } from './joined-reads.js';

/** What a load changes in its region. @internal */
export interface LoadingRegion {
  /** How many loads of the region an invalidation would fence. */
  currentLoads: number;
}

/** One running load of one key. @internal */
export class Load {
  readonly region: LoadingRegion;
  readonly flight: Flight;
  readonly execution: Execution;
  /** The tags that are known before the loader ends: those given with the call. */
  readonly tags: readonly string[];
  /** Logs the course of the load at `debug`; `undefined` while nobody reads that. */
  readonly operation: Operation | undefined;
  /** Whether a load policy started it, and no reader. */
  readonly isBackground: boolean;
  /** After how many ms the readers that have started it stop waiting; `Infinity`: they do not. */
  readonly timeout: number;
  /** When that is (monotonic ms). */
  timesOutAt = Infinity;
  /** `undefined` until the loader is called: what is invalidated while the load waits for its turn does not concern it. */
  mark: AppliedMark | undefined;
  /** Whether it may be joined and its result stored. It ends when the load is fenced, is replaced by a newer one, or has ended. */
  isCurrent = true;
  /** Whether an invalidation has overtaken it. */
  isFenced = false;
  /** Whether it has timed out while it was current. It is no more, but its result may still be the newest. */
  isLate = false;
  /** Whether its loader has failed, or has timed out. */
  hasFailed = false;
  /** Whether it has timed out. */
  hasTimedOut = false;
  /** Whether its failure was counted: a load that has timed out, or was given up by a reader, may fail as well. */
  isFailureCounted = false;
  /** The reads that have joined it; created for the first of them. */
  joined: JoinedReads<unknown> | undefined;
  /** Its result was correct at some moment not before this (monotonic ms). Known once it has ended, as what follows. */
  loadedAt = 0;
  /** When the oldest part of its result was loaded (monotonic ms). */
  madeSince = 0;
  /**
   * The sequence number of the invalidation that fenced it; `undefined`: none did. A reader that joined at or after it must not be given
   * the result.
   */
  fencedAt: number | undefined = undefined;
  #outcome: Promise<unknown> | undefined;

  constructor(
    region: LoadingRegion,
    flight: Flight,
    execution: Execution,
    { tags, policy }: { readonly tags: readonly string[]; readonly policy: LoadPolicy },
    operation: Operation | undefined,
    isBackground: boolean,
  ) {
    this.region = region;
    this.flight = flight;
    this.execution = execution;
    this.tags = tags;
    this.operation = operation;
    this.isBackground = isBackground;
    this.timeout = policy.loadTimeout;
  }

  /** Whether its outcome can be waited for: not while its loader is being called. */
  get hasOutcome(): boolean {
    return this.#outcome !== undefined;
  }

  /** A promise of its result. Known from the moment at which the load can be joined. */
  get outcome(): Promise<unknown> {
    if (!this.#outcome) throw new Error('A load was joined before it was started.');
    return this.#outcome;
  }

  set outcome(outcome: Promise<unknown>) {
    this.#outcome = outcome;
  }
}

/** The loads of one key while at least one of them runs. @internal */
export interface Flight {
  readonly key: string;
  /** The load that readers may join. */
  joinable: Load | undefined;
  /** The load that was started last. */
  latest: Load | undefined;
  /** How many loads of the key run. */
  running: number;
  /** How many loads in a row were fenced. */
  fenced: number;
}
