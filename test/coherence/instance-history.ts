import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import {
  EVERYTHING,
  type Invalidation,
  type InvalidationTarget,
} from '../../libs/distributed-cache/src/protocol/invalidation.js';
import { Applied } from './applied.js';
import { ExpectedCounts } from './counts.js';
import { Evictions, type Call } from './evictions.js';
import { Flights, hasLapsed, newFlight, type Flight } from './flights.js';
import type { History } from './history.js';
import { isMadeValue, type MadeValue, type Origin } from './made-value.js';
import type { Unreached } from './members.js';
import type { EntryName, Moment, Subject } from './moments.js';
import { checkAgreement, checkOldParts } from './old-values.js';
import { newOrigin, UnderWay } from './under-way.js';

export type { Subject };

export interface InstanceOptions {
  /** The regions of this instance with `whenDisconnected: 'bypass'`. */
  readonly bypassing?: ReadonlySet<string> | undefined;
  /** Default: the one of the history, in ms. */
  readonly maxStaleness?: number | undefined;
}

/** What the application says of a read or a load beside its subject. */
export interface Nesting {
  /** The load whose loader asks. */
  readonly parent?: Flight | undefined;
  /** Whether it asks where the cache cannot know for which load. */
  readonly isUntraced?: boolean | undefined;
}

/** How much later than the cache the history may read the clock, in ms. */
const SLACK = 1;

/** How long after a suspension nothing is promised, in ms: until the watchdog has noticed it. */
const UNNOTICED_SUSPEND = 250;

/** What one instance was asked for, what it applied and what it returned. Checks every read and every stored value. */
export class InstanceHistory {
  readonly name: string;
  readonly maxStaleness: number;
  readonly evictions = new Evictions();
  readonly #history: History;
  readonly #bypassing: ReadonlySet<string>;
  readonly #applied = new Applied();
  readonly #asked = new Map<string, Subject>();
  readonly #flights = new Flights((flight) => this.#isLapsed(flight));
  readonly #described = new WeakSet<MadeValue>();
  readonly #counts = new ExpectedCounts();
  #cache: DistributedCache | undefined;
  #instanceId = '';
  #timesEvicted = 0;
  /** The value whose size was asked for last: it is stored next, if it is stored. */
  #measured: MadeValue | undefined;
  /** The sequence number of the last eviction that no callback of another operation asked for. */
  #lastOwnEviction = 0;
  #callbacks = 0;
  #call: Call | undefined;
  /** The sequence number at which it first reached the server. */
  #firstSynced = Number.POSITIVE_INFINITY;
  #isClosing = false;
  #wokeAt = Number.NEGATIVE_INFINITY;
  /** The sequence number at which its lease was last seen to be over. */
  #lapsedAt = Number.NEGATIVE_INFINITY;
  /** Whether its evictions reach the log in the end; no longer after its death. */
  canDeliver = true;
  /** The sequence number at which the server last did not accept a message. */
  lastFailure = 0;
  /** Whether it still serves reads. */
  isServing = true;

  constructor(history: History, name: string, { bypassing = new Set(), maxStaleness }: InstanceOptions = {}) {
    this.#history = history;
    this.name = name;
    this.maxStaleness = maxStaleness ?? history.maxStaleness;
    this.#bypassing = bypassing;
  }

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

  watch(cache: DistributedCache): void {
    this.#cache = cache;
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
      if (state === 'coherent') this.#firstSynced = Math.min(this.#firstSynced, this.#history.moment().sequence);
      this.#history.note(this.name, 'is', state);
    });
  }

  /** The sender that its messages name. */
  get instanceId(): string {
    return this.#instanceId;
  }

  get cache(): DistributedCache {
    if (!this.#cache) throw new Error(`instance ${this.name} has no cache yet`);
    return this.#cache;
  }

  /** Notes that it begins to shut down; its reads go to the source from now on. */
  closes(): void {
    this.#isClosing = true;
    this.isServing = false;
    this.#history.note(this.name, 'closes');
  }

  /** Notes that it has shut down; evictions that it could not deliver are promised no more. */
  closed(): void {
    this.canDeliver = this.cache.status().outbox === 0;
    this.#history.note(this.name, this.canDeliver ? 'has left' : 'has left with evictions undelivered');
  }

  /** Notes that its process has died, with all that it had not delivered. */
  dies(): void {
    this.canDeliver = false;
    this.isServing = false;
    this.#isClosing = true;
    this.#history.note(this.name, 'dies');
  }

  /** Notes that its machine was suspended and runs again. */
  wakes(): void {
    this.#wokeAt = this.#history.moment().time;
    this.#history.note(this.name, 'wakes');
  }

  /** Notes that the server has not accepted a message. */
  failedToPublish(): void {
    this.lastFailure = this.#history.moment().sequence;
  }

  /**
   * Whether an eviction everywhere that has resolved was not able to reach it, for what it reads at `asked` of these regions. An instance
   * that is on no list serves nothing of a region in `'bypass'`, but what it reads there may be made of what it has of others.
   */
  isBeyond({ absent, unknown }: Unreached, regions: readonly string[], asked: Moment): boolean {
    if (unknown.has(this)) return true;
    if (!absent.has(this) && this.#firstSynced < asked.sequence) return false;
    return regions.some((region) => !this.#bypassing.has(region));
  }

  /** Whether the other instance, which knows its own settings, so knows how long this one can serve, too. */
  servesNoLongerThan(other: InstanceHistory): boolean {
    const bypassing = [...this.#bypassing];
    return (
      other.maxStaleness >= this.maxStaleness && [...other.#bypassing].every((region) => bypassing.includes(region))
    );
  }

  /** Runs a callback that the cache has called in the midst of another operation. */
  inCallback(callback: () => void): void {
    this.#callbacks += 1;
    try {
      callback();
    } finally {
      this.#callbacks -= 1;
    }
  }

  /** Whether a callback runs that the cache has called in the midst of another operation. */
  get isInCallback(): boolean {
    return this.#callbacks > 0;
  }

  /** Runs `evict`, whose evictions of this tick count as one. */
  inOneTick<T>(evict: () => T): T {
    const outer = this.#call;
    this.#call = outer ?? { first: this.#history.moment().sequence, last: 0 };
    try {
      return evict();
    } finally {
      this.#call = outer;
    }
  }

  /** Notes the beginning of a read, perhaps within a load; its result goes to {@link got}. */
  asks({ region, key }: Subject, parent?: Flight): Moment {
    this.#counts.of(region).reads += 1;
    for (let outer = parent; outer; outer = outer.parent) outer.hasNested = true;
    const id = idOf(region, key);
    if (!this.#asked.has(id)) this.#asked.set(id, { region, key });
    this.#noteLapse();
    this.#flights.asked(region, key);
    this.#history.note(this.name, 'asks for', region, key);
    return this.#history.moment();
  }

  /** Checks the result of the read that began at `asked`; `undefined`: it found nothing. */
  got({ region, key }: Subject, asked: Moment, value: unknown): void {
    this.#history.figures.reads += 1;
    if (!isMadeValue(value)) return;
    const { kind, id, ...origin } = value.origin;
    this.#history.note(this.name, 'gets', kind, id);
    if (origin.region !== region || origin.key !== key)
      this.#violated('the entry asked for', { region, key }, { origin });
    this.#checkOwnEvictions(asked, value);
    if (asked.time - this.#wokeAt <= UNNOTICED_SUSPEND) return;
    checkOldParts(this.#history, { instance: this, asked, value });
  }

  /** Checks the previous value that a loader is given. */
  given({ region, key }: Subject, value: unknown): void {
    if (!isMadeValue(value)) return;
    const { origin } = value;
    const covered = this.#applied.overtaking(origin, origin.ownEviction, origin.since);
    const { leaseAge } = this.cache.status();
    const now = this.#history.moment().time;
    if (!covered && now - this.#wokeAt <= UNNOTICED_SUSPEND) return;
    const isTooOld = this.#bypassing.has(region) || now - origin.began.time > this.maxStaleness + SLACK;
    const isLapsed = leaseAge > this.maxStaleness && leaseAge < Number.POSITIVE_INFINITY && isTooOld;
    if (!covered && !isLapsed) return;
    const details = { ...this.#history.describe(value), appliedAt: covered?.time, leaseAge };
    this.#violated('a trusted previous value', { region, key }, details);
  }

  /** Checks that a callback about `value` is called for the first time. */
  describes(value: MadeValue): void {
    if (this.#described.has(value)) {
      const details = { ...this.#history.describe(value), why: 'its tags were asked for twice' };
      this.#violated('true accounts', value.origin, details);
    }
    this.#described.add(value);
  }

  /** Notes that a loader was called for `subject`; `inBulk`: with other keys, and so perhaps a little later than the library decided to. */
  beginLoad(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    asked: Moment,
    { parent, isUntraced, inBulk = false }: Nesting & { readonly inBulk?: boolean } = {},
  ): UnderWay {
    const began = this.#history.moment();
    const entry: EntryName = { ...subject, tags: subject.tags ?? [] };
    const flight = newFlight({ ...entry, asked, began, parent, isUntraced });
    this.#history.figures.loads += 1;
    this.#counts.of(subject.region).loads += 1;
    // An invalidation may have come between the library's decision and this call, or a reader that the lease forbade to join.
    const isOvertaken = inBulk && (this.#isLapsed(flight) || this.#applied.hasCovered(entry, asked));
    // The library decides for a key in bulk before it calls the loader. The lease may have been over then, and renewed since.
    this.#noteLapse();
    if (inBulk && this.#lapsedAt > asked.sequence) this.#flights.abandon(subject.region, subject.key);
    const joinable = this.#flights.begin(flight, isOvertaken);
    const ended = (hasFailed: boolean, origin: Origin): void => this.#loadEnded(flight, origin, hasFailed);
    const underWay = this.#underWay('load', flight, ended, flight);
    // After closing, every read loads for itself.
    if (this.#isClosing) return underWay;
    if (joinable) {
      this.#violated('single flight', subject, {
        load: underWay.id,
        joinableSince: joinable.began,
        asked,
        began,
        isNested: parent !== undefined,
      });
    }
    if (!inBulk && this.#bypassing.has(subject.region) && this.cache.status().leaseAge > this.maxStaleness) {
      const others = this.#flights.tooManyWith(flight);
      const details = { load: underWay.id, others: others.map((other) => other.began), began };
      if (others.length > 0) this.#violated('single flight', subject, details);
    }
    return underWay;
  }

  /** Notes that the method of a put begins, or that `set` is about to be called. */
  beginPut(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    kind: 'put' | 'set' = 'put',
  ): UnderWay {
    return this.#underWay(kind, { ...subject, tags: subject.tags ?? [] }, (hasFailed, origin) => {
      if (kind === 'put' && !hasFailed && this.#applied.overtaking(origin)) this.#counts.of(origin.region).fenced += 1;
    });
  }

  /** Calls `evict`, and checks that it has evicted here before it returned its promise. */
  evicts<T>(targets: readonly InvalidationTarget[], evict: () => Promise<T>): Promise<T> {
    const before = this.#timesEvicted;
    const settled = evict();
    if (this.#timesEvicted === before) {
      this.#violated(
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
      if (isMadeValue(value)) checkAgreement(this.#history, { instance: this, value });
    }
    if (this.#flights.running > 0) return;
    for (const [region, details] of this.#counts.differencesFrom(this.cache.stats())) {
      this.#violated('true accounts', { region, key: '' }, details);
    }
  }

  /** Checks and notes that a value was stored. */
  hasStored(value: MadeValue): void {
    const { origin } = value;
    this.#history.figures.stored += 1;
    this.#history.note(this.name, 'stores', origin.kind, origin.id);
    // A put or a set evicts its key just before it stores its value. What callbacks evict meanwhile is not a part of it.
    const own = origin.kind === 'load' ? undefined : this.#lastOwnEviction;
    const overtaken = this.#applied.overtaking(origin, own);
    if (overtaken) {
      const details = { ...this.#history.describe(value), appliedAt: overtaken.time };
      this.#violated('nothing stored that was overtaken', origin, details);
    }
    if (own === undefined) return;
    origin.since = this.#history.moment().sequence;
    origin.ownEviction = own;
  }

  /** Notes that the cache has said something about `subject` that is not true. */
  reports(subject: Subject, details: Record<string, unknown>): void {
    this.#violated('true accounts', subject, details);
  }

  #loadEnded(flight: Flight, origin: Origin, hasFailed: boolean): void {
    const { region, parent, isUntraced } = flight;
    const counts = this.#counts.of(region);
    const isOvertaken = flight.isKeptOut || (this.#flights.isJoinable(flight) && this.#applied.overtaking(origin));
    if (hasFailed) counts.loadErrors += 1;
    // Others may be uncoordinated loads, which store nothing anyway.
    else if (isOvertaken && !parent && !isUntraced && !this.#isClosing) counts.fenced += 1;
    this.#flights.end(flight, this.#history.moment());
  }

  #underWay(
    kind: Origin['kind'],
    entry: EntryName,
    ended: (hasFailed: boolean, origin: Origin) => void,
    flight?: Flight,
  ): UnderWay {
    const origin = newOrigin(this.#history, kind, this.name, entry);
    const { id, region, key } = origin;
    this.#history.note(this.name, 'begins', kind, id, region, key, flight?.parent ? 'inside of another' : '');
    return new UnderWay(this.#history, origin, (hasFailed) => ended(hasFailed, origin), flight);
  }

  #hasEvicted(invalidation: Invalidation): void {
    this.#timesEvicted += 1;
    this.#history.figures.evictions += 1;
    const moment = this.#hasApplied(invalidation, 'evicts');
    if (!this.isInCallback) this.#lastOwnEviction = moment.sequence;
    this.evictions.add(invalidation, moment, this.#call);
  }

  #hasApplied(invalidation: Invalidation, what: string, from = ''): Moment {
    const moment = this.#history.moment();
    this.#applied.add(invalidation, moment);
    this.#flights.applied(invalidation);
    this.#history.note(this.name, what, from, invalidation);
    return moment;
  }

  #checkOwnEvictions(asked: Moment, value: MadeValue): void {
    const evicted = this.evictions.overtaking(value, asked);
    if (!evicted) return;
    this.#violated('read your own evictions', value.origin, {
      ...this.#history.describe(value),
      evictedAt: evicted.time,
    });
  }

  #noteLapse(): void {
    const { leaseAge } = this.cache.status();
    const isOver = leaseAge > this.maxStaleness || leaseAge === Number.POSITIVE_INFINITY;
    if (isOver) this.#lapsedAt = this.#history.moment().sequence;
  }

  #isLapsed(flight: Flight): boolean {
    const { leaseAge } = this.cache.status();
    const isBypassing = this.#bypassing.has(flight.region);
    return hasLapsed(flight, leaseAge, this.maxStaleness, isBypassing, this.#history.moment().time);
  }

  #violated(
    promise: Parameters<History['violated']>[0],
    { region, key }: Subject,
    details: Record<string, unknown>,
  ): void {
    this.#history.violated(promise, { instance: this.name, region, key }, details);
  }
}

function idOf(region: string, key: string): string {
  return `${region.length}:${region}${key}`;
}
