import { RepublishBuffer } from './republish-buffer.js';
import { BackOff } from '../../common/back-off.js';
import type { BridgeStats } from '../bridge-stats.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import { Confirmations, type AckRequest } from './confirmations.js';
import { Delivery, postponed, type DeliverySettings } from './delivery.js';
import type { Evicted } from './evicted.js';
import { BridgeRefusal, type InvalidationLink, type MembersReply } from '../../protocol/invalidation-bridge.js';
import { encodeInvalidation } from '../../protocol/invalidation-message.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import type { Member } from '../../protocol/member.js';
import { Outbox } from './outbox.js';
import { RefusedMessages } from './refused-messages.js';
import { Replication } from './replication.js';

/** How many messages may be on their way at once; what is beyond waits in the outbox, where it is bounded and coalesced. */
const WINDOW = 1_000;

/** @internal */
export interface PublisherSettings extends DeliverySettings {
  readonly member: Member;
  readonly outboxLimit: number;
  /** How many replicas must have what was evicted before its callers hear of it; `0`: none. */
  readonly minReplicas: number;
}

/** @internal */
export interface PublisherEvents {
  /** This link gives no answer, or says that it is the wrong server. */
  gaveUp(cause: Error): void;
  /** The server refused; `remedy` is `'retry'` or `'report'`. */
  refused(refusal: BridgeRefusal): void;
  /** Asked when an error message names the other side: the bridge is known only once the cache has started. */
  bridgeName(): string;
}

interface Message {
  readonly targets: readonly InvalidationTarget[];
  readonly delivery: Delivery | undefined;
  /** Given when somebody waits until every instance has acknowledged it. */
  readonly ackRequest: AckRequest | undefined;
}

/**
 * Gets this instance's invalidations into the log: gathers those of one tick, sends them pipelined, keeps what was not accepted.
 *
 * Nothing is merged into a message already sent: a peer may have applied it, loaded again before our second commit, and would keep that.
 *
 * @internal
 */
export class Publisher {
  readonly #settings: PublisherSettings;
  readonly #clock: Clock;
  readonly #stats: BridgeStats;
  readonly #events: PublisherEvents;
  readonly #bridgeName: () => string;
  readonly #outbox: Outbox;
  readonly #republishBuffer: RepublishBuffer;
  readonly #backOff = new BackOff();
  /** In the order in which they were sent. */
  readonly #onTheirWay = new Set<Message>();
  readonly #refused: RefusedMessages<Message>;
  readonly #confirmations: Confirmations;
  #link: InvalidationLink | undefined;
  #replication: Replication | undefined;
  #delivery: Delivery | undefined;
  #isFlushScheduled = false;
  #cancelRetry: CancelTimer | undefined;
  #drained: (() => void) | undefined;

  constructor(settings: PublisherSettings, clock: Clock, stats: BridgeStats, events: PublisherEvents) {
    this.#settings = settings;
    this.#clock = clock;
    this.#stats = stats;
    this.#events = events;
    this.#bridgeName = () => events.bridgeName();
    this.#outbox = new Outbox(settings.outboxLimit);
    this.#republishBuffer = new RepublishBuffer(settings.outboxLimit);
    this.#refused = new RefusedMessages(settings.outboxLimit);
    this.#confirmations = new Confirmations(settings.member, clock, this.#bridgeName);
  }

  /** How many targets are not in the log yet. */
  get waiting(): number {
    let targets = this.#outbox.size + this.#refused.size;
    for (const message of this.#onTheirWay) targets += message.targets.length;
    return targets;
  }

  publish(targets: Iterable<InvalidationTarget>): Promise<Evicted> {
    for (const target of targets) this.#outbox.add(target);
    if (!this.#link) return postponed(this.#settings.onUndelivered, this.#bridgeName());

    const delivery = this.#openDelivery();
    if (this.#outbox.fillsMessage) this.#flush();
    else this.#scheduleFlush();
    return delivery.settled;
  }

  /** As {@link publish}; settles when no instance can serve what the targets cover, or after `timeout` ms. */
  publishEverywhere(targets: readonly InvalidationTarget[], timeout: number): Promise<Evicted> {
    const confirmed = this.#confirmations.begin(targets, timeout);
    for (const target of targets) this.#outbox.add(target);
    if (this.#link) this.#scheduleFlush();
    return confirmed;
  }

  acknowledged(token: string, instanceId: string): void {
    this.#confirmations.acknowledged(token, instanceId);
  }

  /** A sync that was sent at `sentAt` found the server that was known. */
  synced(sentAt: number): void {
    this.#republishBuffer.synced(sentAt);
  }

  /** Another server answers, and may lack what the one before it had accepted. */
  republish(): void {
    this.#outbox.putBack([...this.#republishBuffer.drain(), ...this.#confirmations.askAgain()]);
    if (this.#link) this.#scheduleFlush();
  }

  /** The link's first sync is complete. Not earlier: under a write load it would otherwise never get its turn. */
  resume(link: InvalidationLink): void {
    const { minReplicas, publishTimeout } = this.#settings;
    this.#link = link;
    this.#replication = new Replication(link, minReplicas, publishTimeout);
    this.#backOff.reset();
    this.#flush();
  }

  /** The link is gone: what was on its way may or may not be in the log, and is sent again. */
  suspend(): void {
    this.#link = undefined;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const refused = this.#refused.drain();
    const unanswered = [...this.#onTheirWay];
    this.#onTheirWay.clear();
    this.#outbox.putBack([...refused.targets, ...unanswered.flatMap((message) => message.targets)]);
    const reason = `the connection to ${this.#bridgeName()} was lost`;
    for (const message of [...refused.messages, ...unanswered]) {
      message.delivery?.postpone(reason);
      if (message.ackRequest) this.#confirmations.returned(message.ackRequest);
    }
    this.#delivery?.postpone(reason);
    this.#delivery = undefined;
  }

  /** Resolves when all is in the log, or after `timeout` ms, with the number of targets that are not. */
  async drain(timeout: number): Promise<number> {
    // There may be no time to wait for the back-off of what was refused.
    this.#cancelRetry?.();
    this.#retry();
    if (this.waiting > 0 && timeout > 0) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.schedule(resolve, timeout);
        this.#drained = () => {
          cancel();
          resolve();
        };
      });
    }
    return this.waiting;
  }

  /** Nothing will be sent any more, and nobody has to hear it: there are no other instances, or this one has left. */
  discard(): void {
    this.#outbox.clear();
    this.#confirmations.nobodyElse();
  }

  /** This instance leaves: nobody waits for the others any more. */
  leave(): void {
    this.#confirmations.leave();
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const link = this.#link;
    if (!link) return;
    while (this.#outbox.size > 0 && this.#onTheirWay.size < WINDOW) this.#send(link);
    if (this.#outbox.size > 0) return;
    const delivery = this.#delivery;
    this.#delivery = undefined;
    delivery?.close();
    this.#confirmations.allSent();
  }

  #send(link: InvalidationLink): void {
    const ackRequest = this.#confirmations.nextAckRequest();
    const message: Message = { targets: this.#outbox.take(), delivery: this.#delivery, ackRequest };
    message.delivery?.messageSent();
    this.#onTheirWay.add(message);
    const payload = encodeInvalidation(this.#settings.member.instanceId, message.targets, ackRequest?.token);
    const answer = ackRequest ? link.publishToMembers(payload) : link.publish(payload).then(() => undefined);
    answer.then(
      (reply) => this.#accepted(message, reply),
      (error: Error) => this.#failed(message, error),
    );
  }

  #accepted(message: Message, reply: MembersReply | undefined): void {
    // Gone from the set when its link was given up meanwhile; it then counts as not sent.
    if (!this.#onTheirWay.delete(message)) return;
    this.#stats.published += 1;
    this.#backOff.reset();
    this.#republishBuffer.add(message.targets);
    message.delivery?.messageLogged();
    this.#tellCallers(message, this.#clock.now(), reply);
    if (this.#outbox.size > 0) this.#flush();
    // It walks over all that is on its way.
    if (this.#drained && this.waiting === 0) this.#drained();
  }

  #tellCallers({ delivery, ackRequest }: Message, acceptedAt: number, reply: MembersReply | undefined): void {
    const confirm = (): void => {
      if (ackRequest && reply) this.#confirmations.accepted(ackRequest, acceptedAt, reply);
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

  #failed(message: Message, error: Error): void {
    if (!this.#onTheirWay.has(message)) return;
    if (!(error instanceof BridgeRefusal) || error.remedy === 'redial') {
      this.#events.gaveUp(error);
      return;
    }
    this.#onTheirWay.delete(message);
    this.#refused.add(message);
    this.#events.refused(error);
    this.#cancelRetry ??= this.#clock.schedule(() => this.#retry(), this.#backOff.next());
  }

  #retry(): void {
    this.#cancelRetry = undefined;
    const { targets, messages } = this.#refused.drain();
    this.#outbox.putBack(targets);
    for (const { delivery, ackRequest } of messages) {
      this.#rejoin(delivery);
      if (ackRequest) this.#confirmations.returned(ackRequest);
    }
    this.#flush();
  }

  /** The callers of a refused message go on waiting, for the retry, until their `publishTimeout`. */
  #rejoin(delivery: Delivery | undefined): void {
    if (!delivery || delivery.isSettled) return;
    const open = this.#openDelivery();
    if (open === delivery) delivery.messageReturned();
    else delivery.follow(open);
  }

  /** What is sent next settles it. Not one whose time is over already: whoever joined it would be told so at once. */
  #openDelivery(): Delivery {
    if (!this.#delivery || this.#delivery.isSettled)
      this.#delivery = new Delivery(this.#settings, this.#clock, this.#bridgeName);
    return this.#delivery;
  }
}
