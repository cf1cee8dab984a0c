import {
  covers,
  EVERYTHING,
  invalidationOf,
  type Invalidation,
  type InvalidationTarget,
} from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Doorbell, InvalidationBridge } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { decodeInvalidation } from '../../libs/distributed-cache/src/protocol/invalidation-message.js';
import { EventTail } from './event-tail.js';
import { newFigures } from './figures.js';
import { InstanceHistory, type InstanceOptions } from './instance-history.js';
import type { MadeValue, Part } from './made-value.js';
import { Members, type Unreached } from './members.js';
import { Moments, type EntryName, type Moment } from './moments.js';
import { checkDelivery } from './old-values.js';
import { overriding } from './overriding.js';
import { Replays } from './replays.js';
import { SourceOfTruth } from './source-of-truth.js';
import type { SourceTransaction } from './source-transaction.js';
import type { BrokenPromise, Violation } from './violation.js';

/** How much staler than the lease a read may be, in ms: its age is taken when it begins, and timers and answers come a little late. */
export const SLACK = 250;

export interface HistoryOptions {
  /** Monotonic ms, one clock for all instances. */
  readonly now: () => number;
  /** Of the instances that have no other one, in ms. */
  readonly maxStaleness: number;
}

/** An invalidation that entered the log; `by`: the instance that published it, if it is a known one. */
interface Logged extends Moment {
  readonly by: InstanceHistory | undefined;
  readonly invalidation: Invalidation;
}

/** An eviction everywhere that has resolved; `time` is the sequence number at which it did. */
interface Confirmed extends Moment, Unreached {
  readonly invalidation: Invalidation;
}

/**
 * Records everything that happens to a source of truth and to the caches in front of it, and checks the promises as it happens.
 *
 * It is independent of the library: it knows what was committed, read and evicted, what entered the log and which events each instance
 * emitted. It reads none of the library's state.
 */
export class History {
  readonly violations: Violation[] = [];
  readonly source = new SourceOfTruth();
  readonly tail = new EventTail();
  readonly members = new Members();
  readonly maxStaleness: number;
  readonly figures = newFigures();
  /** Monotonic ms. */
  readonly now: () => number;
  readonly #startedAt: number;
  readonly #instances = new Map<string, InstanceHistory>();
  /** Ordered by when they were sent; `time` is when they were in the log. */
  readonly #logged = new Moments<Logged>();
  /** Ordered by when the eviction was called. */
  readonly #confirmed = new Moments<Confirmed>();
  #sequence = 0;
  #origins = 0;

  constructor({ now, maxStaleness }: HistoryOptions) {
    this.now = now;
    this.#startedAt = now();
    this.maxStaleness = maxStaleness;
  }

  get instances(): Iterable<InstanceHistory> {
    return this.#instances.values();
  }

  moment(): Moment {
    this.#sequence += 1;
    return { sequence: this.#sequence, time: this.now() };
  }

  nextOrigin(): number {
    this.#origins += 1;
    return this.#origins;
  }

  /** Adds an instance; `watch` then gives it its cache. */
  instance(name: string, options?: InstanceOptions): InstanceHistory {
    const instance = new InstanceHistory(this, name, options);
    this.#instances.set(name, instance);
    return instance;
  }

  /** Wraps `bridge` to see what enters the log. It belongs next to the server: a fault in between must not hide what arrived. */
  witnessed(bridge: InvalidationBridge): InvalidationBridge {
    return overriding(bridge, {
      dial: async (member, listener, signal) => {
        const link = await bridge.dial(member, listener, signal);
        return overriding(link, {
          publish: (payload) => this.#enters(payload, member.instanceId, link.publish(payload)),
          publishToMembers: (payload) => this.#enters(payload, member.instanceId, link.publishToMembers(payload)),
          sync: async (request) => {
            const reply = await link.sync(request);
            const instance = this.#instanceOf(member.instanceId);
            if (instance) this.members.synced(instance, this.moment());
            return reply;
          },
        });
      },
    });
  }

  /** Wraps `bridge` to see what each answer of a sync brings to `instance`. It belongs next to the instance: an answer may be late or lost. */
  overheard(instance: InstanceHistory, bridge: InvalidationBridge): InvalidationBridge {
    const replays = new Replays(bridge);
    instance.replays = replays;
    return overriding(bridge, {
      dial: async (member, listener, signal) => {
        const heard = (doorbell: Doorbell): void => {
          replays.heard(doorbell);
          listener.heard(doorbell);
        };
        const link = await bridge.dial(member, overriding(listener, { heard }), signal);
        let isClosed = false;
        return overriding(link, {
          sync: async (request) => {
            replays.asked();
            const reply = await link.sync(request);
            if (!isClosed) replays.received(reply, instance.instanceId, this.moment());
            return reply;
          },
          close: (reason) => {
            isClosed = true;
            link.close(reason);
          },
        });
      },
    });
  }

  /** Notes that `payload`, sent at `sent`, has been in the log since `time`. */
  entered(payload: string, sent: Moment, time = this.now()): void {
    const decoded = decodeInvalidation(payload);
    const { invalidation, from } = decoded.ok ? decoded.message : { invalidation: EVERYTHING, from: '' };
    this.figures.logged += 1;
    const by = this.#instanceOf(from);
    this.#logged.add(invalidation, { sequence: sent.sequence, time, by, invalidation });
    this.note('log', 'has', payload);
  }

  commit(row: string, by: string): number {
    this.figures.commits += 1;
    const version = this.source.commit(row, this.moment());
    this.note(by, 'commits', row, version);
    return version;
  }

  /** Commits all that `transaction` has written. */
  commitAll(transaction: SourceTransaction, by: string): Moment {
    const moment = this.moment();
    const versions = this.source.commitAll(transaction, moment);
    this.figures.commits += versions.size;
    this.figures.committed += 1;
    this.note(by, 'commits a transaction', versions);
    return moment;
  }

  /** Those that an eviction everywhere of `by` does not reach now. */
  unreachedBy(by: InstanceHistory): Unreached {
    return this.members.unreached(by, this.#instances.values(), this.moment());
  }

  /**
   * Notes that an eviction everywhere of `targets`, called at `asked`, has resolved.
   *
   * @param unreached - whom it did not reach, when it was called and now
   */
  confirmed(
    targets: readonly InvalidationTarget[],
    asked: Moment,
    by: string,
    unreached: Unreached = { absent: new Set(), unknown: new Set() },
  ): void {
    const resolved = this.moment();
    this.figures.everywhere += 1;
    this.figures.longestWait = Math.max(this.figures.longestWait, resolved.time - asked.time);
    const invalidation = invalidationOf(targets);
    this.#confirmed.add(invalidation, {
      sequence: asked.sequence,
      time: resolved.sequence,
      invalidation,
      ...unreached,
    });
    this.note(by, 'has evicted everywhere', targets);
  }

  /** When the first invalidation entered the log that obliges everybody to drop `part` of `value`, which was replaced at `replaced`. */
  loggedSince(value: MadeValue, part: Part, replaced: Moment): number | undefined {
    let first: number | undefined;
    for (const { time, by, sequence, invalidation } of this.#logged.covering(value.origin, replaced.sequence)) {
      if (first !== undefined && time >= first) continue;
      const alsoCoversPart = coversCopy(invalidation, sequence, part);
      if (by ? by.evictions.concern(value, part, replaced, sequence, alsoCoversPart) : alsoCoversPart) first = time;
      else if (by && part.from !== value.origin && !part.isUntraced) {
        const whole = this.#wholeCallLogged(by, value, part, replaced);
        if (whole !== undefined) first = Math.min(first ?? Number.POSITIVE_INFINITY, Math.max(time, whole));
      }
    }
    return first;
  }

  /** Whether an invalidation of `entry` that was sent since `sequence` has entered the log. */
  hasLogged(entry: EntryName, sequence: number): boolean {
    return this.#logged.cover(entry, sequence);
  }

  /** Whether an eviction everywhere of `part` of `value`, called since `replaced`, had resolved before `instance` read it at `asked`. */
  wasConfirmed(value: MadeValue, part: Part, replaced: Moment, asked: Moment, instance: InstanceHistory): boolean {
    const regions = [value.origin.region, part.from.region];
    for (const confirmed of this.#confirmed.covering(value.origin, replaced.sequence)) {
      if (confirmed.time >= asked.sequence || instance.isBeyond(confirmed, regions, asked)) continue;
      if (part.from === value.origin || confirmed.sequence >= value.origin.since) return true;
      // What one call evicts takes effect as one: a list that was made later, of a copy that the same call evicts, must go too.
      if (coversCopy(confirmed.invalidation, confirmed.sequence, part)) return true;
    }
    return false;
  }

  /** Whether an instance that can deliver it has evicted `part` of `value` since `replaced`. If so, every instance must drop it in the end. */
  wasEvicted(value: MadeValue, part: Part, replaced: Moment): boolean {
    for (const instance of this.#instances.values()) {
      if (instance.canDeliver && instance.evictions.concern(value, part, replaced)) return true;
    }
    return false;
  }

  /**
   * Checks that every held value is true and every eviction is in the log. To be called after all faults, when every instance is coherent,
   * the outboxes are empty and `maxStaleness` has passed.
   */
  expectAgreement(): void {
    for (const instance of this.#instances.values()) {
      instance.expectAgreement();
      if (instance.canDeliver) checkDelivery(this, instance.name, instance.evictions);
    }
  }

  /** When the log had both the eviction of `value` and that of the copy of which it was made, if one call of `by` evicted both. */
  #wholeCallLogged(by: InstanceHistory, value: MadeValue, part: Part, replaced: Moment): number | undefined {
    const call = by.evictions.callOfBoth(value, part, replaced);
    if (!call) return undefined;
    let first: number | undefined;
    for (const logged of this.#logged.covering(part.from, call.first)) {
      if (logged.by === by && (first === undefined || logged.time < first)) first = logged.time;
    }
    return first;
  }

  #instanceOf(instanceId: string): InstanceHistory | undefined {
    for (const instance of this.#instances.values()) if (instance.instanceId === instanceId) return instance;
    return undefined;
  }

  async #enters<T>(payload: string, instanceId: string, published: Promise<T>): Promise<T> {
    const sent = this.moment();
    try {
      const answer = await published;
      this.entered(payload, sent);
      return answer;
    } catch (error) {
      this.#instanceOf(instanceId)?.failedToPublish();
      throw error;
    }
  }

  note(...event: readonly unknown[]): void {
    this.tail.add(Math.round(this.now() - this.#startedAt), ...event);
  }

  violated(
    promise: BrokenPromise,
    where: { readonly instance: string; readonly region: string; readonly key: string },
    details: Readonly<Record<string, unknown>>,
  ): void {
    const at = Math.round(this.now() - this.#startedAt);
    this.violations.push({ promise, at, ...where, details, events: this.tail.lines() });
  }

  /** The value, for the record of a violation. */
  describe({ parts, origin }: MadeValue): Readonly<Record<string, unknown>> {
    const { id, kind, instance, began } = origin;
    return {
      value: Object.fromEntries(parts.map(({ row, version }) => [row, version])),
      madeBy: `${kind} ${id} of ${instance}`,
      madeAt: Math.round(began.time - this.#startedAt),
    };
  }
}

/** Whether an invalidation of this sequence number covers the copy from which a part came. */
function coversCopy(invalidation: Invalidation, sequence: number, { from }: Part): boolean {
  return from.since <= sequence && covers(invalidation, from.region, from.key, from.tags);
}
