import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import {
  EVERYTHING,
  type Invalidation,
  type InvalidationName,
} from '../../libs/distributed-cache/src/coherence/invalidation.js';
import { Flights, type Flight } from './flights.js';
import { SLACK, type History } from './history.js';
import { LoadCounts } from './load-counts.js';
import { isMadeValue, type MadeValue, type Origin, type Part } from './made-value.js';
import { Moments, type EntryName, type Moment } from './moments.js';
import { UnderWay } from './under-way.js';

export interface InstanceOptions {
  /** The regions of this instance with `whenDisconnected: 'bypass'`. */
  readonly bypassing?: ReadonlySet<string> | undefined;
}

/** The entry that a read, a load or a put is about. */
export interface Subject {
  readonly region: string;
  readonly key: string;
}

/** How long after a suspend nothing is promised: until the watchdog has looked. */
const UNNOTICED_SUSPEND = 250;

/** What one instance was asked, what it applied and what it gave; every read and every store is checked here. */
export class InstanceHistory {
  readonly name: string;
  readonly #history: History;
  readonly #bypassing: ReadonlySet<string>;
  readonly #applied = new Moments();
  readonly #evicted = new Moments();
  /** The last eviction of each name. */
  readonly #lastEvicted = new Map<string, { readonly name: InvalidationName; readonly sequence: number }>();
  readonly #asked = new Map<string, Subject>();
  readonly #flights = new Flights((flight) => this.#isLapsed(flight));
  readonly #counts = new LoadCounts();
  #cache: DistributedCache | undefined;
  #instanceId = '';
  #lastApplied = 0;
  #evictions = 0;
  /** Where in the history it first reached the server. */
  #firstSynced = Number.POSITIVE_INFINITY;
  #isClosing = false;
  #wokeAt = Number.NEGATIVE_INFINITY;
  /** Whether what it evicts reaches the log sooner or later: not once it has died. */
  canDeliver = true;
  /** Whether it still answers. */
  isServing = true;

  constructor(history: History, name: string, { bypassing = new Set() }: InstanceOptions = {}) {
    this.#history = history;
    this.name = name;
    this.#bypassing = bypassing;
  }

  /** For the setting of this name: called with each value just before it is stored. */
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

  /** By which its messages are known. */
  get instanceId(): string {
    return this.#instanceId;
  }

  get cache(): DistributedCache {
    if (!this.#cache) throw new Error(`instance ${this.name} has no cache yet`);
    return this.#cache;
  }

  /** It begins to shut down: from now on its reads go to the source. */
  closes(): void {
    this.#isClosing = true;
    this.isServing = false;
    this.#history.note(this.name, 'closes');
  }

  /** It has shut down; what it could not deliver is nobody's promise any more. */
  closed(): void {
    this.canDeliver = this.cache.status().outbox === 0;
    this.#history.note(this.name, this.canDeliver ? 'has left' : 'has left with evictions undelivered');
  }

  /** It is gone, with all that it had not delivered. */
  dies(): void {
    this.canDeliver = false;
    this.isServing = false;
    this.#isClosing = true;
    this.#history.note(this.name, 'dies');
  }

  /** Its machine has slept and is awake again. */
  wakes(): void {
    this.#wokeAt = this.#history.moment().time;
    this.#history.note(this.name, 'wakes');
  }

  /** A read is asked for, perhaps inside of a load; the answer goes to {@link got}. */
  asks({ region, key }: Subject, parent?: Flight): Moment {
    for (let outer = parent; outer; outer = outer.parent) outer.hasNested = true;
    const id = idOf(region, key);
    if (!this.#asked.has(id)) this.#asked.set(id, { region, key });
    this.#flights.asked(region, key);
    this.#history.note(this.name, 'asks for', region, key);
    return this.#history.moment();
  }

  /** What the read that was asked for at `asked` gave; `undefined`: nothing. */
  got({ region, key }: Subject, asked: Moment, value: unknown): void {
    this.#history.figures.reads += 1;
    if (!isMadeValue(value)) return;
    const { kind, id, ...origin } = value.origin;
    this.#history.note(this.name, 'gets', kind, id);
    if (origin.region !== region || origin.key !== key)
      this.#violated('the entry asked for', { region, key }, { origin });
    this.#checkOwnEvictions(asked, value);
    for (const part of value.parts) {
      const replaced = this.#history.source.replacedAt(part.row, part.version);
      if (replaced) this.#checkOldValue(asked, value, part, replaced);
    }
  }

  /** A loader was called for `subject`; `inBulk`: together with others, and so perhaps a little later than its turn came. */
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
    // Between its turn and this call an invalidation may have come, or a reader whom the lease forbade to join it.
    const isOvertaken = inBulk && (this.#isLapsed(flight) || hasAny(this.#applied.covering(entry, asked.sequence)));
    const joinable = this.#flights.begin(flight, isOvertaken);
    const underWay = this.#underWay('load', flight, () => this.#flights.end(flight), flight);
    // Once closed, it only reads through.
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

  /** The method of a put begins, or a value is about to be handed to `set`. */
  beginPut(
    subject: Subject & { readonly tags?: readonly string[] | undefined },
    kind: 'put' | 'set' = 'put',
  ): UnderWay {
    return this.#underWay(kind, { ...subject, tags: subject.tags ?? [] }, () => {});
  }

  /** Calls `evict`, which has to have evicted `names` here before it returns its promise. */
  evicts<T>(names: readonly InvalidationName[], evict: () => Promise<T>): Promise<T> {
    const evictions = this.#evictions;
    const settled = evict();
    if (this.#evictions === evictions) {
      this.#violated(
        'read your own evictions',
        { region: '', key: '' },
        { names, why: 'evict() returned before it had evicted' },
      );
    }
    return settled;
  }

  /**
   * Whether it has, until `until`, asked for an eviction that the promises about `part` of `value`, replaced at `replaced`, rest on.
   *
   * One that was only sent since is not enough: it may have waited in an outbox since before, and its sender does not apply it again. Nor
   * is one of a list alone that was over when the list was made of a copy that is still there: `coversPart` tells that it named that too.
   */
  hasEvicted(
    { origin }: MadeValue,
    part: Part,
    replaced: Moment,
    until = Number.POSITIVE_INFINITY,
    coversPart = true,
  ): boolean {
    for (const { sequence } of this.#evicted.covering(origin, replaced.sequence)) {
      if (sequence > until || sequence === origin.ownEviction) continue;
      if (part.from === origin || sequence >= origin.since) return true;
      if (coversPart && this.#hasOvertaken(part.from, replaced.sequence, sequence)) return true;
    }
    return false;
  }

  expectAgreement(): void {
    if (!this.isServing) return;
    for (const subject of this.#asked.values()) {
      const asked = this.asks(subject);
      const value = this.cache.region(subject.region).getSync(subject.key);
      this.got(subject, asked, value);
      if (!isMadeValue(value)) continue;
      for (const part of value.parts) {
        const replaced = this.#history.source.replacedAt(part.row, part.version);
        if (!replaced || !this.#history.wasEvicted(value, part, replaced)) continue;
        this.#violated('agreement after the faults', subject, { ...this.#history.describe(value), row: part.row });
      }
    }
    if (this.#flights.running > 0) return;
    for (const [region, details] of this.#counts.differencesFrom(this.cache.stats())) {
      this.#violated('single flight', { region, key: '' }, details);
    }
  }

  /** Everything that it evicted has reached the log since. */
  expectDelivery(): void {
    for (const { name, sequence } of this.#lastEvicted.values()) {
      const entry = entryThatOnly(name);
      if (this.#history.hasLogged(entry, sequence)) continue;
      this.#violated('agreement after the faults', entry, { name, why: 'its invalidation never reached the log' });
    }
  }

  #underWay(kind: Origin['kind'], entry: EntryName, ended: () => void, flight?: Flight): UnderWay {
    const began = this.#history.moment();
    const id = this.#history.nextOrigin();
    const { region, key, tags } = entry;
    const origin: Origin = {
      id,
      kind,
      instance: this.name,
      region,
      key,
      tags,
      began,
      since: began.sequence,
      ownEviction: undefined,
    };
    this.#history.note(this.name, 'begins', kind, id, region, key, flight?.parent ? 'inside of another' : '');
    return new UnderWay(this.#history, origin, ended, flight);
  }

  #hasEvicted(invalidation: Invalidation): void {
    this.#evictions += 1;
    this.#history.figures.evictions += 1;
    const moment = this.#hasApplied(invalidation, 'evicts');
    this.#evicted.add(invalidation, moment);
    for (const name of namesIn(invalidation))
      this.#lastEvicted.set(JSON.stringify(name), { name, sequence: moment.sequence });
  }

  #hasApplied(invalidation: Invalidation, what: string, from = ''): Moment {
    const moment = this.#history.moment();
    this.#lastApplied = moment.sequence;
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
    // What a put or a set stores, it has just evicted.
    const own = origin.kind === 'load' ? undefined : this.#lastApplied;
    for (const { sequence, time } of this.#applied.covering(origin, origin.began.sequence)) {
      if (sequence === own) continue;
      this.#violated('nothing stored that was overtaken', origin, {
        ...this.#history.describe(value),
        appliedAt: time,
      });
      break;
    }
    if (own === undefined) return;
    origin.since = this.#history.moment().sequence;
    origin.ownEviction = own;
  }

  /** Whether it has evicted `origin` in between, otherwise than to make room for it. */
  #hasOvertaken(origin: Origin, from: number, until: number): boolean {
    for (const { sequence } of this.#evicted.covering(origin, from)) {
      if (sequence <= until && sequence !== origin.ownEviction) return true;
    }
    return false;
  }

  #checkOwnEvictions(asked: Moment, value: MadeValue): void {
    for (const { sequence, time } of this.#evicted.covering(value.origin, value.origin.since)) {
      if (sequence > asked.sequence) continue;
      this.#violated('read your own evictions', value.origin, { ...this.#history.describe(value), evictedAt: time });
      return;
    }
  }

  #checkOldValue(asked: Moment, value: MadeValue, part: Part, replaced: Moment): void {
    if (asked.time - this.#wokeAt <= UNNOTICED_SUSPEND) return;
    const history = this.#history;
    const { origin } = value;
    const isCovered = this.#firstSynced < asked.sequence || this.#bypassing.has(origin.region);
    if (isCovered && history.wasConfirmed(value, part, replaced, asked)) {
      this.#violated('evicted everywhere', origin, { ...history.describe(value), row: part.row });
    }
    const loggedAt = history.loggedSince(value, part, replaced);
    if (loggedAt === undefined) return;
    const staleness = asked.time - loggedAt;
    const { figures, maxStaleness } = history;
    figures.worstStaleness = Math.max(figures.worstStaleness, staleness);
    if (staleness <= maxStaleness + SLACK) return;
    this.#violated('bounded staleness', origin, { ...history.describe(value), row: part.row, staleness, loggedAt });
  }

  #isLapsed(flight: Flight): boolean {
    const { maxStaleness } = this.#history;
    const { leaseAge } = this.cache.status();
    if (leaseAge <= maxStaleness) return false;
    // The machine has slept, or there has been no sync at all; who asks may not trust anything older than that.
    if (leaseAge === Number.POSITIVE_INFINITY || this.#bypassing.has(flight.region) || flight.hasNested) return true;
    return this.#history.moment().time - flight.asked.time > maxStaleness;
  }

  #violated(
    promise: Parameters<History['violated']>[0],
    { region, key }: Subject,
    details: Record<string, unknown>,
  ): void {
    this.#history.violated(promise, { instance: this.name, region, key }, details);
  }
}

function hasAny(found: Iterable<unknown>): boolean {
  for (const _ of found) return true;
  return false;
}

function idOf(region: string, key: string): string {
  return `${region.length}:${region}${key}`;
}

function namesIn({ everything, regions, tags, keys }: Invalidation): InvalidationName[] {
  const names: InvalidationName[] = [];
  if (everything) names.push({ kind: 'everything' });
  for (const region of regions) names.push({ kind: 'region', region });
  for (const tag of tags) names.push({ kind: 'tag', tag });
  for (const [region, its] of keys) for (const key of its) names.push({ kind: 'key', region, key });
  return names;
}

/** An entry that is covered by `name`, by what is wider than it, and by nothing else. */
function entryThatOnly(name: InvalidationName): EntryName {
  const nobody = '\u0000';
  return {
    region: name.kind === 'key' || name.kind === 'region' ? name.region : nobody,
    key: name.kind === 'key' ? name.key : nobody,
    tags: name.kind === 'tag' ? [name.tag] : [],
  };
}
