import {
  covers,
  EVERYTHING,
  invalidationOf,
  type Invalidation,
  type InvalidationTarget,
} from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { InvalidationBridge } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { decodeInvalidation } from '../../libs/distributed-cache/src/protocol/invalidation-message.js';
import { EventTail } from './event-tail.js';
import { InstanceHistory, type InstanceOptions } from './instance-history.js';
import type { MadeValue, Part } from './made-value.js';
import { Moments, type EntryName, type Moment } from './moments.js';
import { checkDelivery } from './old-values.js';
import { overriding } from './overriding.js';
import { SourceOfTruth } from './source-of-truth.js';
import type { BrokenPromise, Violation } from './violation.js';

/** How much staler than the lease a read may be, in ms: its age is taken when it begins, and timers and answers come a little late. */
export const SLACK = 250;

export interface HistoryOptions {
  /** Monotonic ms, one clock for all instances. */
  readonly now: () => number;
  /** ms */
  readonly maxStaleness: number;
}

/** An invalidation that entered the log; `by`: the instance that published it, if it is a known one. */
interface Logged extends Moment {
  readonly by: InstanceHistory | undefined;
  readonly invalidation: Invalidation;
}

/** What a history counts. */
export interface Figures {
  reads: number;
  loads: number;
  commits: number;
  evictions: number;
  /** Invalidations that entered the log. */
  logged: number;
  stored: number;
  everywhere: number;
  /** The longest time that an eviction everywhere took, in ms. */
  longestWait: number;
  /** The longest time for which an invalidation had been in the log when a read began that still gave the old value, in ms. */
  worstStaleness: number;
}

export function newFigures(): Figures {
  return {
    reads: 0,
    loads: 0,
    commits: 0,
    evictions: 0,
    logged: 0,
    stored: 0,
    everywhere: 0,
    longestWait: 0,
    worstStaleness: 0,
  };
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
  readonly maxStaleness: number;
  readonly figures = newFigures();
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #instances = new Map<string, InstanceHistory>();
  /** Ordered by when they were sent; `time` is when they were in the log. */
  readonly #logged = new Moments<Logged>();
  /** Ordered by when the eviction was called; `time` is the sequence number at which it resolved. */
  readonly #confirmed = new Moments();
  #sequence = 0;
  #origins = 0;

  constructor({ now, maxStaleness }: HistoryOptions) {
    this.#now = now;
    this.#startedAt = now();
    this.maxStaleness = maxStaleness;
  }

  get instances(): Iterable<InstanceHistory> {
    return this.#instances.values();
  }

  moment(): Moment {
    this.#sequence += 1;
    return { sequence: this.#sequence, time: this.#now() };
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
          publish: (payload) => this.#enters(payload, link.publish(payload)),
          publishToMembers: (payload) => this.#enters(payload, link.publishToMembers(payload)),
        });
      },
    });
  }

  /** Notes that `payload`, sent at `sent`, has been in the log since `time`. */
  entered(payload: string, sent: Moment, time = this.#now()): void {
    const decoded = decodeInvalidation(payload);
    const { invalidation, from } = decoded.ok ? decoded.message : { invalidation: EVERYTHING, from: '' };
    this.figures.logged += 1;
    const by = [...this.#instances.values()].find(({ instanceId }) => instanceId === from);
    this.#logged.add(invalidation, { sequence: sent.sequence, time, by, invalidation });
    this.note('log', 'has', payload);
  }

  commit(row: string, by: string): number {
    this.figures.commits += 1;
    const version = this.source.commit(row, this.moment());
    this.note(by, 'commits', row, version);
    return version;
  }

  /** Notes that an eviction everywhere of `targets`, called at `asked`, has resolved. */
  confirmed(targets: readonly InvalidationTarget[], asked: Moment, by: string): void {
    const resolved = this.moment();
    this.figures.everywhere += 1;
    this.figures.longestWait = Math.max(this.figures.longestWait, resolved.time - asked.time);
    this.#confirmed.add(invalidationOf(targets), { sequence: asked.sequence, time: resolved.sequence });
    this.note(by, 'has evicted everywhere', targets);
  }

  /** When the first invalidation entered the log that obliges everybody to drop `part` of `value`, which was replaced at `replaced`. */
  loggedSince(value: MadeValue, part: Part, replaced: Moment): number | undefined {
    let first: number | undefined;
    for (const { time, by, sequence, invalidation } of this.#logged.covering(value.origin, replaced.sequence)) {
      if (first !== undefined && time >= first) continue;
      const { region, key, tags } = part.from;
      const alsoCoversPart = covers(invalidation, region, key, tags);
      if (by ? by.evictions.concern(value, part, replaced, sequence, alsoCoversPart) : alsoCoversPart) first = time;
    }
    return first;
  }

  /** Whether an invalidation of `entry` that was sent since `sequence` has entered the log. */
  hasLogged(entry: EntryName, sequence: number): boolean {
    for (const _ of this.#logged.covering(entry, sequence)) return true;
    return false;
  }

  /** Whether an eviction everywhere of `part` of `value`, called since `replaced`, had resolved before `asked`. */
  wasConfirmed(value: MadeValue, part: Part, replaced: Moment, asked: Moment): boolean {
    for (const { time, sequence } of this.#confirmed.covering(value.origin, replaced.sequence)) {
      if (time < asked.sequence && (part.from === value.origin || sequence >= value.origin.since)) return true;
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

  async #enters<T>(payload: string, published: Promise<T>): Promise<T> {
    const sent = this.moment();
    const answer = await published;
    this.entered(payload, sent);
    return answer;
  }

  note(...event: readonly unknown[]): void {
    this.tail.add(Math.round(this.#now() - this.#startedAt), ...event);
  }

  violated(
    promise: BrokenPromise,
    where: { readonly instance: string; readonly region: string; readonly key: string },
    details: Readonly<Record<string, unknown>>,
  ): void {
    const at = Math.round(this.#now() - this.#startedAt);
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
