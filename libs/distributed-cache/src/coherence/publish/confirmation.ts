import { InvalidationNotConfirmedError } from '../../errors.js';
import type { CancelTimer, Clock } from '../../common/clock.js';
import { detached } from '../../common/detached.js';
import type { MembersReply } from '../../protocol/invalidation-bridge.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { bypasses, MEMBER_IS_GONE, type Member } from '../../protocol/member.js';
import type { Evicted } from './evicted.js';
import { MessageAcks } from './message-acks.js';

/** The longest timer, in ms. Node fires a timer of more than 24 days at once, and `maxStaleness` of other members is not validated. */
const LONGEST_TIMER = 86_400_000;

/**
 * Waits until no instance can serve what one eviction covers: each instance has acknowledged it, or its time is over.
 *
 * There may be a thousand instances, and a thousand evictions that wait for one that is cut off, so an acknowledgement must not cost a walk
 * over all instances.
 *
 * @internal
 */
export class Confirmation {
  readonly settled: Promise<Evicted>;
  readonly #targets: readonly InvalidationTarget[];
  readonly #self: Member;
  readonly #clock: Clock;
  readonly #bridgeName: () => string;
  readonly #startedAt: number;
  readonly #acks = new Map<string, MessageAcks>();
  /** The messages that the log has, and for which some instance may be missing. */
  readonly #open = new Set<MessageAcks>();
  readonly #instances = new Set<string>();
  readonly #cancelTimeout: CancelTimer;
  /** Until when an instance may serve that is missing from the list of members. */
  #unlistedUntil = Number.NEGATIVE_INFINITY;
  #unaccepted = 0;
  #areAllSent = false;
  #cancelCheck: CancelTimer | undefined;
  #isSettled = false;
  #resolve: (result: Evicted) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(
    targets: readonly InvalidationTarget[],
    self: Member,
    timeout: number,
    clock: Clock,
    bridgeName: () => string,
  ) {
    this.#targets = targets;
    this.#self = self;
    this.#clock = clock;
    this.#bridgeName = bridgeName;
    this.#startedAt = clock.now();
    this.#instances.add(self.instanceId);
    // Its messages may keep it for longer than its callers wait.
    this.settled = detached(
      () =>
        new Promise((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
        }),
    );
    this.#cancelTimeout = clock.schedule(() => this.giveUp(`within ${timeout} ms`), timeout);
  }

  /** A message with some of the targets was sent. */
  sent(token: string): void {
    this.#acks.set(token, new MessageAcks());
    this.#unaccepted += 1;
  }

  /** The message is not known to be in the log. Its targets are sent again, with another token. */
  returned(token: string): void {
    if (this.#acks.delete(token)) this.#unaccepted -= 1;
    this.#areAllSent = false;
  }

  /** Another server keeps the log now, and may lack what the one before it had accepted. Returns the targets to publish again. */
  askAgain(): readonly InvalidationTarget[] {
    for (const [token, acks] of this.#acks) if (acks.isAccepted) this.#acks.delete(token);
    this.#open.clear();
    this.#unlistedUntil = Number.NEGATIVE_INFINITY;
    this.#areAllSent = false;
    this.#cancelCheck?.();
    return this.#targets;
  }

  /** Every target was sent. */
  allSent(): void {
    this.#areAllSent = true;
    this.#check();
  }

  /** The log has the message with this token, since `at` at the latest. */
  accepted(token: string, at: number, reply: MembersReply): void {
    const acks = this.#acks.get(token);
    if (!acks || acks.isAccepted) return;
    acks.accepted(at, reply, this.#targets, this.#self.instanceId);
    this.#open.add(acks);
    this.#unaccepted -= 1;
    for (const { member } of reply.members) this.#instances.add(member.instanceId);
    this.#unlistedUntil = Math.max(this.#unlistedUntil, at + this.#unlistedMayServeFor(reply));
    this.#check();
  }

  /** An instance has applied the message with this token. */
  acknowledged(token: string, instanceId: string): void {
    const acks = this.#acks.get(token);
    if (!acks) return;
    acks.acknowledged(instanceId);
    this.#check();
  }

  /** There are no other instances. */
  nobodyElse(): void {
    this.#settle(() => this.#resolve(this.#confirmedBy(1, this.#clock.now())));
  }

  /** Ends the wait without success. @param when - completes "was not confirmed everywhere …" */
  giveUp(when: string): void {
    this.#settle(() => this.#reject(this.#notConfirmed(when)));
  }

  #check(): void {
    if (this.#isSettled || !this.#isLogged) return;
    this.#cancelCheck?.();
    const now = this.#clock.now();
    const until = this.#servedUntil(now);
    if (until === undefined) {
      this.#settle(() => this.#resolve(this.#confirmedBy(this.#instances.size, now)));
    } else if (until < Infinity) {
      // A copy is served in its last millisecond too, so only the one after it is safe.
      const wait = Math.min(Math.floor(until - now) + 1, LONGEST_TIMER);
      this.#cancelCheck = this.#clock.schedule(() => this.#check(), wait);
    }
  }

  get #isLogged(): boolean {
    return this.#areAllSent && this.#unaccepted === 0;
  }

  /** Until when some instance may serve; the others are looked at after that. `undefined`: none may any more. */
  #servedUntil(now: number): number | undefined {
    for (const acks of this.#open) {
      const until = acks.servedUntil(now);
      if (until !== undefined) return until;
      this.#open.delete(acks);
    }
    return this.#unlistedUntil >= now ? this.#unlistedUntil : undefined;
  }

  /** For how long an instance may serve that the server has lost in a restart, in ms. */
  #unlistedMayServeFor({ members, listAge }: MembersReply): number {
    // Instances sync more often than that, so an old list lacks none. A younger one may lack an instance that still serves.
    if (listAge >= MEMBER_IS_GONE) return Number.NEGATIVE_INFINITY;
    // The missing instance is unknown, but it is one of this application: it serves no longer than the most patient of the known ones.
    const others = [this.#self, ...members.map(({ member }) => member)];
    const longest = others.reduce((most, { maxStaleness }) => Math.max(most, maxStaleness), 0);
    const areAllBypassed = others.every((member) => this.#targets.every((target) => bypasses(member, target)));
    return areAllBypassed ? Math.min(longest, longest - listAge) : longest;
  }

  #confirmedBy(instances: number, now: number): Evicted {
    return { delivered: true, instances, waited: now - this.#startedAt };
  }

  #notConfirmed(when: string): InvalidationNotConfirmedError {
    const now = this.#clock.now();
    const missing = [...new Set([...this.#open].flatMap((acks) => [...acks.missing(now)]))];
    return new InvalidationNotConfirmedError(
      `The eviction was not confirmed everywhere ${when}: ${this.#reason(missing)}. It was applied on this instance and will be ` +
        `delivered. A timeout above the maxStaleness of every instance outlasts one that is cut off.`,
      { missing },
    );
  }

  #reason(missing: readonly string[]): string {
    const bridge = this.#bridgeName();
    if (!this.#isLogged) return `${bridge} has not accepted it, so any other instance may still serve the old value`;
    if (missing.length > 0) return `${missing.join(', ')} did not acknowledge it and may still serve the old value`;
    return `${bridge} was restarted lately, and an instance that it has forgotten may still serve the old value`;
  }

  #settle(conclude: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelTimeout();
    this.#cancelCheck?.();
    conclude();
  }
}
