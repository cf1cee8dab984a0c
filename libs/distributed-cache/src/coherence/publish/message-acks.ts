import type { MembersReply } from '../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { mayServeFor } from '../../protocol/member.js';

/** What is known of one message that asks to be acknowledged. Its first acknowledgement may be heard before the log's own answer. @internal */
export class MessageAcks {
  readonly #acknowledged = new Set<string>();
  /** Who has to acknowledge it still, and until when each may serve; known once the log has accepted it. */
  #missing: Map<string, number> | undefined;

  get isAccepted(): boolean {
    return this.#missing !== undefined;
  }

  /** The log has had it since `at` at the latest, and these may hold copies. */
  accepted(at: number, { members }: MembersReply, targets: readonly InvalidationTarget[], self: string): void {
    const missing = new Map<string, number>();
    for (const listed of members) {
      const { instanceId } = listed.member;
      if (instanceId === self || this.#acknowledged.has(instanceId)) continue;
      const until = at + mayServeFor(listed, targets);
      missing.set(instanceId, Math.max(until, missing.get(instanceId) ?? until));
    }
    this.#missing = missing;
  }

  acknowledged(instanceId: string): void {
    this.#acknowledged.add(instanceId);
    this.#missing?.delete(instanceId);
  }

  /** Until when one of the missing may serve; `undefined`: none may any more. */
  servedUntil(now: number): number | undefined {
    for (const [instanceId, until] of this.#missing ?? []) {
      if (until >= now) return until;
      // Its time is over, and no later question needs to look at it.
      this.#missing?.delete(instanceId);
    }
    return undefined;
  }

  /** Who may serve now. */
  *missing(now: number): Iterable<string> {
    for (const [instanceId, until] of this.#missing ?? []) if (until >= now) yield instanceId;
  }
}
