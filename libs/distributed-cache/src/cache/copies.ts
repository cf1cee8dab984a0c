import type { Clock } from '../common/clock.js';
import { detachedPromise } from '../common/detached.js';
import type { CacheLogger } from '../common/logger.js';
import { OnceAMinute } from '../common/once-a-minute.js';
import type { Coherence } from '../coherence/coherence.js';
import type { Invalidation } from '../protocol/invalidation.js';
import type { Entry, NewEntry } from '../store/entry.js';
import { LocalStore, sizeUnits } from '../store/local-store.js';
import type { EventEmitter } from './events.js';
import type { Executions } from './loading/execution.js';
import type { RegionState } from './region-state.js';
import type { CacheSettings, RegionSettings } from './settings.js';
import { newRegionStats, type RemovalCause } from './stats.js';
import { valueToServe, valueToStore } from './values.js';

/** An entry that is ready to be kept. @internal */
export interface PreparedEntry extends NewEntry {
  /** ms */
  readonly ttl: number;
}

/** The parts of a cache that its copies work with. @internal */
export interface CopiesParts {
  readonly settings: CacheSettings;
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly executions: Executions;
  readonly events: EventEmitter;
  readonly logger: CacheLogger;
}

/**
 * This instance's copies of values, and what is decided about one copy: whether it may be served, what a reader is handed of it, whether
 * a new value is kept, and under which cause a copy is removed.
 *
 * @internal
 */
export class Copies {
  readonly #parts: CopiesParts;
  readonly #store: LocalStore;
  readonly #regions = new Map<string, RegionState>();
  readonly #complaints: OnceAMinute;
  #isClosed = false;

  constructor(parts: CopiesParts) {
    this.#parts = parts;
    this.#complaints = new OnceAMinute(parts.clock);
    const { maxEntries, maxSize } = parts.settings;
    const bounds = { maxEntries, maxSize: maxSize === undefined ? undefined : sizeUnits(maxSize) };
    this.#store = new LocalStore(bounds, ({ name }) => this.#count(name, 'evicted', 1));
  }

  get #mayKeep(): boolean {
    return this.isServing && this.#parts.coherence.mayStore;
  }

  /** Whether values are kept and served at all. */
  get isServing(): boolean {
    return this.#parts.settings.enabled && !this.#isClosed;
  }

  regions(): Iterable<RegionState> {
    return this.#regions.values();
  }

  /** The region of this name; created on first use. @param name - canonical */
  region(name: string): RegionState {
    const known = this.#regions.get(name);
    if (known) return known;
    const settings: RegionSettings = this.#parts.settings.regions.get(name) ?? this.#parts.settings;
    const store = this.#store.region(name, settings.maxEntries);
    const region: RegionState = { name, settings, store, stats: newRegionStats(), flights: new Map(), currentLoads: 0 };
    this.#regions.set(name, region);
    return region;
  }

  /**
   * The entry that may be served now: its TTL has not ended, and the lease covers it (`Lease.mayServe`). The only place that decides about
   * an entry; a load policy adds its third answer, *stale but allowed*, here.
   *
   * Every hit comes this way, so nothing is allocated.
   */
  find(region: RegionState, key: string): Entry | undefined {
    const entry = this.#store.get(region.store, key);
    if (entry === undefined) return undefined;
    const now = this.#parts.clock.now();
    if (now >= entry.expiresAt) return undefined;
    // An entry that the lease does not cover stays in the store: the next sync may cover it again.
    return this.#parts.coherence.lease.mayServe(entry.loadedAt, now, region.settings.whenDisconnected)
      ? entry
      : undefined;
  }

  /** As {@link find}, for a read: the entry is counted as a hit. */
  hit(region: RegionState, key: string): Entry | undefined {
    const entry = this.find(region, key);
    if (entry === undefined) return undefined;
    region.stats.hits += 1;
    if (this.#parts.events.hears.hit) this.#parts.events.emit('hit', { region: region.name, key });
    this.noteServed(entry);
    return entry;
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
    current.noteServedIn(coherence.servingIn);
  }

  /** What a reader is handed of an entry. */
  valueOf(region: RegionState, entry: Entry): unknown {
    return valueToServe(entry.value, region.settings.values, region.name);
  }

  /** As {@link valueOf}, for a reader that awaits it. */
  promiseOf(region: RegionState, entry: Entry): Promise<unknown> {
    if (region.settings.values === 'cloned') return Promise.resolve(this.valueOf(region, entry));
    // The readers of an entry share one promise: an existing promise is awaited faster than a new one. It lives as long as the entry.
    return (entry.promise ??= detachedPromise(entry.value));
  }

  /**
   * Counts a read that found nothing to serve, and removes the entry if it has expired.
   *
   * @returns the expired entry
   */
  miss(region: RegionState, key: string): Entry | undefined {
    region.stats.misses += 1;
    if (this.#parts.events.hears.miss) this.#parts.events.emit('miss', { region: region.name, key });
    const entry = region.store.peek(key);
    if (!entry || this.#parts.clock.now() < entry.expiresAt) return undefined;
    this.remove(region, key, 'expired');
    return entry;
  }

  /**
   * What {@link keep} is to store. Everything of the application is called here (`sizeOf`, and what a value does while it is cloned), so
   * that the fence can be asked afterwards, and nothing can evict in between.
   *
   * @param loadedAt - the value was correct at some moment not before this (monotonic ms)
   * @param ttl - ms; `undefined`: the region's; 0 or less: the value is not kept
   * @param where - `Class.method` or the region, for what is said about a mistake in `sizeOf`
   * @returns `undefined`: the value is not kept, and neither is the copy that is there
   * @throws {InvalidOptionsError} when the value cannot be cloned
   */
  prepared(
    region: RegionState,
    key: string,
    value: unknown,
    loadedAt: number,
    ttl: number | undefined,
    tags: readonly string[],
    where: string,
  ): PreparedEntry | undefined {
    const { settings } = region;
    const lifetime = (ttl ?? settings.ttl) * (1 - settings.ttlJitter * Math.random());
    if (lifetime <= 0 || !this.#mayKeep) return undefined;
    const size = this.#sizeOf(key, value, where);
    if (size === undefined) return undefined;
    const stored = valueToStore(value, settings.values, region.name);
    const expiresAt = this.#parts.clock.now() + lifetime;
    return { key, value: stored, loadedAt, expiresAt, tags, size, ttl: lifetime };
  }

  /** Keeps an entry in the place of the copy that is there. The caller has just made sure that nothing fences it. */
  keep(region: RegionState, key: string, entry: PreparedEntry | undefined): void {
    if (!this.#mayKeep) return;
    const outcome = entry ? this.#store.set(region.store, entry) : 'refused';
    if (!entry || outcome === 'refused') return this.remove(region, key, 'replaced');
    if (outcome === 'replaced') region.stats.replaced += 1;
    const { events } = this.#parts;
    if (events.hears.store) events.emit('store', { region: region.name, key, ttl: entry.ttl, tags: entry.tags });
  }

  remove(region: RegionState, key: string, cause: RemovalCause): void {
    if (region.store.delete(key)) region.stats[cause] += 1;
  }

  /** Removes what `invalidation` covers. */
  drop(invalidation: Invalidation): void {
    if (invalidation.everything) {
      for (const region of this.#regions.values()) region.stats.invalidated += region.store.size;
      this.#store.clear();
      return;
    }
    for (const name of invalidation.regions) {
      const region = this.#regions.get(name);
      if (region) region.stats.invalidated += region.store.clear();
    }
    for (const tag of invalidation.tags)
      for (const [{ name }, count] of this.#store.deleteTag(tag)) this.#count(name, 'invalidated', count);
    for (const [name, keys] of invalidation.keys) {
      const region = this.#regions.get(name);
      if (region) for (const key of keys) this.remove(region, key, 'invalidated');
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

  #count(name: string, cause: RemovalCause, count: number): void {
    const region = this.#regions.get(name);
    if (region) region.stats[cause] += count;
  }
}
