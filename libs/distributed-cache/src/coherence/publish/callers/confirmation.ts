import { InvalidationNotConfirmedError } from '../../../errors.js';
import type { CancelTimer, Clock } from '../../../common/clock.js';
import { newAckToken } from '../../../protocol/ack-token.js';
import type { MembersReply } from '../../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../../protocol/invalidation.js';
import type { Peers } from '../../peers.js';
import type { Evicted } from '../evicted.js';
import { MessageAcks } from './message-acks.js';
import { Outbox } from '../outbox.js';
import { WaitingCallers } from './waiting-callers.js';

/** The longest timer, in ms. Node fires a timer of more than 24 days at once, and `maxStaleness` of other members is not validated. */
const LONGEST_TIMER = 86_400_000;

/** One message, and who waits until it is acknowledged. @internal */
export interface AckRequest {
  /** An instance that has applied the message repeats it. */
  readonly token: string;
  readonly acks: MessageAcks;
  confirmation: Confirmation;
}

/** @internal */
export interface ConfirmationParts {
  readonly instanceId: string;
  /** Where this instance listens to acknowledgements. */
  readonly address: string;
  readonly peers: Peers;
  readonly clock: Clock;
  bridgeName(): string;
  /** The messages that wait for acknowledgements, by their tokens. */
  readonly messages: Map<string, AckRequest>;
  /** Nobody waits for this confirmation any more. */
  ended(confirmation: Confirmation): void;
}

/** How many targets a confirmation remembers, to ask again on another server. */
const MOST_TARGETS = 100_000;

/**
 * Lets the callers of one tick wait until no instance can serve what they evicted: each instance has acknowledged each message, or its time
 * is over.
 *
 * There may be a thousand instances, and thousands of evictions in one tick or waiting for one instance that is cut off. So the callers of a
 * tick share the messages, and an acknowledgement must not cost a walk over instances, messages or callers.
 *
 * @internal
 */
export class Confirmation {
  readonly #parts: ConfirmationParts;
  /** Each once, and widened if there are too many: callers may come and go for as long as the other side cannot be reached. */
  readonly #targets = new Outbox(MOST_TARGETS);
  readonly #callers = new Set<WaitingCallers>();
  #latestCallers: WaitingCallers | undefined;
  readonly #messages = new Set<AckRequest>();
  /** The messages that the log has, and for which some instance may be missing. */
  readonly #open = new Set<AckRequest>();
  readonly #instances = new Set<string>();
  /** Until when an instance may serve that is missing from the list of members. */
  #unlistedUntil = Number.NEGATIVE_INFINITY;
  /** The last reply whose list may lack an instance. */
  #youngList: Pick<MembersReply, 'listAge' | 'listBegan'> | undefined;
  #unaccepted = 0;
  #areAllSent = false;
  #cancelCheck: CancelTimer | undefined;

  constructor(parts: ConfirmationParts) {
    this.#parts = parts;
    this.#instances.add(parts.instanceId);
  }

  get targets(): readonly InvalidationTarget[] {
    return this.#targets.targets();
  }

  /** One more caller waits, for at most `timeout` ms. Its targets are put into the outbox now. */
  join(targets: readonly InvalidationTarget[], timeout: number): Promise<Evicted> {
    for (const target of targets) this.#targets.add(target);
    if (!this.#latestCallers?.mayJoin(timeout)) {
      this.#latestCallers = new WaitingCallers(timeout, this.#parts.clock, (each) => this.#timedOut(each));
      this.#callers.add(this.#latestCallers);
    }
    return this.#latestCallers.settled;
  }

  /** Takes over everything that waits for `other`: what both evict is in the outbox now, and is sent together. */
  absorb(other: Confirmation): void {
    for (const target of other.targets) this.#targets.add(target);
    for (const callers of other.#callers) {
      callers.timedOut = (each) => this.#timedOut(each);
      this.#callers.add(callers);
    }
    for (const message of other.#messages) {
      message.confirmation = this;
      this.#messages.add(message);
    }
    for (const message of other.#open) this.#open.add(message);
    for (const instanceId of other.#instances) this.#instances.add(instanceId);
    this.#unlistedUntil = Math.max(this.#unlistedUntil, other.#unlistedUntil);
    this.#youngList = other.#youngList ?? this.#youngList;
    this.#unaccepted += other.#unaccepted;
    other.#stopChecking();
  }

  /** A message with some of the targets is being sent. */
  send(targets: readonly InvalidationTarget[]): AckRequest {
    const message = { token: newAckToken(this.#parts.address), acks: new MessageAcks(targets), confirmation: this };
    this.#messages.add(message);
    this.#parts.messages.set(message.token, message);
    this.#unaccepted += 1;
    return message;
  }

  /** The message is not known to be in the log. Its targets are sent again, with another token. */
  returned(message: AckRequest): void {
    this.#forget(message);
    this.#unaccepted -= 1;
    this.#areAllSent = false;
  }

  /** Another server keeps the log now, and may lack what the one before it had accepted: every target is published again. */
  askAgain(): void {
    for (const message of this.#messages) if (message.acks.isAccepted) this.#forget(message);
    this.#open.clear();
    this.#unlistedUntil = Number.NEGATIVE_INFINITY;
    this.#areAllSent = false;
    this.#stopChecking();
  }

  /** Every target was sent. */
  allSent(): void {
    this.#areAllSent = true;
    this.#check();
  }

  /** The log has the message, since `at` at the latest. */
  accepted(message: AckRequest, at: number, reply: MembersReply): void {
    if (message.acks.isAccepted) return;
    message.acks.accepted(at, reply, this.#parts.instanceId);
    if (!message.acks.isComplete) this.#open.add(message);
    this.#unaccepted -= 1;
    for (const { member } of reply.members) this.#instances.add(member.instanceId);
    const unlisted = this.#parts.peers.unlistedMayServeFor(reply.listAge, message.acks.targets);
    this.#unlistedUntil = Math.max(this.#unlistedUntil, at + unlisted);
    if (unlisted >= 0) this.#youngList = reply;
    this.#check();
  }

  /** An instance has applied the message. */
  acknowledged(message: AckRequest, instanceId: string): void {
    message.acks.acknowledged(instanceId);
    if (message.acks.isComplete) this.#open.delete(message);
    // While a timer runs, somebody else may still serve, or did until now: the timer finds out.
    if (this.#open.size === 0 || !this.#cancelCheck) this.#check();
  }

  /** There are no other instances. */
  nobodyElse(): void {
    this.#confirm(1);
  }

  /** Ends the wait without success. @param when - completes "was not confirmed everywhere …" */
  giveUp(when: string): void {
    const error = this.#notConfirmed(when);
    for (const callers of this.#callers) callers.failed(error);
    this.#end();
  }

  /** The timeout of these callers is over. */
  #timedOut(callers: WaitingCallers): void {
    callers.failed(this.#notConfirmed(`within ${callers.timeout} ms`));
    this.#callers.delete(callers);
    if (this.#callers.size === 0) this.#end();
  }

  #check(): void {
    if (!this.#isLogged) return;
    this.#stopChecking();
    const { clock } = this.#parts;
    const now = clock.now();
    const until = this.#servedUntil(now);
    if (until === undefined) {
      this.#confirm(this.#instances.size);
    } else if (until < Infinity) {
      // A copy is served in its last millisecond too, so only the one after it is safe.
      const wait = Math.min(Math.floor(until - now) + 1, LONGEST_TIMER);
      this.#cancelCheck = clock.schedule(() => this.#check(), wait);
    }
  }

  get #isLogged(): boolean {
    return this.#areAllSent && this.#unaccepted === 0;
  }

  /** Until when some instance may serve; the others are looked at after that. `undefined`: none may any more. */
  #servedUntil(now: number): number | undefined {
    for (const message of this.#open) {
      const until = message.acks.servedUntil(now);
      if (until !== undefined) return until;
      this.#open.delete(message);
    }
    return this.#unlistedUntil >= now ? this.#unlistedUntil : undefined;
  }

  #notConfirmed(when: string): InvalidationNotConfirmedError {
    const now = this.#parts.clock.now();
    const missing = new Set<string>();
    for (const message of this.#open) for (const instanceId of message.acks.missing(now)) missing.add(instanceId);
    return new InvalidationNotConfirmedError(
      `The eviction was not confirmed everywhere ${when}: ${this.#reason([...missing])}. It was applied on this instance and will be ` +
        `delivered. A timeout above the maxStaleness of every instance outlasts one that is cut off.`,
      { missing: [...missing] },
    );
  }

  #reason(missing: readonly string[]): string {
    const bridge = this.#parts.bridgeName();
    if (!this.#isLogged) return `${bridge} has not accepted it, so any other instance may still serve the old value`;
    if (missing.length > 0) return `${missing.join(', ')} did not acknowledge it and may still serve the old value`;
    return `every listed instance has confirmed it, but ${this.#whyListIsYoung(bridge)}, and one that is not listed may still serve the old value`;
  }

  #whyListIsYoung(bridge: string): string {
    const { listAge = 0, listBegan } = this.#youngList ?? {};
    const seconds = `${Math.floor(listAge / 1_000)} s`;
    switch (listBegan) {
      case 'new-list':
        return `the list of instances on ${bridge} is only ${seconds} old, as this namespace was new there or its data lost`;
      case 'other-server':
        return `${bridge} was restarted or failed over ${seconds} ago and may have forgotten an instance`;
      case 'unknown-server':
        return `${bridge} does not say which server it is (where it is Redis, the user lacks +info) and may have forgotten an instance`;
      case undefined:
        return `${bridge} knows for too short a time which instances there are`;
    }
  }

  #confirm(instances: number): void {
    for (const callers of this.#callers) callers.confirmed(instances);
    this.#end();
  }

  #forget(message: AckRequest): void {
    this.#messages.delete(message);
    this.#parts.messages.delete(message.token);
  }

  #stopChecking(): void {
    this.#cancelCheck?.();
    this.#cancelCheck = undefined;
  }

  #end(): void {
    this.#stopChecking();
    for (const message of this.#messages) this.#forget(message);
    this.#parts.ended(this);
  }
}
