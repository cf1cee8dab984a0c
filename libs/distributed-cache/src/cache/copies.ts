import type { Clock } from '../common/clock.js';
import type { CacheLogger } from '../common/logger.js';
import { OnceAMinute } from '../common/once-a-minute.js';
import type { Coherence } from '../coherence/coherence.js';
import type { Invalidation } from '../protocol/invalidation.js';
import type { Entry, NewEntry } from '../store/entry.js';
import { heldFast, type Found, type FoundEntry } from '../store/found-entry.js';
import { LocalStore, sizeUnits } from '../store/local-store.js';
import type { RegionStore } from '../store/region-store.js';
import type { EventEmitter } from './events.js';
import type { CurrentHold } from './holding/held.js';
import type { Executions } from './loading/execution.js';
import type { LoadRecipe } from './loading/load-request.js';
import { Care, careFor, hottestOf, isToRefresh, needsRecipe } from './policies/care.js';
import { isFresh, isKept, stalenessOf, type Staleness } from './policies/freshness.js';
import type { LoadPolicy } from './policies/load-policies.js';
import type { RegionState } from './region-state.js';
import { Regions, type KnownRegions } from './regions.js';
import type { CacheSettings } from './settings.js';
import type { RegionStats, RemovalCause } from './stats.js';
import { valueToServe, valueToStore } from './values.js';

/** An entry that is ready to be kept. @internal */
export interface PreparedEntry extends NewEntry {
  /** ms */
  readonly ttl: number;
  /** When it was made ready (monotonic ms), just before it is kept. */
  readonly preparedAt: number;
}

/** A value that may be kept, and what is known of it. @internal */
export interface ValueToKeep {
  readonly key: string;
  readonly value: unknown;
  /** The value was correct at some moment not before this (monotonic ms). */
  readonly loadedAt: number;
  /** ms; `undefined`: the region's; 0 or less: the value is not kept */
  readonly ttl: number | undefined;
  readonly tags: readonly string[];
  /** `Class.method` or the region, for what is said about a mistake in `sizeOf`. */
  readonly where: string;
  /** Default: the region's. */
  readonly policy?: LoadPolicy | undefined;
  /** The load that gave it; left out: it was put, and may be loaded as the entry before it was. */
  readonly load?: { readonly recipe: LoadRecipe } | undefined;
}

/** What is there of a key that is not fresh. */
interface Expired {
  readonly entry?: Entry | undefined;
  readonly staleness: Staleness;
}

/** Made once: most reads that miss come to it. */
const NOTHING_EXPIRED: Expired = { staleness: 'gone' };

/** An expired entry that is served. @internal */
export interface StaleHit {
  readonly entry: Entry;
  /** Whether a load in the background is to be started. */
  readonly isDue: boolean;
}

/** What is called for entries that a load policy loads again. @internal */
export interface PolicyEvents {
  /** A region is used for the first time. */
  regionOpened(region: RegionState): void;
  /** A region is used no more, and another one may get its name. */
  regionReleased(region: RegionState): void;
  /** A hit came after the share of the TTL that `refreshAhead` names. */
  refreshAhead(region: RegionState, entry: Entry): void;
  /** An invalidation has removed an entry that was hit and is to be loaded again. */
  refreshOnInvalidate(region: RegionState, entry: Entry): void;
}

/** The parts of a cache that its copies work with. @internal */
export interface CopiesParts {
  readonly settings: CacheSettings;
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly executions: Executions;
  readonly events: EventEmitter;
  readonly holds: CurrentHold;
  readonly logger: CacheLogger;
  readonly policies: PolicyEvents;
}

/**
 * This instance's copies of values, and what is decided about one copy: whether it may be served, what a reader is handed of it, whether
 * a new value is kept, and under which cause a copy is removed.
 *
 * @internal
 */
export class Copies implements KnownRegions {
  readonly #parts: CopiesParts;
  readonly #store: LocalStore;
  readonly #regions: Regions;
  readonly #complaints: OnceAMinute;
  #isClosed = false;

  constructor(parts: CopiesParts) {
    this.#parts = parts;
    this.#complaints = new OnceAMinute(parts.clock);
    const { maxEntries, maxSize } = parts.settings;
    const bounds = { maxEntries, maxSize: maxSize === undefined ? undefined : sizeUnits(maxSize) };
    this.#store = new LocalStore(
      bounds,
      {
        crowdedOut: ({ name }) => this.#count(name, 'evicted'),
        tagEvicted: (region, entry) => this.#tagEvicted(region, entry),
      },
      (callback) => parts.clock.nextTurn(callback),
    );
    const { settings, policies } = parts;
    this.#regions = new Regions({
      settings,
      store: this.#store,
      opened: (region) => policies.regionOpened(region),
      released: (region) => policies.regionReleased(region),
    });
  }

  get #mayKeep(): boolean {
    return this.isServing && this.#parts.coherence.mayStore;
  }

  /** Whether values are kept and served at all. */
  get isServing(): boolean {
    return this.#parts.settings.enabled && !this.#isClosed;
  }

  regions(): Iterable<RegionState> {
    return this.#regions.regions();
  }

  known(name: string): RegionState | undefined {
    return this.#regions.known(name);
  }

  /** The counts of the regions that were released; `undefined`: none was. */
  get others(): RegionStats | undefined {
    return this.#regions.hasReleased ? this.#regions.others : undefined;
  }

  /** The region of this name; created on first use. @param name - canonical */
  region(name: string): RegionState {
    return this.#regions.region(name);
  }

  /** The region that has the name of `region` now: it may have been released meanwhile. */
  current(region: RegionState): RegionState {
    return this.#regions.current(region);
  }

  /** The fresh entry under `key`. It is not to be kept: see {@link FoundEntry}. */
  find(region: RegionState, key: string): FoundEntry | undefined {
    const entry = this.#entry(region, key);
    if (entry === undefined) return undefined;
    const { clock, coherence } = this.#parts;
    return isFresh(entry, clock.now(), coherence.lease, region.settings.whenDisconnected) ? entry : undefined;
  }

  /**
   * As {@link find}, for a read: the entry is counted as a hit, and loaded again in the background if it is due. Every hit comes this way,
   * so nothing is allocated.
   */
  hit(region: RegionState, key: string): Found | undefined {
    const { clock, coherence, events, executions, holds } = this.#parts;
    const entry = holds.areOpen ? this.#entry(region, key) : region.store.get(key);
    if (entry === undefined) return undefined;
    const now = clock.now();
    if (!isFresh(entry, now, coherence.lease, region.settings.whenDisconnected)) return undefined;
    region.stats.hits += 1;
    const { current } = executions;
    if (current !== undefined) this.noteServed(entry, current);
    const { care } = entry;
    if (care !== undefined) care.hits += 1;
    const isDue = care?.nextLoadAt !== undefined && now >= care.nextLoadAt;
    return events.hears.hit || isDue ? this.#toldHit(region, heldFast(entry), isDue) : entry;
  }

  /**
   * The expired entry that a reader with this policy is handed without waiting for a load; it is counted as a hit.
   *
   * @returns `undefined`: there is none, and the reader has to load
   */
  staleHit(region: RegionState, key: string, policy: LoadPolicy): StaleHit | undefined {
    const { entry, staleness } = this.#expired(region, key, policy);
    if (!entry || (staleness !== 'revalidate' && staleness !== 'wait out')) return undefined;
    this.#noteStale(region, entry);
    // A loader inside of a hold may read what is never committed, by a handle of its transaction that leaves the context with it.
    return { entry, isDue: staleness === 'revalidate' && this.#parts.holds.current === undefined };
  }

  /** The expired entry that a reader with this policy is handed in place of a load that has failed; it is counted as a hit. */
  lastResort(region: RegionState, key: string, policy: LoadPolicy): Entry | undefined {
    const { entry, staleness } = this.#expired(region, key, policy);
    if (!entry || staleness === 'gone') return undefined;
    this.#noteStale(region, entry);
    return entry;
  }

  /**
   * A load of the key has failed: the next one is not tried before `retryAfter`, where a policy says what readers get until then. Readers
   * without such a policy load all the same; their failures do not put off the next try of the others.
   */
  loadFailed(region: RegionState, key: string, policy: LoadPolicy): void {
    const entry = region.store.peek(key);
    // Without a policy nobody asks.
    if (!entry || (!entry.care && policy.keptFor === 0)) return;
    const care = entry.care ?? new Care(policy, undefined);
    region.store.setCare(key, care);
    const now = this.#parts.clock.now();
    if (care.nextLoadAt === undefined || now >= care.nextLoadAt) care.nextLoadAt = now + policy.retryAfter;
  }

  /** A load that has begun at `loadedAt` gave a result that is not to be stored. What it was to replace is not the newest value any more. */
  supersede(region: RegionState, key: string, loadedAt: number): void {
    const entry = region.store.peek(key);
    if (!entry || entry.loadedAt > loadedAt) return;
    this.remove(region, key, this.#parts.clock.now() < entry.expiresAt ? 'replaced' : 'expired');
  }

  /**
   * A result that is made of this entry is as old as the entry.
   *
   * @param current - what the entry is served to; default: what the running code belongs to
   */
  noteServed({ loadedAt }: Entry, current = this.#parts.executions.current): void {
    if (!current) return;
    const { coherence } = this.#parts;
    current.noteStaleAsOf(Math.max(loadedAt, coherence.lease.syncedAt));
    current.noteMadeOf(loadedAt);
    current.noteServedIn(coherence.servingIn);
  }

  /** What a reader is handed of an entry. */
  valueOf(region: RegionState, entry: Entry): unknown {
    return valueToServe(entry.value, region.settings.values, region.name);
  }

  /** As {@link valueOf}, for a reader that awaits it. */
  promiseOf(region: RegionState, entry: Found): Promise<unknown> {
    return region.settings.values === 'cloned' ? Promise.resolve(this.valueOf(region, entry)) : entry.promise;
  }

  /**
   * Counts a read that found nothing to serve, and removes the entry if it has expired and no policy keeps it.
   *
   * @returns the expired entry
   */
  miss(region: RegionState, key: string, policy = region.settings.policy): Entry | undefined {
    region.stats.misses += 1;
    if (this.#parts.events.hears.miss) this.#parts.events.emit('miss', { region: region.name, key });
    const entry = region.store.peek(key);
    if (!entry) return undefined;
    const now = this.#parts.clock.now();
    if (now < entry.expiresAt) return undefined;
    if (!isKept(entry, now, policy, region.settings.policy)) this.remove(region, key, 'expired');
    return entry;
  }

  /**
   * What {@link keep} is to store. Everything of the application is called here (`sizeOf`, and what a value does while it is cloned), so
   * that the fence can be asked afterwards, and nothing can evict in between.
   *
   * @returns `undefined`: the value is not kept, and neither is the copy that is there
   * @throws {InvalidOptionsError} when the value cannot be cloned
   */
  prepared(region: RegionState, toKeep: ValueToKeep): PreparedEntry | undefined {
    const { settings } = region;
    const { key, value, loadedAt, ttl = settings.ttl, tags, policy = settings.policy } = toKeep;
    const lifetime = ttl * (1 - settings.ttlJitter * Math.random());
    if (lifetime <= 0 || !this.#mayKeep) return undefined;
    const size = this.#sizeOf(key, value, toKeep.where);
    if (size === undefined) return undefined;
    const stored = valueToStore(value, settings.values, region.name);
    const preparedAt = this.#parts.clock.now();
    const expiresAt = preparedAt + lifetime;
    // What is put is loaded again as the entry before it was: by the same loader, under the same policy.
    const before = toKeep.load ? undefined : recipeOf(region, key);
    const applied = before?.shared.policy ?? policy;
    const isRemembered = settings.remembersLoaders || needsRecipe(applied);
    const recipe = isRemembered ? (toKeep.load?.recipe ?? before) : undefined;
    const care = careFor(applied, settings.policy, recipe, expiresAt, lifetime);
    return { key, value: stored, loadedAt, expiresAt, tags, size, care, ttl: lifetime, preparedAt };
  }

  /**
   * Keeps an entry in the place of the copy that is there, and removes that in any case: a put leaves it there for this. The caller has just
   * made sure that nothing fences the entry.
   */
  keep(given: RegionState, key: string, entry: PreparedEntry | undefined): void {
    if (!this.#mayKeep) return this.remove(given, key, 'replaced');
    const region = this.current(given);
    const outcome = entry ? region.store.set(entry, entry.preparedAt) : 'refused';
    if (entry && outcome === 'refused') region.stats.rejected += 1;
    if (!entry || outcome === 'refused') return this.remove(region, key, 'replaced');
    if (outcome === 'replaced') region.stats.replaced += 1;
    region.isRefreshed ||= entry.care instanceof Care && entry.care.refreshOnInvalidate !== undefined;
    const { events } = this.#parts;
    if (events.hears.store) events.emit('store', { region: region.name, key, ttl: entry.ttl, tags: entry.tags });
  }

  remove(region: RegionState, key: string, cause: RemovalCause): void {
    if (region.store.delete(key)) region.stats[cause] += 1;
  }

  /** Removes what `invalidation` covers. */
  drop(invalidation: Invalidation): void {
    if (invalidation.everything) {
      for (const region of this.regions()) this.#clear(region);
      this.#store.clear();
      return;
    }
    for (const name of invalidation.regions) {
      const region = this.known(name);
      if (region) this.#clear(region);
    }
    for (const tag of invalidation.tags) this.#store.evictTag(tag);
    for (const [name, keys] of invalidation.keys) {
      const region = this.known(name);
      if (region) for (const key of keys) this.#invalidate(region, key);
    }
  }

  /** Stops serving, for good, and lets go of all entries. */
  close(): void {
    this.#isClosed = true;
    this.#store.clear();
  }

  /**
   * The size of a value, in `sizeUnits`; `undefined`: `sizeOf` gave nothing that can be added up. Such a value is not kept, because one wrong sum would
   * switch the bound off for good.
   */
  #sizeOf(key: string, value: unknown, where: string): number | undefined {
    const { sizeOf } = this.#parts.settings;
    if (!sizeOf) return 0;
    let problem = 'it returned something else than a finite number of at least 0';
    try {
      const size = sizeOf(value, key);
      if (Number.isFinite(size) && size >= 0) return sizeUnits(size);
    } catch (error) {
      problem = `it threw ${error instanceof Error ? error.name : 'something'}`;
    }
    this.#complaints.run('sizeOf', () =>
      this.#parts.logger.error(`sizeOf cannot tell the size of a value, which is not stored: ${problem}`, {
        of: where,
      }),
    );
    return undefined;
  }

  /** The entry under `key` that the running code may see. */
  #entry(region: RegionState, key: string): FoundEntry | undefined {
    const hold = this.#parts.holds.current;
    if (hold === undefined) return region.store.get(key);
    const entry = hold.copyOf(region, key) ?? region.store.get(key);
    // It was evicted in the hold that reads it: the reader has to see what its own transaction has written.
    return entry && hold.covers(region.name, key, entry.tags) ? undefined : entry;
  }

  /** A hit of which code of the application is told. */
  #toldHit(region: RegionState, entry: Found, isDue: boolean): Found {
    const { events, policies } = this.#parts;
    if (events.hears.hit) events.emit('hit', { region: region.name, key: entry.key });
    if (isDue) policies.refreshAhead(region, entry.copy());
    return entry;
  }

  #expired(region: RegionState, key: string, policy: LoadPolicy): Expired {
    const entry = policy.keptFor === 0 || !this.isServing ? undefined : region.store.peek(key);
    if (!entry || this.#parts.holds.current?.covers(region.name, key, entry.tags)) return NOTHING_EXPIRED;
    const { clock, coherence } = this.#parts;
    const { whenDisconnected } = region.settings;
    return { entry, staleness: stalenessOf(entry, clock.now(), coherence.lease, whenDisconnected, policy) };
  }

  #noteStale(region: RegionState, entry: Entry): void {
    region.stats.hits += 1;
    region.stats.staleServed += 1;
    const { events } = this.#parts;
    if (events.hears.hit) events.emit('hit', { region: region.name, key: entry.key, stale: true });
    if (entry.care) entry.care.hits += 1;
    this.noteServed(entry);
  }

  #invalidate(region: RegionState, key: string): void {
    const entry = region.store.peek(key);
    this.remove(region, key, 'invalidated');
    if (entry?.care) this.#refresh(region, entry);
  }

  #clear(region: RegionState): void {
    if (region.store.size === 0) return;
    // Only a region with such entries is walked: to clear another costs the same, however many entries it has.
    const hottest = region.isRefreshed ? hottestOf(region.store.entries()) : [];
    region.stats.invalidated += region.store.clear();
    for (const entry of hottest) this.#refresh(region, entry);
  }

  #tagEvicted({ name }: RegionStore, entry: FoundEntry): void {
    this.#count(name, 'invalidated');
    const region = entry.care && this.known(name);
    if (region) this.#refresh(region, entry.copy());
  }

  #refresh(region: RegionState, entry: Entry): void {
    if (isToRefresh(entry)) this.#parts.policies.refreshOnInvalidate(region, entry);
  }

  #count(name: string, cause: RemovalCause): void {
    const region = this.known(name);
    if (region) region.stats[cause] += 1;
  }
}

function recipeOf(region: RegionState, key: string): LoadRecipe | undefined {
  const care = region.store.peek(key)?.care;
  return care instanceof Care ? care.recipe : undefined;
}
