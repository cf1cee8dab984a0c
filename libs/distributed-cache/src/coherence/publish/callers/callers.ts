import type { Clock } from '../../../common/clock.js';
import type { InvalidationLink, MembersReply } from '../../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../../protocol/invalidation.js';
import type { Member } from '../../../protocol/member.js';
import type { Peers } from '../../peers.js';
import type { AckRequest } from './confirmation.js';
import { Confirmations } from './confirmations.js';
import { Delivery, postponed, type DeliverySettings } from '../delivery.js';
import type { Evicted } from '../evicted.js';
import { Replication } from './replication.js';

/** @internal */
export interface CallersSettings extends DeliverySettings {
  readonly member: Member;
  /** How many replicas must have an invalidation before it counts as accepted; `0`: none. */
  readonly minReplicas: number;
}

/** The callers of one message. @internal */
export interface MessageCallers {
  readonly delivery: Delivery | undefined;
  /** `undefined` when nobody waits until every instance has acknowledged the message. */
  readonly ackRequest: AckRequest | undefined;
}

/**
 * The callers whose evictions are not settled: those who wait for the log, over a {@link Delivery} for each tick, and those who wait for
 * every instance, over a confirmation for each tick.
 *
 * @internal
 */
export class Callers {
  readonly #settings: CallersSettings;
  readonly #clock: Clock;
  readonly #bridgeName: () => string;
  readonly #confirmations: Confirmations;
  #replication: Replication | undefined;
  /** Settles with the messages that carry what is in the outbox now. */
  #delivery: Delivery | undefined;

  constructor(settings: CallersSettings, peers: Peers, clock: Clock, bridgeName: () => string) {
    this.#settings = settings;
    this.#clock = clock;
    this.#bridgeName = bridgeName;
    this.#confirmations = new Confirmations(settings.member.instanceId, peers, clock, bridgeName);
  }

  /** Settles when the log has what is in the outbox now, or when that is known to take longer. */
  waitForLog(): Promise<Evicted> {
    return this.#openDelivery().settled;
  }

  /** The promise of an eviction while there is no link: nobody waits. */
  postponed(): Promise<Evicted> {
    return postponed(this.#settings.onUndelivered, this.#bridgeName());
  }

  /** Settles when no instance can serve what the targets cover, or after `timeout` ms. */
  waitForInstances(targets: readonly InvalidationTarget[], timeout: number): Promise<Evicted> {
    return this.#confirmations.begin(targets, timeout);
  }

  /** A link is ready to send messages. */
  linkOpened(link: InvalidationLink): void {
    this.#replication = new Replication(link, this.#settings.minReplicas, this.#settings.publishTimeout);
  }

  /** The link is lost: these messages, and what was not sent yet, are in the outbox again. */
  linkLost(messages: Iterable<MessageCallers>): void {
    const reason = `the connection to ${this.#bridgeName()} was lost`;
    for (const { delivery, ackRequest } of messages) {
      delivery?.postpone(reason);
      if (ackRequest) this.#confirmations.returned(ackRequest);
    }
    this.#delivery?.postpone(reason);
    this.#delivery = undefined;
  }

  /** The callers of the next message. Called before it is sent: its first acknowledgement may come before the answer of the log. */
  ofNextMessage(targets: readonly InvalidationTarget[]): MessageCallers {
    this.#delivery?.messageSent();
    return { delivery: this.#delivery, ackRequest: this.#confirmations.ofNextMessage(targets) };
  }

  /** The outbox is empty: every eviction is in some message. */
  allSent(): void {
    const delivery = this.#delivery;
    this.#delivery = undefined;
    delivery?.close();
    this.#confirmations.allSent();
  }

  /** The log has a message. */
  logged({ delivery, ackRequest }: MessageCallers, reply: MembersReply | undefined): void {
    delivery?.messageLogged();
    const loggedAt = this.#clock.now();
    const confirm = (): void => {
      if (ackRequest && reply) this.#confirmations.accepted(ackRequest, loggedAt, reply);
    };
    const accept = (): void => {
      delivery?.messageAccepted();
      confirm();
    };
    const missed = (reason: string): void => {
      delivery?.messageNotReplicated(reason);
      confirm();
    };
    if (this.#replication) this.#replication.reached(accept, missed);
    else accept();
  }

  /** A message that was refused is in the outbox again. Its callers go on waiting for the retry, until their `publishTimeout`. */
  returned({ delivery, ackRequest }: MessageCallers): void {
    if (delivery && !delivery.isSettled) {
      const open = this.#openDelivery();
      if (open === delivery) delivery.messageReturned();
      else delivery.follow(open);
    }
    if (ackRequest) this.#confirmations.returned(ackRequest);
  }

  /** Another server keeps the log: whoever waits for every instance asks there again. Returns the targets to publish for that. */
  askAgain(): readonly InvalidationTarget[] {
    return this.#confirmations.askAgain();
  }

  /** An instance has applied the message with this token. */
  acknowledged(token: string, instanceId: string): void {
    this.#confirmations.acknowledged(token, instanceId);
  }

  /** There are no other instances. */
  nobodyElse(): void {
    this.#confirmations.nobodyElse();
  }

  /** This instance leaves: its evictions do not wait for other instances any more. */
  leave(): void {
    this.#confirmations.leave();
  }

  /** Not a delivery whose time is over: a caller who joins it would be told at once that it takes longer. */
  #openDelivery(): Delivery {
    if (!this.#delivery || this.#delivery.isSettled)
      this.#delivery = new Delivery(this.#settings, this.#clock, this.#bridgeName);
    return this.#delivery;
  }
}
