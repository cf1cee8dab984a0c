import type { Clock } from '../../../common/clock.js';
import { ackAddress } from '../../../protocol/ack-token.js';
import type { MembersReply } from '../../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../../protocol/invalidation.js';
import type { Peers } from '../../peers.js';
import { Confirmation, type AckRequest, type ConfirmationParts } from './confirmation.js';
import type { Evicted } from '../evicted.js';

/** The evictions with `everywhere` that are not settled: one {@link Confirmation} for those whose targets are sent together. @internal */
export class Confirmations {
  readonly #parts: ConfirmationParts;
  readonly #waiting = new Set<Confirmation>();
  readonly #messages = new Map<string, AckRequest>();
  /** The one with targets in the outbox: the next message is on its behalf. */
  #unsent: Confirmation | undefined;

  constructor(instanceId: string, peers: Peers, clock: Clock, bridgeName: () => string) {
    this.#parts = {
      instanceId,
      address: ackAddress(instanceId),
      peers,
      clock,
      bridgeName,
      messages: this.#messages,
      ended: (confirmation) => this.#forget(confirmation),
    };
  }

  /** Begins to wait for targets that are put into the outbox now. */
  begin(targets: readonly InvalidationTarget[], timeout: number): Promise<Evicted> {
    this.#unsent ??= this.#newConfirmation();
    return this.#unsent.join(targets, timeout);
  }

  /**
   * The request of the next message; `undefined`: nobody waits. Called before the message is sent, since an acknowledgement may
   * arrive before the answer of the log.
   */
  ofNextMessage(targets: readonly InvalidationTarget[]): AckRequest | undefined {
    return this.#unsent?.send(targets);
  }

  /** The outbox is empty: every target is in some message. */
  allSent(): void {
    const confirmation = this.#unsent;
    this.#unsent = undefined;
    confirmation?.allSent();
  }

  /** The log has the message. */
  accepted(message: AckRequest, at: number, reply: MembersReply): void {
    this.#parts.peers.learn([...reply.settings, ...reply.members.map(({ member }) => member)]);
    if (this.#messages.has(message.token)) message.confirmation.accepted(message, at, reply);
  }

  /** The message is not known to be in the log, and its targets are in the outbox again. */
  returned(message: AckRequest): void {
    if (!this.#messages.has(message.token)) return;
    message.confirmation.returned(message);
    this.#isUnsentAgain(message.confirmation);
  }

  /** Another server keeps the log now: every eviction asks there again. Returns the targets to publish for that. */
  askAgain(): readonly InvalidationTarget[] {
    for (const confirmation of this.#waiting) {
      confirmation.askAgain();
      this.#isUnsentAgain(confirmation);
    }
    return this.#unsent?.targets ?? [];
  }

  /** An instance has applied the message with this token. */
  acknowledged(token: string, instanceId: string): void {
    const message = this.#messages.get(token);
    message?.confirmation.acknowledged(message, instanceId);
  }

  /** There are no other instances. */
  nobodyElse(): void {
    for (const confirmation of this.#waiting) confirmation.nobodyElse();
  }

  /** This instance leaves, so no acknowledgement will reach it any more. */
  leave(): void {
    for (const confirmation of this.#waiting) confirmation.giveUp('before the cache was shut down');
  }

  #newConfirmation(): Confirmation {
    const confirmation = new Confirmation(this.#parts);
    this.#waiting.add(confirmation);
    return confirmation;
  }

  /** Targets of it are in the outbox again, together with those of whoever waits there: from now on they are one. */
  #isUnsentAgain(confirmation: Confirmation): void {
    this.#unsent ??= confirmation;
    if (this.#unsent === confirmation) return;
    this.#unsent.absorb(confirmation);
    this.#waiting.delete(confirmation);
  }

  #forget(confirmation: Confirmation): void {
    this.#waiting.delete(confirmation);
    if (this.#unsent === confirmation) this.#unsent = undefined;
  }
}
