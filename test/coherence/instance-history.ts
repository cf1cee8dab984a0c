import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import {
  EVERYTHING,
  type Invalidation,
  type InvalidationTarget,
} from '../../libs/distributed-cache/src/protocol/invalidation.js';
import { Applied } from './applied.js';
import { Evictions } from './evictions.js';
import { Flights, hasLapsed, type Flight } from './flights.js';
import type { History } from './history.js';
import { LoadCounts } from './load-counts.js';
import { isMadeValue, type MadeValue, type Origin } from './made-value.js';
import type { EntryName, Moment, Subject } from './moments.js';
import { checkAgreement, checkOldParts } from './old-values.js';
import { newOrigin, UnderWay } from './under-way.js';

export type { Subject };

export interface InstanceOptions {
  /** The regions of this instance with `whenDisconnected: 'bypass'`. */
  readonly bypassing?: ReadonlySet<string> | undefined;
}

/** How long after a suspension nothing is promised, in ms: until the watchdog has noticed it. */
const UNNOTICED_SUSPEND = 250;

/** What one instance was asked for, what it applied and what it returned. Checks every read and every stored value. */
export class InstanceHistory {
  readonly name: string;
  readonly evictions = new Evictions();
  readonly #history: History;
  readonly #bypassing: ReadonlySet<string>;
  readonly #applied = new Applied();
  readonly #asked = new Map<string, Subject>();
  readonly #flights = new Flights((flight) => this.#isLapsed(flight));
  readonly #counts = new LoadCounts();
  #cache: DistributedCache | undefined;
  #instanceId = '';
  #timesEvicted = 0;
  /** The sequence number at which it first reached the server. */
  #firstSynced = Number.POSITIVE_INFINITY;
  #isClosing = false;
  #wokeAt = Number.NEGATIVE_INFINITY;
  /** The sequence number at which its lease was last seen to be over. */
  #lapsedAt = Number.NEGATIVE_INFINITY;
  /** Whether its evictions reach the log in the end; no longer after its death. */
  canDeliver = true;
  /** Whether it still serves reads. */
  isServing = true;

  constructor(history: History, name: string, { bypassing = new Set() }: InstanceOptions = {}) {
    this.#history = history;
    this.name = name;
    this.#bypassing = bypassing;
  }

  /** The setting `sizeOf` of its cache, which the cache calls with each value just before it stores it. */
  readonly sizeOf = (value: unknown): number => {
    this.#storing(value);
    return 1;
  };

  watch(cache: DistributedCache): void {
    this.#cache = cache;
    this.#instanceId = cache.status().instanceId;
    cache.on('evict', ({ invalidation }) => this.#hasEvicted(invalidation));
    cache.on('invalidation', ({ invalidation, from }) => this.#hasApplied(invalidation, 'applies', from));
    cache.on('flush', () => this.#hasApplied(EVERYTHING, 'flushes'));
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

  /** Notes the beginning of a read, perhaps within a load; its result goes to {@link got}. */
  asks({ region, key }: Subject, parent?: Flight): Moment {
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
    const isReached = this.#firstSynced < asked.sequence || this.#bypassing.has(region);
    checkOldParts(this.#history, { instance: this.name, asked, value, isReached });
  }

  /** Notes that a loader was called for `subject`; `inBulk`: with other keys, and so perhaps a little later than the library decided to. */
  beginLoad(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    asked: Moment,
    { parent, inBulk = false }: { readonly parent?: Flight | undefined; readonly inBulk?: boolean } = {},
  ): UnderWay {
    const began = this.#history.moment();
    const entry: EntryName = { ...subject, tags: subject.tags ?? [] };
    const flight: Flight = { ...entry, asked, began, parent, hasNested: false };
    this.#history.figures.loads += 1;
    this.#counts.called(subject.region, parent !== undefined || this.#isClosing);
    // An invalidation may have come between the library's decision and this call, or a reader that the lease forbade to join.
    const isOvertaken = inBulk && (this.#isLapsed(flight) || this.#applied.hasCovered(entry, asked));
    // The library decides for a key in bulk before it calls the loader. The lease may have been over then, and renewed since.
    this.#noteLapse();
    if (inBulk && this.#lapsedAt > asked.sequence) this.#flights.abandon(subject.region, subject.key);
    const joinable = this.#flights.begin(flight, isOvertaken);
    const underWay = this.#underWay('load', flight, () => this.#flights.end(flight), flight);
    // After closing, every read loads for itself.
    if (this.#isClosing) return underWay;
    if (joinable) {
      this.#violated('single flight', subject, {
        load: underWay.id,
        joinableSince: joinable.began,
        began,
      });
    }
    return underWay;
  }

  /** Notes that the method of a put begins, or that `set` is about to be called. */
  beginPut(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    kind: 'put' | 'set' = 'put',
  ): UnderWay {
    return this.#underWay(kind, { ...subject, tags: subject.tags ?? [] }, () => {});
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
      if (isMadeValue(value)) checkAgreement(this.#history, { instance: this.name, value });
    }
    if (this.#flights.running > 0) return;
    for (const [region, details] of this.#counts.differencesFrom(this.cache.stats())) {
      this.#violated('single flight', { region, key: '' }, details);
    }
  }

  #underWay(kind: Origin['kind'], entry: EntryName, ended: () => void, flight?: Flight): UnderWay {
    const origin = newOrigin(this.#history, kind, this.name, entry);
    const { id, region, key } = origin;
    this.#history.note(this.name, 'begins', kind, id, region, key, flight?.parent ? 'inside of another' : '');
    return new UnderWay(this.#history, origin, ended, flight);
  }

  #hasEvicted(invalidation: Invalidation): void {
    this.#timesEvicted += 1;
    this.#history.figures.evictions += 1;
    const moment = this.#hasApplied(invalidation, 'evicts');
    this.evictions.add(invalidation, moment);
  }

  #hasApplied(invalidation: Invalidation, what: string, from = ''): Moment {
    const moment = this.#history.moment();
    this.#applied.add(invalidation, moment);
    this.#flights.applied(invalidation);
    this.#history.note(this.name, what, from, invalidation);
    return moment;
  }

  #storing(value: unknown): void {
    if (!isMadeValue(value)) return;
    const { origin } = value;
    this.#history.figures.stored += 1;
    this.#history.note(this.name, 'stores', origin.kind, origin.id);
    // A put or a set evicts its key just before it stores its value: the last invalidation that was applied.
    const own = origin.kind === 'load' ? undefined : this.#applied.last;
    const overtaken = this.#applied.overtaking(origin, own);
    if (overtaken) {
      const details = { ...this.#history.describe(value), appliedAt: overtaken.time };
      this.#violated('nothing stored that was overtaken', origin, details);
    }
    if (own === undefined) return;
    origin.since = this.#history.moment().sequence;
    origin.ownEviction = own;
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
    if (leaseAge > this.#history.maxStaleness) this.#lapsedAt = this.#history.moment().sequence;
  }

  #isLapsed(flight: Flight): boolean {
    const { leaseAge } = this.cache.status();
    const isBypassing = this.#bypassing.has(flight.region);
    return hasLapsed(flight, leaseAge, this.#history.maxStaleness, isBypassing, this.#history.moment().time);
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
