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

/** What is granted beyond the lease: a read is timed when it is asked for, and timers and answers are late by a little. */
export const SLACK = 250;

export interface HistoryOptions {
  /** Monotonic ms, one clock for all instances. */
  readonly now: () => number;
  /** ms */
  readonly maxStaleness: number;
}

/** An invalidation that entered the log; `by` an instance of ours. */
interface Logged extends Moment {
  readonly by: InstanceHistory | undefined;
  readonly invalidation: Invalidation;
}

/** What a history can tell about itself. */
export interface Figures {
  reads: number;
  loads: number;
  commits: number;
  evictions: number;
  /** Invalidations that entered the log. */
  logged: number;
  stored: number;
  everywhere: number;
  /** ms that an eviction everywhere took */
  longestWait: number;
  /** ms between the moment at which an invalidation entered the log and the beginning of a read that still gave the old value. */
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
 * Everything that happens to a source of truth and to the caches before it, and the promises that it is held against as it happens.
 *
 * It stands beside the library: it knows what was committed, what was asked for, what entered the log and what each instance said it
 * applied, and none of the library's own state.
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
  /** By when they were sent; their time is when the log had them. */
  readonly #logged = new Moments<Logged>();
  /** By when the eviction was asked for; their time is where in the history it resolved. */
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

  /** One more instance, which is to be given its cache by `watch`. */
  instance(name: string, options?: InstanceOptions): InstanceHistory {
    const instance = new InstanceHistory(this, name, options);
    this.#instances.set(name, instance);
    return instance;
  }

  /** `bridge`, watched for what enters the log. To be put next to the server: a fault in between must not hide what arrived. */
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

  /** `payload`, sent at `sent`, has been in the log since `time`. */
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

  /** An eviction everywhere of `names` has resolved; it was asked for at `asked`. */
  confirmed(names: readonly InvalidationTarget[], asked: Moment, by: string): void {
    const resolved = this.moment();
    this.figures.everywhere += 1;
    this.figures.longestWait = Math.max(this.figures.longestWait, resolved.time - asked.time);
    this.#confirmed.add(invalidationOf(names), { sequence: asked.sequence, time: resolved.sequence });
    this.note(by, 'has evicted everywhere', names);
  }

  /** When the first invalidation on which the promises about `part` of `value`, replaced at `replaced`, rest entered the log. */
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

  /** Whether an eviction everywhere of `part` of `value`, asked for since `replaced`, had resolved before `asked`. */
  wasConfirmed(value: MadeValue, part: Part, replaced: Moment, asked: Moment): boolean {
    for (const { time, sequence } of this.#confirmed.covering(value.origin, replaced.sequence)) {
      if (time < asked.sequence && (part.from === value.origin || sequence >= value.origin.since)) return true;
    }
    return false;
  }

  /** Whether one who could deliver it has evicted `part` of `value` since `replaced`: sooner or later everybody has to know. */
  wasEvicted(value: MadeValue, part: Part, replaced: Moment): boolean {
    for (const instance of this.#instances.values()) {
      if (instance.canDeliver && instance.evictions.concern(value, part, replaced)) return true;
    }
    return false;
  }

  /**
   * After all faults, once every instance is coherent, the outboxes are empty and `maxStaleness` has passed: what is held is what is
   * true, and every eviction is in the log.
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

  /** For the record of a violation. */
  describe({ parts, origin }: MadeValue): Readonly<Record<string, unknown>> {
    const { id, kind, instance, began } = origin;
    return {
      value: Object.fromEntries(parts.map(({ row, version }) => [row, version])),
      madeBy: `${kind} ${id} of ${instance}`,
      madeAt: Math.round(began.time - this.#startedAt),
    };
  }
}
