import { InvalidationNotConfirmedError } from '../errors.js';
import type { CancelTimer, Clock } from './clock.js';
import type { MembersReply } from './invalidation-bridge.js';
import type { InvalidationName } from './invalidation.js';
import { bypasses, mayServeFor, type Member } from './member.js';

/** A list of members younger than this may lack one that is still serving: for as long is a silent one kept on it. */
const LIST_IS_COMPLETE = 600_000;

/** What an eviction everywhere came to. @publicApi */
export interface EvictedEverywhere {
  /** How many instances are known not to serve the old value any more, this one among them. */
  readonly instances: number;
  /** How long that took, in ms. */
  readonly waited: number;
}

/** What is known of one message that asks to be acknowledged. */
interface Answers {
  readonly acknowledged: Set<string>;
  /** When the log is known to have it, and who may hold copies. */
  accepted: { readonly at: number; readonly reply: MembersReply } | undefined;
}

/**
 * Waits until no instance can serve what one eviction covers: each has acknowledged it, or its time is over. An acknowledgement may be
 * heard before the log's own answer.
 *
 * @internal
 */
export class Confirmation {
  readonly settled: Promise<EvictedEverywhere>;
  readonly #names: readonly InvalidationName[];
  readonly #self: Member;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #answers = new Map<string, Answers>();
  readonly #cancelTimeout: CancelTimer;
  #cancelCheck: CancelTimer | undefined;
  #areAllSent = false;
  #isSettled = false;
  #resolve: (result: EvictedEverywhere) => void = () => {};
  #reject: (error: Error) => void = () => {};

  constructor(names: readonly InvalidationName[], self: Member, timeout: number, clock: Clock) {
    this.#names = names;
    this.#self = self;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#cancelTimeout = clock.schedule(() => this.giveUp(`within ${timeout} ms`), timeout);
  }

  /** A message with some of the names is on its way. */
  sent(token: string): void {
    this.#answers.set(token, { acknowledged: new Set(), accepted: undefined });
  }

  /** It is not known to be in the log, and its names are sent again with another token. */
  returned(token: string): void {
    this.#answers.delete(token);
    this.#areAllSent = false;
  }

  /** Another server keeps the log now, and what the one before it had accepted is said to it again. Gives the names. */
  askAgain(): readonly InvalidationName[] {
    for (const [token, { accepted }] of this.#answers) if (accepted) this.#answers.delete(token);
    this.#areAllSent = false;
    this.#cancelCheck?.();
    return this.#names;
  }

  /** Nothing more of it is left to send. */
  allSent(): void {
    this.#areAllSent = true;
    this.#check();
  }

  accepted(token: string, at: number, reply: MembersReply): void {
    const answers = this.#answers.get(token);
    if (answers) answers.accepted = { at, reply };
    this.#check();
  }

  acknowledged(token: string, instanceId: string): void {
    this.#answers.get(token)?.acknowledged.add(instanceId);
    this.#check();
  }

  /** There are no other instances. */
  nobodyElse(): void {
    this.#settle(() => this.#resolve({ instances: 1, waited: this.#clock.now() - this.#startedAt }));
  }

  giveUp(when: string): void {
    this.#settle(() => this.#reject(this.#notConfirmed(when)));
  }

  #check(): void {
    if (this.#isSettled || !this.#isLogged()) return;
    this.#cancelCheck?.();
    const now = this.#clock.now();
    // A copy is served up to its last millisecond, so only the one after it is safe.
    const servedUntil = this.#servedUntil();
    if (servedUntil < now) {
      this.#settle(() => this.#resolve({ instances: this.#members().size, waited: now - this.#startedAt }));
    } else if (servedUntil < Infinity) {
      this.#cancelCheck = this.#clock.schedule(() => this.#check(), Math.floor(servedUntil - now) + 1);
    }
  }

  #servedUntil(): number {
    let latest = this.#listsIncompleteUntil();
    // Not spread into Math.max: there may be more members than a call takes arguments.
    for (const [, until] of this.#stillServing()) latest = Math.max(latest, until);
    return latest;
  }

  #isLogged(): boolean {
    return this.#areAllSent && [...this.#answers.values()].every(({ accepted }) => accepted !== undefined);
  }

  #members(): Set<string> {
    const members = new Set([this.#self.instanceId]);
    for (const { accepted } of this.#answers.values())
      for (const { member } of accepted?.reply.members ?? []) members.add(member.instanceId);
    return members;
  }

  /** Who has not acknowledged, and until when it may serve. */
  *#stillServing(): Iterable<readonly [instanceId: string, until: number]> {
    for (const { acknowledged, accepted } of this.#answers.values()) {
      if (!accepted) continue;
      for (const listed of accepted.reply.members) {
        const { instanceId } = listed.member;
        if (instanceId === this.#self.instanceId || acknowledged.has(instanceId)) continue;
        yield [instanceId, accepted.at + mayServeFor(listed, this.#names)];
      }
    }
  }

  /** Until when an instance that is on no list may serve: one that the server has forgotten in a restart. */
  #listsIncompleteUntil(): number {
    let latest = Number.NEGATIVE_INFINITY;
    for (const { accepted } of this.#answers.values()) {
      if (!accepted || accepted.reply.listAge >= LIST_IS_COMPLETE) continue;
      const members = [this.#self, ...accepted.reply.members.map(({ member }) => member)];
      // Of the missing ones nothing is known but that they are instances of this application.
      const longest = members.reduce(
        (so, { maxStaleness }) => (maxStaleness === Infinity ? so : Math.max(so, maxStaleness)),
        0,
      );
      const areAllBypassed = members.every((member) => this.#names.every((name) => bypasses(member, name)));
      const lasts = areAllBypassed ? Math.min(longest, longest - accepted.reply.listAge) : longest;
      latest = Math.max(latest, accepted.at + lasts);
    }
    return latest;
  }

  #notConfirmed(when: string): InvalidationNotConfirmedError {
    const now = this.#clock.now();
    const missing = new Set<string>();
    for (const [instanceId, until] of this.#stillServing()) if (until >= now) missing.add(instanceId);
    return new InvalidationNotConfirmedError(
      `The eviction was not confirmed everywhere ${when}: ${this.#reason([...missing])}. It was applied on this instance and will be ` +
        `delivered. A timeout above the maxStaleness of every instance outlasts one that is cut off.`,
      { missing: [...missing] },
    );
  }

  #reason(missing: readonly string[]): string {
    if (!this.#isLogged()) return 'Redis has not accepted it, so any other instance may still serve the old value';
    if (missing.length > 0) return `${missing.join(', ')} did not acknowledge it and may still serve the old value`;
    return 'Redis was restarted lately, and an instance that it has forgotten may still serve the old value';
  }

  #settle(conclude: () => void): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelTimeout();
    this.#cancelCheck?.();
    conclude();
  }
}
