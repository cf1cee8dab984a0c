import type { Clock } from '../../common/clock.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { widen } from './widen.js';

/** The receivers wait for the next part twice as long, in ms (follow/open-group.ts). */
const LONGEST_DELIVERY = 30_000;
/** So many regions and tags are one message. */
const FEW = 10;

/**
 * What leaves in one tick, in several messages. The receivers let it take effect as one, so either all parts reach the log without a break,
 * or all are sent again: a list that a peer has made anew in between, of rows that only a later part evicts, has to go once more.
 *
 * @internal
 */
export class Parts {
  readonly #startedAt: number;
  /** The targets of the parts that the log has, also of those that were sent again: a later one may be returned as well. */
  readonly #accepted: (readonly InvalidationTarget[])[] = [];
  #unaccepted = 0;
  #isSent = false;
  /** Whether all parts have to be sent again. */
  isBroken = false;
  /** Whether that is because they took too long, as they would the next time. */
  isLate = false;

  constructor(startedAt: number) {
    this.#startedAt = startedAt;
  }

  /** Whether the log has all parts. */
  get isComplete(): boolean {
    return this.#isSent && this.#unaccepted === 0;
  }

  sent(hasMore: boolean): void {
    this.#unaccepted += 1;
    this.#isSent = !hasMore;
  }

  /** The log has the part with these targets. */
  accepted(targets: readonly InvalidationTarget[], now: number): void {
    this.#unaccepted -= 1;
    this.#accepted.push(targets);
    if (now - this.#startedAt > LONGEST_DELIVERY) this.isLate = true;
  }

  /**
   * A part with these targets is to be sent again. Returns the targets that the log has: they have to be sent again together with it. So has
   * every part that the log accepts later, since it may stand before this one there.
   */
  returned(targets: readonly InvalidationTarget[]): readonly InvalidationTarget[] {
    const accepted = this.targets();
    this.#unaccepted -= 1;
    this.#accepted.push(targets);
    this.isBroken = true;
    return accepted;
  }

  /** The targets that the log has. */
  targets(): readonly InvalidationTarget[] {
    return this.#accepted.flat();
  }
}

/** The evictions that leave in several messages, from the first message until the log has all of them. @internal */
export class UnfinishedParts {
  readonly #clock: Clock;
  readonly #all = new Set<Parts>();
  /** The parts that the next message belongs to. */
  #open: Parts | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A message is sent. Returns what it is a part of; `undefined`: it is all that leaves in its tick. */
  sent(hasMore: boolean): Parts | undefined {
    const parts = this.#open ?? (hasMore ? new Parts(this.#clock.now()) : undefined);
    if (!parts) return undefined;
    parts.sent(hasMore);
    this.#open = hasMore ? parts : undefined;
    this.#all.add(parts);
    return parts;
  }

  /** The log has a part. Returns the targets that have to be sent again, its own among them; seldom any. */
  accepted(parts: Parts | undefined, targets: readonly InvalidationTarget[]): readonly InvalidationTarget[] {
    if (!parts) return [];
    parts.accepted(targets, this.#clock.now());
    if (!parts.isComplete) return [];
    this.#all.delete(parts);
    // Widened, they are one message, which cannot be late again.
    if (parts.isLate) return widen(parts.targets(), FEW);
    return parts.isBroken ? parts.targets() : [];
  }

  /** Messages are to be sent again. Returns the targets that have to be sent again together with them. */
  returned(
    messages: Iterable<{ readonly parts: Parts | undefined; readonly targets: readonly InvalidationTarget[] }>,
  ): readonly InvalidationTarget[] {
    const again: InvalidationTarget[] = [];
    for (const { parts, targets } of messages) {
      if (!parts) continue;
      for (const target of parts.returned(targets)) again.push(target);
      if (parts.isComplete) this.#all.delete(parts);
    }
    return again;
  }

  /** The link is lost: all that is not finished is sent again. */
  linkLost(): readonly InvalidationTarget[] {
    const targets = [...this.#all].flatMap((parts) => parts.targets());
    this.#all.clear();
    this.#open = undefined;
    return targets;
  }

  /** The machine was suspended: the receivers may have waited for so long that they gave up. */
  suspended(): void {
    for (const parts of this.#all) parts.isBroken = true;
  }
}
