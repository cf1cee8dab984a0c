import { leaseAgeOf } from '../support/instances/lease-age.js';
import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import {
  EVERYTHING,
  type Invalidation,
  type InvalidationTarget,
} from '../../libs/distributed-cache/src/protocol/invalidation.js';
import { Evictions } from './evictions.js';
import type { Flight } from './flights.js';
import { InstanceLoads } from './instance-loads.js';
import { isMadeValue, type MadeValue } from './made-value.js';
import type { Unreached } from './members.js';
import type { Moment, Subject } from './moments.js';
import { checkAgreement, checkOldParts } from './old-values.js';

export type { InstanceOptions } from './instance-life.js';
export type { Nesting } from './instance-loads.js';
export type { Subject };

/** How much later than the cache the history may read the clock, in ms. */
const SLACK = 1;

/** How long after a suspension nothing is promised, in ms: until the watchdog has noticed it. */
const UNNOTICED_SUSPEND = 250;

/** What one instance was asked for, what it applied and what it returned. Checks every read and every stored value. */
export class InstanceHistory extends InstanceLoads {
  readonly evictions = new Evictions();
  readonly #asked = new Map<string, Subject>();
  readonly #described = new WeakSet<MadeValue>();
  #instanceId = '';
  #timesEvicted = 0;
  /** The value whose size was asked for last: it is stored next, if it is stored. */
  #measured: MadeValue | undefined;
  /** The sequence number of the last eviction that no callback of another operation asked for. */
  #lastOwnEviction = 0;
  /** The sequence number at which it first reached the server. */
  #firstSynced = Number.POSITIVE_INFINITY;

  /** Called by {@link sizeOf}, for an application that does more there. */
  whenMeasured: (value: MadeValue) => void = () => {};

  /** The setting `sizeOf` of its cache, which the cache calls with each value that it is about to store. */
  readonly sizeOf = (value: unknown): number => {
    if (isMadeValue(value)) {
      this.whenMeasured(value);
      this.#measured = value;
    }
    return 1;
  };

  override watch(cache: DistributedCache): void {
    super.watch(cache);
    this.#instanceId = cache.status().instanceId;
    cache.on('evict', ({ invalidation }) => this.#hasEvicted(invalidation));
    cache.on('invalidation', ({ invalidation, from }) => this.#hasApplied(invalidation, 'applies', from));
    cache.on('flush', () => this.#hasApplied(EVERYTHING, 'flushes'));
    cache.on('store', ({ region, key }) => {
      const value = this.#measured;
      this.#measured = undefined;
      if (value?.origin.region === region && value.origin.key === key) this.hasStored(value);
    });
    cache.on('state', ({ state }) => {
      if (state === 'coherent') this.#firstSynced = Math.min(this.#firstSynced, this.history.moment().sequence);
      this.history.note(this.name, 'is', state);
    });
  }

  /** The sender that its messages name. */
  get instanceId(): string {
    return this.#instanceId;
  }

  /**
   * Whether an eviction everywhere that has resolved was not able to reach it, for what it reads at `asked` of these regions. An instance
   * that is on no list serves nothing of a region in `'bypass'`, but what it reads there may be made of what it has of others.
   */
  isBeyond({ absent, unknown }: Unreached, regions: readonly string[], asked: Moment): boolean {
    if (unknown.has(this)) return true;
    if (!absent.has(this) && this.#firstSynced < asked.sequence) return false;
    return regions.some((region) => !this.bypassing.has(region));
  }

  /** Whether the other instance, which knows its own settings, so knows how long this one can serve, too. */
  servesNoLongerThan(other: InstanceHistory): boolean {
    const bypassing = [...this.bypassing];
    return (
      other.maxStaleness >= this.maxStaleness && [...other.bypassing].every((region) => bypassing.includes(region))
    );
  }

  /** Notes the beginning of a read, perhaps within a load; its result goes to {@link got}. */
  asks({ region, key }: Subject, parent?: Flight): Moment {
    this.counts.of(region).reads += 1;
    for (let outer = parent; outer; outer = outer.parent) outer.hasNested = true;
    const id = idOf(region, key);
    if (!this.#asked.has(id)) this.#asked.set(id, { region, key });
    this.noteLapse();
    this.flights.asked(region, key);
    this.history.note(this.name, 'asks for', region, key);
    return this.history.moment();
  }

  /** Checks the result of the read that began at `asked`; `undefined`: it found nothing. */
  got({ region, key }: Subject, asked: Moment, value: unknown): void {
    this.history.figures.reads += 1;
    if (!isMadeValue(value)) return;
    const { kind, id, ...origin } = value.origin;
    this.history.note(this.name, 'gets', kind, id);
    if (origin.region !== region || origin.key !== key)
      this.violated('the entry asked for', { region, key }, { origin });
    this.#checkOwnEvictions(asked, value);
    if (asked.time - this.wokeAt <= UNNOTICED_SUSPEND) return;
    checkOldParts(this.history, { instance: this, asked, value });
  }

  /** Checks the previous value that a loader is given. */
  given({ region, key }: Subject, value: unknown): void {
    if (!isMadeValue(value)) return;
    const { origin } = value;
    const covered = this.applied.overtaking(origin, origin.ownEviction, origin.since);
    const leaseAge = leaseAgeOf(this.cache);
    const now = this.history.moment().time;
    if (!covered && now - this.wokeAt <= UNNOTICED_SUSPEND) return;
    const isTooOld = this.bypassing.has(region) || now - origin.began.time > this.maxStaleness + SLACK;
    const isLapsed = leaseAge > this.maxStaleness && leaseAge < Number.POSITIVE_INFINITY && isTooOld;
    if (!covered && !isLapsed) return;
    const details = { ...this.history.describe(value), appliedAt: covered?.time, leaseAge };
    this.violated('a trusted previous value', { region, key }, details);
  }

  /** Checks that a callback about `value` is called for the first time. */
  describes(value: MadeValue): void {
    if (this.#described.has(value)) {
      const details = { ...this.history.describe(value), why: 'its tags were asked for twice' };
      this.violated('true accounts', value.origin, details);
    }
    this.#described.add(value);
  }

  /** Calls `evict`, and checks that it has evicted here before it returned its promise. */
  evicts<T>(targets: readonly InvalidationTarget[], evict: () => Promise<T>): Promise<T> {
    const before = this.#timesEvicted;
    const settled = evict();
    if (this.#timesEvicted === before) {
      this.violated(
        'read your own evictions',
        { region: '', key: '' },
        { targets, why: 'evict() returned before it had evicted' },
      );
    }
    return settled;
  }

  expectAgreement(): void {
    if (!this.isServing) return;
    for (const subject of this.#asked.values()) {
      const asked = this.asks(subject);
      const value = this.cache.region(subject.region).getSync(subject.key);
      this.got(subject, asked, value);
      if (isMadeValue(value)) checkAgreement(this.history, { instance: this, value });
    }
    if (this.flights.running > 0) return;
    for (const [region, details] of this.counts.differencesFrom(this.cache.stats())) {
      this.violated('true accounts', { region, key: '' }, details);
    }
  }

  /** Checks and notes that a value was stored. */
  hasStored(value: MadeValue): void {
    const { origin } = value;
    this.history.figures.stored += 1;
    this.history.note(this.name, 'stores', origin.kind, origin.id);
    // A put or a set evicts its key just before it stores its value. What callbacks evict meanwhile is not a part of it.
    const own = origin.kind === 'load' ? undefined : this.#lastOwnEviction;
    const overtaken = this.applied.overtaking(origin, own);
    if (overtaken) {
      const details = { ...this.history.describe(value), appliedAt: overtaken.time };
      this.violated('nothing stored that was overtaken', origin, details);
    }
    if (own === undefined) return;
    origin.since = this.history.moment().sequence;
    origin.ownEviction = own;
  }

  /** Notes that the cache has said something about `subject` that is not true. */
  reports(subject: Subject, details: Record<string, unknown>): void {
    this.violated('true accounts', subject, details);
  }

  #hasEvicted(invalidation: Invalidation): void {
    this.#timesEvicted += 1;
    this.history.figures.evictions += 1;
    const moment = this.#hasApplied(invalidation, 'evicts');
    if (!this.isInCallback) this.#lastOwnEviction = moment.sequence;
    this.evictions.add(invalidation, moment, this.call);
  }

  #hasApplied(invalidation: Invalidation, what: string, from = ''): Moment {
    const moment = this.history.moment();
    this.applied.add(invalidation, moment);
    this.flights.applied(invalidation);
    this.history.note(this.name, what, from, invalidation);
    return moment;
  }

  #checkOwnEvictions(asked: Moment, value: MadeValue): void {
    const evicted = this.evictions.overtaking(value, asked);
    if (!evicted) return;
    this.violated('read your own evictions', value.origin, {
      ...this.history.describe(value),
      evictedAt: evicted.time,
    });
  }
}

function idOf(region: string, key: string): string {
  return `${region.length}:${region}${key}`;
}
