import { leaseAgeOf } from '../support/instances/lease-age.js';
import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { InvalidationTarget } from '../../libs/distributed-cache/src/protocol/invalidation.js';
import type { Flight } from './flights.js';
import { InstanceValues } from './instance-values.js';
import { isMadeValue, type MadeValue } from './made-value.js';
import type { Unreached } from './members.js';
import { idOf, type Moment, type Subject } from './moments.js';
import { checkAgreement, checkOldParts, isOld, isUnlogged } from './old-values.js';
import { currentReader } from './readers.js';
import { LISTS } from './shop/names.js';
import type { SourceTransaction } from './source-transaction.js';

export type { InstanceOptions } from './instance-life.js';
export type { Loading, Nesting } from './instance-loads.js';
export type { Subject };

/** How much later than the cache the history may read the clock, in ms. */
const SLACK = 1;

/** How much later than the cache a reader may learn what it was served, in ms. */
const LATE = 50;

/** An audit waits for `maxStaleness`, and at most for so long, in ms. */
const LONGEST_WAIT = 10_000;

/** Times are sums, in ms. */
const ROUNDING = 0.01;

/** How long after a suspension nothing is promised, in ms: until the watchdog has noticed it. */
const UNNOTICED_SUSPEND = 250;

/** What one instance was asked for and what it returned. Checks every read, and what audits report. */
export class InstanceHistory extends InstanceValues {
  readonly #asked = new Map<string, Subject>();
  readonly #described = new WeakSet<MadeValue>();
  #instanceId = '';
  readonly #wasReported = new WeakSet<MadeValue>();
  /** The sequence number at which it first reached the server. */
  #firstSynced = Number.POSITIVE_INFINITY;

  override watch(cache: DistributedCache): void {
    super.watch(cache);
    this.#instanceId = cache.status().instanceId;
    cache.on('miss', ({ key }) => currentReader()?.missed.add(key));
    cache.on('forgotten', (entry) => this.#reported(entry));
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
  got({ region, key }: Subject, asked: Moment, value: unknown, { within, inBulk }: Reading = {}): void {
    this.history.figures.reads += 1;
    if (!isMadeValue(value)) return;
    const { kind, id, ...origin } = value.origin;
    this.history.note(this.name, 'gets', kind, id);
    if (origin.region !== region || origin.key !== key)
      this.violated('the entry asked for', { region, key }, { origin });
    this.#checkOwnEvictions(asked, value);
    this.checkCommitted(value, within);
    this.#checkStale(asked, value, inBulk);
    if (asked.time - this.wokeAt <= UNNOTICED_SUSPEND) return;
    checkOldParts(this.history, { instance: this, asked, value });
  }

  /** Checks the previous value that a loader is given. */
  given({ region, key }: Subject, value: unknown, within?: SourceTransaction): void {
    if (!isMadeValue(value)) return;
    this.checkCommitted(value, within);
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
    const before = this.timesEvicted;
    const settled = evict();
    const { transaction } = this;
    if (transaction) {
      // A callback evicts in the midst of something that is done in a transaction.
      transaction.evicts(targets, this.history.moment());
      return settled;
    }
    if (this.timesEvicted === before) {
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
    // First: the reads below may begin loads in the background, which are counted before their loaders are called.
    if (this.flights.running === 0) this.#checkAccounts();
    for (const subject of this.#asked.values()) {
      const asked = this.asks(subject);
      const value = this.cache.region(subject.region).getSync(subject.key);
      this.got(subject, asked, value);
      if (isMadeValue(value)) checkAgreement(this.history, { instance: this, value });
    }
  }

  #checkAccounts(): void {
    for (const [region, details] of this.counts.differencesFrom(this.cache.stats())) {
      this.violated('true accounts', { region, key: '' }, details);
    }
  }

  /** Notes that a read in bulk has failed: some of its keys may have been handed expired values, which nobody has seen. */
  failed(region: string, keys: number): void {
    this.counts.of(region).staleServed.most += keys;
  }

  /** The rows that it holds in an old version and that no audit has reported, though every hit of them is audited. To be called at the end. */
  unreported(): Subject[] {
    if (!this.isServing || this.maxStaleness > LONGEST_WAIT) return [];
    return [...this.#asked.values()].filter((subject) => {
      if (subject.region === LISTS || !this.isAudited(subject.region)) return false;
      const asked = this.asks(subject);
      const value = this.cache.region(subject.region).getSync(subject.key);
      this.got(subject, asked, value);
      return isMadeValue(value) && isOld(this.history, value) && !this.#wasReported.has(value);
    });
  }

  /** Checks that an audit reports only what the log did not have when it ended its wait. */
  #reported({ region, key }: Subject): void {
    const { figures, source } = this.history;
    figures.reported += 1;
    this.history.note(this.name, 'reports', region, key);
    const value = this.storedLast({ region, key });
    if (!value || this.#wasReported.has(value)) return;
    this.#wasReported.add(value);
    if (value.parts.some(({ row, version }) => source.isForgotten(row, version))) figures.found += 1;
    // Another one that succeeded later would have replaced the value.
    const waited = Math.min(this.maxStaleness, LONGEST_WAIT);
    const load = this.backgroundLoads.lastUntil(idOf(region, key), this.history.now() - waited + ROUNDING);
    // What an audit was served outside of its own context may be older than the value that it reports.
    if (!load || load.hasUntraced || isUnlogged(this.history, value, load.time + waited)) return;
    this.violated('true audits', { region, key }, { ...this.history.describe(value), ended: load.time });
  }

  /** Notes that the cache has said something about `subject` that is not true. */
  reports(subject: Subject, details: Record<string, unknown>): void {
    this.violated('true accounts', subject, details);
  }

  /** Checks that nothing is handed out that was invalidated here, and that a policy and the lease cover an expired value. */
  #checkStale(asked: Moment, value: MadeValue, inBulk = false): void {
    const { origin } = value;
    const { region } = origin;
    const covered = this.applied.overtaking(origin, origin.ownEviction, origin.since, asked.sequence);
    // What it has evicted itself is a promise of its own.
    if (covered && !this.evictions.overtaking(value, asked)) {
      const details = { ...this.history.describe(value), appliedAt: covered.time };
      this.violated('what a policy may serve', origin, details);
    }
    const isFresh = origin.expiresAt === undefined || this.now() + ROUNDING < origin.expiresAt;
    // Since it was stored again, nobody knows whether it had expired when it was served.
    if (origin.expiresAt === undefined || (isFresh && !origin.isKept)) return;
    const { staleServed } = this.counts.of(region);
    staleServed.most += 1;
    const now = this.history.now();
    const expiredFor = asked.time - (now - this.now()) - origin.expiresAt;
    // It may be the result of the load that kept it, or have expired while the read waited.
    if (origin.isKept || expiredFor < ROUNDING) return;
    staleServed.least += 1;
    this.history.figures.staleServed += 1;
    if (now - this.wokeAt <= UNNOTICED_SUSPEND) return;
    const { keptFor } = this.policyIn(region);
    const leaseAge = leaseAgeOf(this.cache);
    // A read in bulk may have been served it some time ago.
    const isLapsed = leaseAge > this.maxStaleness + LATE && !(inBulk && now > asked.time);
    if (expiredFor < keptFor + ROUNDING && !isLapsed) return;
    const details = { ...this.history.describe(value), expiredFor, keptFor, leaseAge };
    this.violated('what a policy may serve', origin, details);
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

/** What the application says of a read. */
export interface Reading {
  /** The transaction in which it reads. */
  readonly within?: SourceTransaction | undefined;
  /** Whether it reads other keys too, and so may be given a value later than that was served. */
  readonly inBulk?: boolean | undefined;
}
