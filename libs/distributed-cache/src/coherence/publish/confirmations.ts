import { randomUUID } from 'node:crypto';
import type { Clock } from '../../common/clock.js';
import { Confirmation } from './confirmation.js';
import type { Evicted } from './evicted.js';
import type { MembersReply } from '../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import type { Member } from '../../protocol/member.js';

/** The acknowledgement token of one message, and the evictions that wait for it. @internal */
export interface AckRequest {
  readonly token: string;
  readonly confirmations: readonly Confirmation[];
}

/** The evictions with `everywhere` that are not settled. @internal */
export class Confirmations {
  readonly #self: Member;
  readonly #clock: Clock;
  readonly #bridgeName: () => string;
  readonly #waiting = new Set<Confirmation>();
  /** Those with targets in the outbox: the next message is on their behalf. */
  readonly #unsent = new Set<Confirmation>();

  constructor(self: Member, clock: Clock, bridgeName: () => string) {
    this.#self = self;
    this.#clock = clock;
    this.#bridgeName = bridgeName;
  }

  /** Begins to wait for targets that are put into the outbox now. */
  async begin(targets: readonly InvalidationTarget[], timeout: number): Promise<Evicted> {
    const confirmation = new Confirmation(targets, this.#self, timeout, this.#clock, this.#bridgeName);
    this.#waiting.add(confirmation);
    this.#unsent.add(confirmation);
    try {
      return await confirmation.settled;
    } finally {
      this.#waiting.delete(confirmation);
      this.#unsent.delete(confirmation);
    }
  }

  /**
   * The request of the next message; `undefined`: nobody waits. Called before the message is sent, since an acknowledgement may arrive
   * before the answer of the log.
   */
  nextAckRequest(): AckRequest | undefined {
    if (this.#unsent.size === 0) return undefined;
    const ackRequest = { token: randomUUID(), confirmations: [...this.#unsent] };
    for (const confirmation of ackRequest.confirmations) confirmation.sent(ackRequest.token);
    return ackRequest;
  }

  /** The outbox is empty: every target is in some message. */
  allSent(): void {
    for (const confirmation of this.#unsent) confirmation.allSent();
    this.#unsent.clear();
  }

  /** The log has the message. */
  accepted({ token, confirmations }: AckRequest, at: number, reply: MembersReply): void {
    for (const confirmation of confirmations) confirmation.accepted(token, at, reply);
  }

  /** The message is not known to be in the log, and its targets are in the outbox again. */
  returned({ token, confirmations }: AckRequest): void {
    for (const confirmation of confirmations) {
      if (!this.#waiting.has(confirmation)) continue;
      confirmation.returned(token);
      this.#unsent.add(confirmation);
    }
  }

  /** Another server keeps the log now: every eviction asks there again. Returns the targets to publish for that. */
  askAgain(): readonly InvalidationTarget[] {
    return [...this.#waiting].flatMap((confirmation) => {
      this.#unsent.add(confirmation);
      return confirmation.askAgain();
    });
  }

  /** An instance has applied the message with this token. */
  acknowledged(token: string, instanceId: string): void {
    for (const confirmation of this.#waiting) confirmation.acknowledged(token, instanceId);
  }

  /** There are no other instances. */
  nobodyElse(): void {
    for (const confirmation of this.#waiting) confirmation.nobodyElse();
  }

  /** This instance leaves, so no acknowledgement will reach it any more. */
  leave(): void {
    for (const confirmation of this.#waiting) confirmation.giveUp('before the cache was shut down');
  }
}
