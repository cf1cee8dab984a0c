import type { Clock } from '../common/clock.js';
import type { Evicted } from '../coherence/publish/evicted.js';
import { Coherence, type CoherenceState, type LocalCopies } from '../coherence/coherence.js';
import { EVERYTHING, invalidationOf, type Invalidation, type InvalidationTarget } from '../protocol/invalidation.js';
import type { CacheLogger } from '../common/logger.js';
import { OnceAMinute } from '../common/once-a-minute.js';
import { CacheClosedError } from '../errors.js';
import type { Entry } from '../store/entry.js';
import { LocalStore } from '../store/local-store.js';
import { heard } from './delivered-result.js';
import { EventEmitter } from './events.js';
import { timeoutOf, type AnyEvictOptions, type Everywhere } from './everywhere.js';
import { Executions } from './loading/execution.js';
import { Loads } from './loading/loads.js';
import { memberOf } from './member-of.js';
import { DelayedReevictions } from './delayed-reevictions.js';
import type { RegionState } from './region-state.js';
import type { CacheSettings } from './settings.js';
import { newRegionStats } from './stats.js';
import { valueToServe, valueToStore } from './values.js';

/** No target was named, so there is nothing to deliver. */
const NOTHING_EVICTED: Evicted = Object.freeze({ delivered: true, instances: 0, waited: 0 });

/**
 * This instance's copies with all that keeps them honest: what regions and the façade stand on.
 *
 * @internal
 */
export class LocalCache implements LocalCopies {
  readonly settings: CacheSettings;
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly events: EventEmitter;
  readonly executions: Executions;
  readonly loads: Loads;
  readonly #logger: CacheLogger;
  readonly #complaints: OnceAMinute;
  readonly #store: LocalStore;
  readonly #delayedReevictions: DelayedReevictions;
  readonly #regions = new Map<string, RegionState>();
  readonly #shutdown = new AbortController();
  #isClosed = false;

  constructor(settings: CacheSettings, instanceId: string, clock: Clock, logger: CacheLogger) {
    this.settings = settings;
    this.clock = clock;
    this.#logger = logger;
    this.#complaints = new OnceAMinute(clock);
    this.events = new EventEmitter(logger);
    this.coherence = new Coherence({ ...settings, member: memberOf(settings, instanceId) }, clock, this, logger);
    this.#delayedReevictions = new DelayedReevictions(settings, clock, (targets) => void heard(this.#evict(targets)));
    this.executions = new Executions(clock);
    this.loads = new Loads(clock, this.coherence, this.executions, this.events);
    this.#store = new LocalStore(settings, ({ name }) => this.#evicted(name, 1));
  }

  /** Whether values are kept and served at all. */
  get isServing(): boolean {
    return this.settings.enabled && !this.#isClosed;
  }

  get shutdownSignal(): AbortSignal {
    return this.#shutdown.signal;
  }

  regions(): Iterable<RegionState> {
    return this.#regions.values();
  }

  /** @param name - canonical */
  region(name: string): RegionState {
    const known = this.#regions.get(name);
    if (known) return known;
    const settings = this.settings.regions.get(name) ?? this.settings;
    const store = this.#store.region(name, settings.maxEntries);
    const region: RegionState = { name, settings, store, stats: newRegionStats(), flights: new Map() };
    this.#regions.set(name, region);
    return region;
  }

  /** The entry that may be served now. The way of every hit: nothing is allocated on it. */
  servable(region: RegionState, key: string): Entry | undefined {
    const entry = this.#store.get(region.store, key);
    if (entry === undefined) return undefined;
    const now = this.clock.now();
    if (now >= entry.expiresAt) return undefined;
    // Kept when it may not be served: a sync can vouch for it again.
    return this.coherence.lease.mayServe(entry.loadedAt, now, region.settings.whenDisconnected) ? entry : undefined;
  }

  /** What a reader is handed of an entry that may be served. */
  hit(region: RegionState, entry: Entry): unknown {
    this.#countHit(region, entry);
    return valueToServe(entry.value, region.settings.values, region.name);
  }

  /** As {@link hit}, for one who awaits it. */
  promisedHit(region: RegionState, entry: Entry): Promise<unknown> {
    this.#countHit(region, entry);
    if (region.settings.values === 'cloned') return Promise.resolve(valueToServe(entry.value, 'cloned', region.name));
    // Readers share it: a promise that exists is awaited in two thirds of the time of one that has to be made.
    return (entry.promise ??= Promise.resolve(entry.value));
  }

  /** Notes that a read found nothing, and removes what has expired; gives its value where the lease still covers it. */
  miss(region: RegionState, key: string): unknown {
    region.stats.misses += 1;
    if (this.events.hears.miss) this.events.emit('miss', { region: region.name, key });
    const entry = region.store.peek(key);
    if (!entry) return undefined;
    const now = this.clock.now();
    if (now < entry.expiresAt) return undefined;
    region.stats.expirations += 1;
    region.store.delete(key);
    return this.coherence.lease.mayServe(entry.loadedAt, now, region.settings.whenDisconnected)
      ? entry.value
      : undefined;
  }

  /** Keeps a value; the caller has made sure that no invalidation overtook it. */
  store(
    region: RegionState,
    key: string,
    value: unknown,
    loadedAt: number,
    ttl: number | undefined,
    tags: readonly string[],
  ): void {
    const { settings } = region;
    const lifetime = (ttl ?? settings.ttl) * (1 - settings.ttlJitter * Math.random());
    if (lifetime <= 0) region.store.delete(key);
    if (!this.isServing || !this.coherence.mayStore || lifetime <= 0) return;
    const size = this.#sizeOf(region, key, value);
    if (size === undefined) {
      region.store.delete(key);
      return;
    }
    const stored = this.#store.set(region.store, {
      key,
      value: valueToStore(value, settings.values, region.name),
      loadedAt,
      expiresAt: this.clock.now() + lifetime,
      tags,
      size,
    });
    if (stored && this.events.hears.store) this.events.emit('store', { region: region.name, key, ttl: lifetime, tags });
  }

  #countHit(region: RegionState, entry: Entry): void {
    region.stats.hits += 1;
    if (this.events.hears.hit) this.events.emit('hit', { region: region.name, key: entry.key });
    this.executions.current?.noteStaleAsOf(Math.max(entry.loadedAt, this.coherence.lease.syncedAt));
  }

  /** An eviction that was asked for here: applied at once, then told to the others. */
  evict(targets: readonly InvalidationTarget[]): Promise<Evicted> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    if (targets.length === 0) return Promise.resolve(NOTHING_EVICTED);
    this.#delayedReevictions.later(targets);
    return this.#evict(targets);
  }

  /** As {@link evict}; with `everywhere` it settles when no instance can serve what the targets cover. */
  evictAs(targets: readonly InvalidationTarget[], options: AnyEvictOptions | undefined): Promise<Evicted> {
    return options?.everywhere ? this.#evictEverywhere(targets, options.everywhere) : this.evict(targets);
  }

  applyInvalidation(invalidation: Invalidation, from: string): void {
    this.#drop(invalidation);
    if (this.events.hears.invalidation) this.events.emit('invalidation', { from, invalidation });
  }

  flush(): void {
    this.#drop(EVERYTHING);
    if (this.events.hears.flush) this.events.emit('flush', { flushes: this.coherence.stats.flushes });
  }

  stateChanged(state: CoherenceState, previous: CoherenceState): void {
    if (this.events.hears.state) this.events.emit('state', { state, previous });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    // Stops serving first: once it has left, nobody tells this instance what changes.
    this.#isClosed = true;
    this.#store.clear();
    this.#delayedReevictions.now();
    await this.coherence.stop();
    this.#shutdown.abort();
  }

  #evict(targets: readonly InvalidationTarget[]): Promise<Evicted> {
    this.#applyOwn(targets);
    return this.coherence.publish(targets);
  }

  async #evictEverywhere(targets: readonly InvalidationTarget[], everywhere: Everywhere): Promise<Evicted> {
    if (this.#isClosed) throw this.#closedError();
    const timeout = timeoutOf(everywhere, this.settings);
    if (targets.length === 0) return NOTHING_EVICTED;
    this.#delayedReevictions.later(targets);
    this.#applyOwn(targets);
    return this.coherence.publishEverywhere(targets, timeout);
  }

  #applyOwn(targets: readonly InvalidationTarget[]): void {
    const invalidation = invalidationOf(targets);
    this.coherence.applied.record(invalidation);
    this.#drop(invalidation);
    if (this.events.hears.evict) this.events.emit('evict', { invalidation });
  }

  #closedError(): CacheClosedError {
    return new CacheClosedError(
      `Cache '${this.settings.namespace}' was shut down, so this eviction cannot reach the other instances. ` +
        `Finish work that changes data before the application closes (enableShutdownHooks() does, for requests).`,
    );
  }

  #drop(invalidation: Invalidation): void {
    this.loads.applyInvalidation(invalidation);
    if (invalidation.everything) {
      for (const region of this.#regions.values()) region.stats.evictions += region.store.size;
      this.#store.clear();
      return;
    }
    for (const name of invalidation.regions) {
      const region = this.#regions.get(name);
      if (region) region.stats.evictions += region.store.clear();
    }
    for (const tag of invalidation.tags)
      for (const [{ name }, count] of this.#store.deleteTag(tag)) this.#evicted(name, count);
    for (const [name, keys] of invalidation.keys) {
      const region = this.#regions.get(name);
      if (region) for (const key of keys) if (region.store.delete(key)) region.stats.evictions += 1;
    }
  }

  /** `undefined` when `sizeOf` gives nothing that can be added up: kept all the same, the value would switch the bound off for good. */
  #sizeOf(region: RegionState, key: string, value: unknown): number | undefined {
    const { sizeOf } = this.settings;
    if (!sizeOf) return 0;
    let problem = 'it gave something else than a finite number of at least 0';
    try {
      const size = sizeOf(value, key);
      if (Number.isFinite(size) && size >= 0) return size;
    } catch (error) {
      problem = `it threw ${error instanceof Error ? error.name : 'something'}`;
    }
    this.#complaints.run('sizeOf', () =>
      this.#logger.error(`sizeOf cannot tell the size of a value, which is not stored: ${problem}`, {
        region: region.name,
      }),
    );
    return undefined;
  }

  #evicted(name: string, count: number): void {
    const region = this.#regions.get(name);
    if (region) region.stats.evictions += count;
  }
}
