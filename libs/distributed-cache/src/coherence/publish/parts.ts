import type { Clock } from '../../common/clock.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';

/** The receivers wait for the next part twice as long, in ms (follow/open-group.ts). */
const LONGEST_DELIVERY = 30_000;

/**
 * What leaves in one tick, in several messages. The receivers let it take effect as one, so either all parts reach the log without a break,
 * or all are sent again: a list that a peer has made anew in between, of rows that only a later part evicts, has to go once more.
 *
 * @internal
 */
export class Parts {
  readonly #startedAt: number;
  readonly #accepted: (readonly InvalidationTarget[])[] = [];
  #unaccepted = 0;
  #isSent = false;
  /** Whether the receivers may have given up waiting for the next part. */
  isBroken = false;

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
    if (now - this.#startedAt > LONGEST_DELIVERY) this.isBroken = true;
  }

  /** A part is to be sent again. Removes and returns the targets that the log has: they have to be sent again together with it. */
  returned(): readonly InvalidationTarget[] {
    this.#unaccepted -= 1;
    return this.drain();
  }

  /** Removes and returns the targets that the log has. */
  drain(): readonly InvalidationTarget[] {
    return this.#accepted.splice(0).flat();
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

  /** The log has a part. Returns the targets that have to be sent again, which are seldom any. */
  accepted(parts: Parts | undefined, targets: readonly InvalidationTarget[]): readonly InvalidationTarget[] {
    if (!parts) return [];
    parts.accepted(targets, this.#clock.now());
    if (!parts.isComplete) return [];
    this.#all.delete(parts);
    return parts.isBroken ? parts.drain() : [];
  }

  /** Parts are to be sent again. Returns the targets that have to be sent again together with them. */
  returned(returned: Iterable<Parts | undefined>): readonly InvalidationTarget[] {
    const targets: InvalidationTarget[] = [];
    for (const parts of returned) {
      targets.push(...(parts?.returned() ?? []));
      if (parts?.isComplete) this.#all.delete(parts);
    }
    return targets;
  }

  /** The link is lost: all that is not finished is sent again. */
  linkLost(): readonly InvalidationTarget[] {
    const targets = [...this.#all].flatMap((parts) => parts.drain());
    this.#all.clear();
    this.#open = undefined;
    return targets;
  }

  /** The machine was suspended: the receivers may have waited for so long that they gave up. */
  suspended(): void {
    for (const parts of this.#all) parts.isBroken = true;
  }
}
