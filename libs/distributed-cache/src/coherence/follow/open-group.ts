import type { Clock } from '../../common/clock.js';
import type { Operation } from '../../common/operations.js';
import type { AppliedInvalidations } from '../applied-invalidations.js';

/** For how long after its last part an eviction counts as unfinished, in ms. A sender that takes half of that sends all parts again. */
const UNFINISHED_FOR = 60_000;
/** How many unfinished evictions are told apart by their sender: anybody may claim to be one. */
const MOST_SENDERS = 1_000;
/** How many acknowledgements wait. Without one, its sender waits until the lease of this instance is over. */
const MOST_TOKENS = 10_000;

interface Acknowledgement {
  readonly token: string;
  readonly operation: Operation | undefined;
}

/**
 * Decides which of the received invalidations take effect as one (docs/coherence.md): the parts of one eviction, which are several
 * messages, and everything that is applied while entries of the log may be missing: from the beginning of a sync, or from a gap, until the
 * position has reached the end of the log.
 *
 * @internal
 */
export class OpenGroup {
  readonly #applied: AppliedInvalidations;
  readonly #clock: Clock;
  readonly #send: (token: string) => void;
  readonly #isAfter: (id: string, other: string) => boolean;
  /** The senders of which a part was applied and more are to follow: the newest part in the log, and when it was applied (monotonic ms). */
  readonly #unfinished = new Map<string, { readonly id: string; readonly at: number }>();
  /** The last parts of evictions that are finished, by their senders, while this instance may be told of earlier parts again. */
  readonly #finished = new Map<string, string>();
  /** Everything up to this entry was applied when the last group ended. */
  #appliedUpTo: string | undefined;
  #isBehind = false;
  #waiting: Acknowledgement[] = [];

  /**
   * @param isAfter - the order of the log
   * @param send - tells the senders that wait for it that the message with this token has taken effect
   */
  constructor(
    applied: AppliedInvalidations,
    clock: Clock,
    isAfter: (id: string, other: string) => boolean,
    send: (token: string) => void,
  ) {
    this.#isAfter = isAfter;
    this.#applied = applied;
    this.#clock = clock;
    this.#send = send;
  }

  /**
   * A message of `from` is about to be applied.
   *
   * @param id - of its log entry. A message that is in no log takes part in nothing: its sender sends all parts again.
   * @param hasMore - whether more parts of the same eviction follow
   * @returns whether it is a part of an eviction, and not all of it
   */
  part(from: string, id: string, hasMore: boolean): boolean {
    // A doorbell may come after the sync that has brought its entry, and all that its sender has said since.
    if (this.#isOld(id, this.#appliedUpTo)) return true;
    const known = this.#unfinished.get(from);
    // A sync may bring again what a doorbell has brought already, and its sender has said more since.
    if (this.#isOld(id, known ? known.id : this.#finished.get(from))) return true;
    if (!hasMore) {
      if (!known) return false;
      this.#unfinished.delete(from);
      if (this.#finished.size < MOST_SENDERS) this.#finished.set(from, id);
      return true;
    }
    this.#applied.beginGroup();
    const sender = known || this.#unfinished.size < MOST_SENDERS ? from : '';
    this.#unfinished.set(sender, { id, at: this.#clock.now() });
    return true;
  }

  /**
   * The message with this token is applied: acknowledged now, or, if it is a part of an eviction, when the group has taken effect.
   *
   * @param isPart - what {@link part} has returned for the message
   */
  applied(token: string, isPart: boolean, operation: Operation | undefined): void {
    if (!isPart || !this.#applied.openGroup) this.#acknowledge({ token, operation });
    else if (this.#waiting.length < MOST_TOKENS) this.#waiting.push({ token, operation });
  }

  /** All copies are gone, so nothing is left that a part could still have to remove. */
  startedOver(): void {
    this.#unfinished.clear();
    // Another server may give smaller ids.
    this.#finished.clear();
    this.#appliedUpTo = undefined;
  }

  /** Entries of the log may be missing from now on. */
  fellBehind(): void {
    this.#isBehind = true;
    this.#applied.beginGroup();
  }

  /**
   * Everything up to the newest message is applied.
   *
   * @param newest - the id of its log entry
   * @param syncSentAt - when the sync that tells so was sent, in monotonic ms; `undefined`: a doorbell tells so
   */
  caughtUp(newest: string | undefined, syncSentAt?: number): void {
    if (!this.#applied.openGroup) return;
    if (syncSentAt !== undefined) {
      this.#isBehind = false;
      // Not by a timer: while this instance is cut off, the missing parts may be in the log.
      for (const [from, { at }] of this.#unfinished)
        if (at < syncSentAt - UNFINISHED_FOR) this.#unfinished.delete(from);
    }
    if (this.#isBehind || this.#unfinished.size > 0) return;
    this.#finished.clear();
    this.#appliedUpTo = newest;
    this.#applied.endGroup();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const acknowledgement of waiting) this.#acknowledge(acknowledgement);
  }

  /** Whether the log holds `id` not after `newest`. */
  #isOld(id: string, newest: string | undefined): boolean {
    return newest !== undefined && !this.#isAfter(id, newest);
  }

  #acknowledge({ token, operation }: Acknowledgement): void {
    this.#send(token);
    operation?.step('Invalidation acknowledged');
  }
}
