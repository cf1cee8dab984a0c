import type { Clock } from '../../common/clock.js';
import { detached } from '../../common/detached.js';
import type { Operation, Operations } from '../../common/operations.js';
import type { TimeSummary } from '../../common/recent-times.js';
import { withTimeout } from '../../common/timeout.js';
import { BridgeRefusal, type InvalidationLink, type MembersReply } from '../../protocol/invalidation-bridge.js';
import { encodeInvalidation } from '../../protocol/invalidation-message.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import type { BridgeCounts } from '../bridge-stats.js';
import { describeTargets } from '../describe-invalidation.js';
import type { Peers } from '../peers.js';
import { Backlog } from './backlog.js';
import { Callers, type CallersSettings, type MessageCallers } from './callers/callers.js';
import type { Evicted } from './evicted.js';
import { Outbox } from './outbox.js';
import { Overdue } from './overdue.js';
import { UnfinishedParts, type Parts } from './parts.js';
import { Propagation } from './propagation.js';
import { RefusedMessages } from './refused-messages.js';
import { RepublishBuffer } from './republish-buffer.js';
import { SendingPace } from './sending-pace.js';

/** How many messages may be without an answer at once. The rest waits in the outbox, where it is bounded and each target stands once. */
const WINDOW = 1_000;

/** @internal */
export interface PublisherSettings extends CallersSettings {
  /** How many targets may wait while the log does not take them; above that they are widened. */
  readonly outboxLimit: number;
}

/** @internal */
export interface PublisherParts {
  readonly clock: Clock;
  readonly stats: BridgeCounts;
  /** Logs the course of what is published at `debug`. */
  readonly operations: Operations;
  readonly peers: Peers;
  readonly events: PublisherEvents;
}

/** @internal */
export interface PublisherEvents {
  /** The link does not answer, or its server is the wrong one: it must be given up. */
  gaveUp(cause: Error): void;
  /** The server refused a message; `remedy` is `'retry'` or `'report'`. */
  refused(refusal: BridgeRefusal): void;
  /** Whether {@link Publisher.isOverdue} has changed. */
  overdueChanged(): void;
  /** Asked when an error message names the other side: the bridge is known only once the cache has started. */
  bridgeName(): string;
}

/** One message that was sent and has no answer yet. */
interface Message {
  /** Counts the messages of this instance. */
  readonly number: number;
  readonly targets: readonly InvalidationTarget[];
  /** Since when the oldest of them waits (monotonic ms). */
  readonly since: number;
  /** Monotonic ms. */
  readonly sentAt: number;
  /** What it is a part of; `undefined`: it is all that leaves in its tick. */
  readonly parts: Parts | undefined;
  readonly callers: MessageCallers;
  readonly traceparent: string | undefined;
  readonly operation: Operation | undefined;
}

/**
 * Brings the invalidations of this instance into the log: gathers those of one tick in the outbox, sends them without waiting for answers
 * in between, and keeps what the log has not accepted.
 *
 * What leaves in one tick takes effect as one on the receivers, also when it needs several messages ({@link Parts}).
 *
 * Nothing is merged into a message that was sent. A peer may have applied that message and loaded again before the second change was
 * committed; it would keep what it loaded.
 *
 * @internal
 */
export class Publisher {
  readonly #instanceId: string;
  readonly #clock: Clock;
  readonly #stats: BridgeCounts;
  readonly #operations: Operations;
  readonly #events: PublisherEvents;
  readonly #outbox: Outbox;
  readonly #backlog: Backlog;
  readonly #pace: SendingPace;
  readonly #republishBuffer: RepublishBuffer;
  /** Messages without an answer, in the order in which they were sent. */
  readonly #unanswered = new Set<Message>();
  readonly #refused: RefusedMessages<Message>;
  readonly #callers: Callers;
  readonly #parts: UnfinishedParts;
  readonly #overdue: Overdue;
  readonly #propagation: Propagation;
  #link: InvalidationLink | undefined;
  /** Since when the outbox does not move on (monotonic ms); `undefined`: it is empty. */
  #outboxSince: number | undefined;
  /** Logs the course of what is in the outbox now. */
  #operation: Operation | undefined;
  /** The trace context of the first eviction in the outbox that has one; the next message carries it. */
  #traceparent: string | undefined;
  #messages = 0;
  #isFlushScheduled = false;
  #drained: (() => void) | undefined;

  constructor(settings: PublisherSettings, { clock, stats, operations, peers, events }: PublisherParts) {
    this.#instanceId = settings.member.instanceId;
    this.#clock = clock;
    this.#stats = stats;
    this.#operations = operations;
    this.#events = events;
    this.#outbox = new Outbox(settings.outboxLimit);
    this.#backlog = new Backlog(this.#outbox, settings.outboxLimit, clock);
    this.#pace = new SendingPace(clock, () => this.#flush());
    this.#republishBuffer = new RepublishBuffer(settings.outboxLimit);
    this.#refused = new RefusedMessages(settings.outboxLimit, clock, () => this.#retry());
    this.#propagation = new Propagation(clock);
    this.#callers = new Callers(settings, peers, clock, () => events.bridgeName());
    this.#parts = new UnfinishedParts(clock);
    this.#overdue = new Overdue(
      clock,
      settings.publishTimeout,
      () => this.#oldest(),
      () => events.overdueChanged(),
    );
  }

  /** Whether something has waited for the log for longer than `publishTimeout`. */
  get isOverdue(): boolean {
    return this.#overdue.isOverdue;
  }

  /** The number of targets that are not in the log yet. */
  get waiting(): number {
    let targets = this.#outbox.size + this.#refused.size;
    for (const message of this.#unanswered) targets += message.targets.length;
    return targets;
  }

  /** How long the oldest eviction has waited that the log does not have, in ms; 0: the log has all. */
  get age(): number {
    const oldest = this.#oldest();
    return oldest === undefined ? 0 : this.#clock.now() - oldest;
  }

  /** How long the messages took in the last minute. */
  get propagation(): TimeSummary {
    return this.#propagation.summary;
  }

  /** Publishes an eviction that this instance has applied. Settles when the log has it, or when that is known to take longer. */
  publish(targets: readonly InvalidationTarget[], traceparent?: string): Promise<Evicted> {
    this.#gather(targets, traceparent);
    if (!this.#link) return this.#callers.postponed();

    const settled = this.#callers.waitForLog();
    this.#scheduleFlush();
    this.#sendFullMessages(this.#link);
    return settled;
  }

  /** As {@link publish}; settles when no instance can serve what the targets cover, or after `timeout` ms. */
  publishEverywhere(targets: readonly InvalidationTarget[], timeout: number, traceparent?: string): Promise<Evicted> {
    const confirmed = this.#callers.waitForInstances(targets, timeout);
    this.#gather(targets, traceparent);
    if (this.#operation) logOutcome(confirmed, this.#operation);
    if (this.#link) this.#scheduleFlush();
    return confirmed;
  }

  /** A message of this instance has come back. @param id - of its log entry */
  heard(id: string): void {
    this.#propagation.heard(id);
  }

  /** An instance has applied the message with this token. */
  acknowledged(token: string, instanceId: string): void {
    this.#callers.acknowledged(token, instanceId);
  }

  /** A sync that was sent at `sentAt` found the server that this instance knew. */
  synced(sentAt: number): void {
    this.#republishBuffer.synced(sentAt);
  }

  /** Another server keeps the log, which may lack what the one before it had accepted: that is published again. */
  republish(): void {
    const targets = [...this.#republishBuffer.drain(), ...this.#callers.askAgain()];
    if (targets.length > 0) this.#currentOperation()?.step('Invalidations published again', describeTargets(targets));
    this.#putBack(targets, this.#clock.now());
    if (this.#link) this.#scheduleFlush();
  }

  /** The first sync of this link is complete. Nothing is sent earlier: under a load of evictions the sync would never get its turn. */
  resume(link: InvalidationLink): void {
    this.#link = link;
    this.#backlog.linkOpened();
    this.#callers.linkOpened(link);
    this.#refused.accepted();
    this.#flush();
  }

  /** The link is lost. Messages without an answer may or may not be in the log, so they are sent again. */
  suspend(): void {
    this.#link = undefined;
    this.#backlog.linkLost();
    const refused = this.#refused.drain();
    const unanswered = [...this.#unanswered];
    this.#unanswered.clear();
    const returned = [...refused.messages, ...unanswered];
    this.#putBack(
      [...this.#parts.linkLost(), ...refused.targets, ...unanswered.flatMap((message) => message.targets)],
      sinceOf(returned) ?? this.#clock.now(),
    );
    this.#callers.linkLost(returned.map((message) => message.callers));
    for (const message of returned) this.#backInOutbox(message, 'connection lost');
  }

  /** The machine was suspended, perhaps between two messages of one eviction. */
  suspended(): void {
    this.#parts.suspended();
  }

  /** Resolves when the log has everything, or after `timeout` ms, with the number of targets that it does not have. */
  async drain(timeout: number): Promise<number> {
    // There may be no time left for the back-off of refused messages.
    this.#retry();
    if (this.waiting > 0 && timeout > 0) {
      const drained = new Promise<void>((resolve) => (this.#drained = resolve));
      await withTimeout(drained, { ms: timeout, onTimeout: () => undefined, clock: this.#clock });
    }
    return this.waiting;
  }

  /** Forgets the outbox: there are no other instances. */
  discard(): void {
    this.#outbox.clear();
    this.#outboxSince = undefined;
    this.#overdue.delivered();
    this.#operation = undefined;
    this.#callers.nobodyElse();
  }

  /** This instance leaves: its evictions do not wait for other instances any more. */
  leave(): void {
    this.#callers.leave();
  }

  #gather(targets: readonly InvalidationTarget[], traceparent: string | undefined): void {
    this.#traceparent ??= traceparent;
    for (const target of targets) this.#outbox.add(target);
    this.#backlog.added();
    this.#outboxSince ??= this.#clock.now();
    this.#overdue.waiting();
    const operation = this.#currentOperation();
    operation?.step('Invalidation published', describeTargets(targets));
    if (!this.#link) operation?.step('Invalidation postponed to the outbox', { waiting: this.waiting });
  }

  #currentOperation(): Operation | undefined {
    return (this.#operation ??= this.#operations.begin('invalidation'));
  }

  #scheduleFlush(): void {
    if (this.#isFlushScheduled) return;
    this.#isFlushScheduled = true;
    queueMicrotask(() => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  /** Sends what need not wait for the end of the tick. Something is left for the end: it tells that the eviction is complete. */
  #sendFullMessages(link: InvalidationLink): void {
    if (!this.#outbox.overflowsMessage || !this.#maySend) return;
    detached(() => {
      while (this.#outbox.overflowsMessage && this.#maySend) this.#send(link, true);
    });
  }

  #flush(): void {
    const link = this.#link;
    if (!link) return;
    // A message carries the evictions of many callers, and what its answer leads to concerns all of them.
    detached(() => {
      while (this.#outbox.size > 0 && this.#maySend) this.#send(link, false);
    });
    if (this.#outbox.size > 0) return;
    this.#operation = undefined;
    this.#callers.allSent();
  }

  get #maySend(): boolean {
    return this.#unanswered.size < WINDOW && this.#pace.hasTime;
  }

  /** @param isTickOpen - whether more targets of this tick are to come */
  #send(link: InvalidationLink, isTickOpen: boolean): void {
    this.#messages += 1;
    const number = this.#messages;
    const targets = this.#outbox.take();
    const now = this.#clock.now();
    const since = this.#outboxSince ?? now;
    // What is left moves on: should it stop, the messages before it tell since when.
    this.#outboxSince = this.#outbox.size === 0 ? undefined : now;
    // Until the outbox is empty: a target that was added twice stands where it was added first.
    const hasMore = isTickOpen || this.#outbox.size > 0;
    if (hasMore) this.#pace.sent();
    const parts = this.#parts.sent(hasMore);
    const callers = this.#callers.ofNextMessage(targets);
    const operation = this.#operation;
    const traceparent = this.#traceparent;
    this.#traceparent = undefined;
    const message: Message = { number, targets, since, sentAt: now, parts, callers, traceparent, operation };
    this.#unanswered.add(message);
    operation?.step('Invalidation sent', { number, ...describeTargets(targets) });
    const token = callers.ackRequest?.token;
    const payload = encodeInvalidation(this.#instanceId, targets, token, hasMore, traceparent);
    const answer: Promise<string | MembersReply> = token ? link.publishToMembers(payload) : link.publish(payload);
    answer.then(
      (reply) => this.#logged(message, reply),
      (error: Error) => this.#failed(message, error),
    );
  }

  /** The log has the message. */
  #logged(message: Message, reply: string | MembersReply): void {
    // Its link was given up meanwhile: it counts as not sent.
    if (!this.#unanswered.delete(message)) return;
    const id = typeof reply === 'string' ? reply : reply.id;
    message.operation?.step('Invalidation accepted by the log', { number: message.number, id });
    this.#stats.published += 1;
    this.#propagation.logged(id, message.sentAt);
    this.#backlog.moved();
    this.#refused.accepted();
    this.#republishBuffer.add(message.targets);
    const again = this.#parts.accepted(message.parts, message.targets);
    if (again.length > 0) return this.#sendAgain(message, again);
    this.#overdue.delivered();
    this.#callers.logged(message.callers, typeof reply === 'string' ? undefined : reply);
    if (this.#outbox.size > 0) this.#flush();
    // `waiting` walks over all messages without an answer, so it is read only when somebody drains.
    if (this.#drained && this.waiting === 0) this.#drained();
  }

  #failed(message: Message, error: Error): void {
    if (!this.#unanswered.has(message)) return;
    if (!(error instanceof BridgeRefusal) || error.remedy === 'redial') {
      this.#events.gaveUp(error);
      return;
    }
    this.#unanswered.delete(message);
    this.#backlog.moved();
    message.operation?.step('Invalidation refused', { number: message.number, remedy: error.remedy });
    this.#refused.add(message);
    this.#events.refused(error);
  }

  /** The log has these, but the receivers may not have taken all parts as one. Whoever waits for the message waits for the repetition. */
  #sendAgain(message: Message, targets: readonly InvalidationTarget[]): void {
    this.#putBack(targets, message.since);
    this.#callers.returned(message.callers);
    this.#backInOutbox(message, 'not taken as one');
    this.#scheduleFlush();
  }

  /** Sends refused messages again. */
  #retry(): void {
    const { targets, messages } = this.#refused.drain();
    this.#putBack([...this.#parts.returned(messages), ...targets], sinceOf(messages) ?? this.#clock.now());
    for (const message of messages) {
      this.#callers.returned(message.callers);
      this.#backInOutbox(message, 'retry');
    }
    this.#flush();
  }

  /** @param since - since when the oldest of the targets waits */
  #putBack(targets: readonly InvalidationTarget[], since: number): void {
    if (targets.length === 0) return;
    this.#outbox.putBack(targets);
    this.#backlog.added();
    this.#outboxSince = Math.min(since, this.#outboxSince ?? since);
    this.#overdue.waiting();
  }

  /** Since when the oldest eviction waits that the log does not have; `undefined`: it has all. */
  #oldest(): number | undefined {
    const inOutbox = this.#outbox.size > 0 ? this.#outboxSince : undefined;
    return sinceOf([...this.#unanswered, ...this.#refused.messages, { since: inOutbox ?? Infinity }]);
  }

  /** The targets of the message are in the outbox again, together with what waits there. */
  #backInOutbox({ number, operation, traceparent }: Message, why: string): void {
    this.#operation ??= operation;
    this.#traceparent ??= traceparent;
    operation?.step('Invalidation back in the outbox', { number, why, sentAs: this.#operation?.id });
  }
}

function logOutcome(confirmed: Promise<Evicted>, operation: Operation): void {
  confirmed.then(
    ({ instances, waited }) => operation.step('Invalidation confirmed everywhere', { instances, waited }),
    () => operation.step('Invalidation not confirmed everywhere'),
  );
}

/** The earliest time since when one of them waits; `undefined`: there are none. */
function sinceOf(messages: Iterable<{ readonly since: number }>): number | undefined {
  let earliest = Infinity;
  for (const { since } of messages) earliest = Math.min(earliest, since);
  return earliest === Infinity ? undefined : earliest;
}
