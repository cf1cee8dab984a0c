/** The promises that a history checks; the letters are those of `docs/reliability.md`. */
export type BrokenPromise =
  /** (a) A read returned a value whose invalidation had been in the log for longer than the lease. */
  | 'bounded staleness'
  /** (b) An instance read what it had evicted itself. */
  | 'read your own evictions'
  /** (c) A value was stored although an invalidation that covers it was applied while it was made. */
  | 'nothing stored that was overtaken'
  /** (d) After the faults an instance still holds an old value, or an eviction has never reached the log. */
  | 'agreement after the faults'
  /** (e) A load began while one ran that its reader should have joined, or, while the lease was over, while two others ran. */
  | 'single flight'
  /** A read returned another entry than the one that was asked for. */
  | 'the entry asked for'
  /** (f) A read that began after an eviction everywhere had resolved returned the old value. */
  | 'evicted everywhere'
  /** (g) A loader was given a previous value that an applied invalidation covers, or that the lease does not cover. */
  | 'a trusted previous value'
  /** (h) A read returned a value made of a copy, although a replay that had ended before had evicted both. */
  | 'what one replay brings'
  /** (j) A read was handed what an applied invalidation covers, or an expired value that no policy or no lease covers. */
  | 'what a policy may serve'
  /** (k) A value that was never committed left its transaction, or the evictions of a transaction did not take effect when it had committed. */
  | 'only what was committed'
  /** (l) An audit reported an eviction that was not forgotten, or did not find one that was. */
  | 'true audits'
  /** (n) An instance answered observers more often than ten times a second. */
  | 'few answers to observers'
  /** (i) The statistics do not say what happened, an eviction does not say what became of it, or a callback was called twice. */
  | 'true accounts';

/** A broken promise, with all that is needed to understand it. */
export interface Violation {
  readonly promise: BrokenPromise;
  /** ms since the history began */
  readonly at: number;
  readonly instance: string;
  readonly region: string;
  readonly key: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** The last events before it, oldest first. */
  readonly events: readonly string[];
}
