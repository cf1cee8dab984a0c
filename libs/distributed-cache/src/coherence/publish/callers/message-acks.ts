import type { MembersReply } from '../../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../../protocol/invalidation.js';
import { mayServeFor } from '../../../protocol/member.js';

/**
 * The acknowledgements of one message, and which instances are still missing. The first acknowledgement may arrive before the answer of the
 * log.
 *
 * @internal
 */
export class MessageAcks {
  readonly targets: readonly InvalidationTarget[];
  /** The instances whose acknowledgements came before the answer of the log. */
  readonly #acknowledged = new Set<string>();
  /** The instances that have not acknowledged it, and until when each may serve; `undefined` until the log has accepted it. */
  #missing: Map<string, number> | undefined;

  constructor(targets: readonly InvalidationTarget[]) {
    this.targets = targets;
  }

  get isAccepted(): boolean {
    return this.#missing !== undefined;
  }

  /** The log has accepted it, and each instance has acknowledged it or can no longer serve. */
  get isComplete(): boolean {
    return this.#missing?.size === 0;
  }

  /** The log has the message, since `at` at the latest, and the members of the reply may hold copies. */
  accepted(at: number, { members }: MembersReply, self: string): void {
    const missing = new Map<string, number>();
    for (const { member, syncAge } of members) {
      const { instanceId } = member;
      if (instanceId === self || this.#acknowledged.has(instanceId)) continue;
      const until = at + mayServeFor(member, syncAge, this.targets);
      missing.set(instanceId, Math.max(until, missing.get(instanceId) ?? until));
    }
    this.#missing = missing;
  }

  /** This instance has applied the message. */
  acknowledged(instanceId: string): void {
    if (this.#missing) this.#missing.delete(instanceId);
    else this.#acknowledged.add(instanceId);
  }

  /** Until when one of the missing instances may serve; `undefined`: none may any more. */
  servedUntil(now: number): number | undefined {
    for (const [instanceId, until] of this.#missing ?? []) {
      if (until >= now) return until;
      // Its time is over, so later questions need not look at it.
      this.#missing?.delete(instanceId);
    }
    return undefined;
  }

  /** The ids of the missing instances that may serve now. */
  *missing(now: number): Iterable<string> {
    for (const [instanceId, until] of this.#missing ?? []) if (until >= now) yield instanceId;
  }
}
