import type { Evicted } from '../coherence/publish/evicted.js';
import type { Clock } from '../common/clock.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import { canonicalKey, type CacheKey } from '../keys/canonical-key.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import type { Found } from '../store/found-entry.js';
import type { AuditReport } from './auditing/audits.js';
import type { EvictOptions } from './everywhere.js';
import type { BulkListOptions, BulkLoadOptions } from './loading/bulk-attributes.js';
import { readMany, valuesById, type BulkRead, type BulkRequest } from './loading/bulk-load.js';
import type { BulkResult } from './loading/bulk-result.js';
import type { LoadContext, Loader } from './loading/load-context.js';
import { resultOnceDelivered, runPut, setEntry, type PutEntry } from './loading/put.js';
import { untilAborted } from './loading/patience.js';
import { readMissed } from './loading/read.js';
import { SingleMethod, SingleSource, type CallLoader, type SingleRecipe } from './loading/single-load.js';
import type { LocalCache } from './local-cache.js';
import type { RegionState } from './region-state.js';
import { givesPolicy, policyOf, type LoadPolicy } from './policies/load-policies.js';
import {
  canonicalTags,
  isStorable,
  ttlOf,
  type LabelledLoadOptions,
  type LoadOptions,
  type StoreOptions,
} from './store-options.js';

/**
 * A named group of entries with its own settings, given by `cache.region(name)`. It holds no state of its own, so it may be kept or asked
 * for again.
 *
 * @publicApi
 */
export class Region<V = unknown> {
  readonly #cache: LocalCache;
  /** It may have been released, and holds nothing then: see {@link state}. */
  #state: RegionState;
  /** What loads without options have in common. */
  #withoutOptions: SingleMethod | undefined;

  /** @internal */
  constructor(cache: LocalCache, state: RegionState) {
    this.#cache = cache;
    this.#state = state;
  }

  /** The name that it was asked for by. */
  get name(): string {
    return this.#state.name;
  }

  /** @internal */
  get state(): RegionState {
    if (this.#state.isReleased) this.#state = this.#cache.copies.current(this.#state);
    return this.#state;
  }

  /**
   * The cached value, or the result of `loader`, which is then cached. Readers of the key that come while the loader runs wait for the
   * same load. An error of the loader is passed on and never cached.
   *
   * @throws {InvalidKeyError} when `key` is not a string, a finite number or a list of these
   * @throws {InvalidOptionsError} when an option is not allowed
   * @throws {LoadTimeoutError} when the load takes longer than `loadTimeout`, and `staleIfError` has no expired value to hand out
   */
  getOrLoad<T extends V = V>(key: CacheKey, loader: Loader<T>, options?: LoadOptions): Promise<T> {
    try {
      const canonical = canonicalKey(key);
      return unsafeCast(
        this.cached(canonical) ?? this.load(canonical, this.#recipe(canonical, key, loader, options), options?.signal),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The value of a canonical key; `undefined`: {@link load} is to be asked for it. Every hit comes this way, so nothing is allocated, and no
   * line is spent on what few hits need: the more there is, the less of it the engine compiles into its callers. A region that was released
   * has no hits, so `load` finds that out.
   *
   * @internal
   */
  cached(key: string): Promise<unknown> | undefined {
    // For such a region, it matters how a hit would have been loaded.
    if (this.#state.watchers > 0) return undefined;
    const { copies } = this.#cache;
    const entry = copies.hit(this.#state, key);
    return entry === undefined ? undefined : copies.promiseOf(this.#state, entry);
  }

  /**
   * As {@link cached}, for a reader that has to know how old the entry is. It is not to be kept: see `FoundEntry`.
   *
   * @internal
   */
  found(key: string): Found | undefined {
    return this.#state.watchers > 0 ? undefined : this.#cache.copies.hit(this.#state, key);
  }

  /** The clock of the cache. @internal */
  get clock(): Clock {
    return this.#cache.clock;
  }

  /** How many keys are loaded in the same way. @internal */
  methodOf(call: CallLoader, options: LabelledLoadOptions | undefined): SingleMethod {
    return new SingleMethod(this.#cache, this.#state, options, call);
  }

  /** Reads a key that {@link cached} has not found. @param signal - ends the wait of the caller @internal */
  load(key: string, recipe: SingleRecipe, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    const wasReleased = this.#state.isReleased;
    const { watchers } = this.state;
    // Another handle may have filled the region of this name meanwhile.
    const hit = watchers > 0 ? this.#watchedHit(key, recipe) : wasReleased ? this.cached(key) : undefined;
    const read = hit ?? this.#read(key, recipe);
    return signal ? untilAborted(read, signal) : read;
  }

  #watchedHit(key: string, recipe: SingleRecipe): Promise<unknown> | undefined {
    const { copies } = this.#cache;
    const entry = copies.hit(this.#state, key);
    if (!entry) return undefined;
    const found = copies.promiseOf(this.#state, entry);
    this.#cache.watchHit(this.#state, key, recipe);
    return found;
  }

  #recipe(key: string, givenKey: CacheKey, loader: unknown, options: LoadOptions | undefined): SingleRecipe {
    return this.#methodWith(options).recipeFor(key, givenKey, loader);
  }

  #methodWith(options: LoadOptions | undefined): SingleMethod {
    if (options === undefined) return (this.#withoutOptions ??= this.methodOf(callLoader, undefined));
    return this.methodOf(callLoader, withoutSignal(options));
  }

  /** Audits every entry. @internal */
  auditAll(): Promise<AuditReport> {
    return this.#cache.audits.auditAll(this.state);
  }

  #read(key: string, recipe: SingleRecipe): Promise<unknown> {
    const { background, copies } = this.#cache;
    const region = this.#state;
    const source = new SingleSource(recipe);
    const stale = copies.staleHit(region, key, source.policy);
    if (stale) {
      if (stale.isDue) void background.start(region, [key], recipe.source(region, key));
      return Promise.resolve(copies.valueOf(region, stale.entry));
    }
    // Only now: a call whose options are refused is not a read.
    const expired = copies.miss(region, key, source.policy);
    if (!expired) return readMissed(this.#cache, region, key, source);
    source.startFrom(expired);
    return readMissed(this.#cache, region, key, source).finally(() => source.release());
  }

  /**
   * The values of `ids`, keyed by the ids as given. The ids that have to be loaded in the same turn of the event loop share one call of
   * `loader`. It may be called again, for ids that had joined the load of another reader, if an eviction turns out to have
   * overtaken that load. Ids for which `loader` returns no value are not in the map.
   *
   * @throws {InvalidOptionsError} when the loader returns a list of values without `idOf`, or, with `idOf: 'position'`, a list of another
   * length; nothing is stored then
   */
  getOrLoadMany<Id extends CacheKey, T extends V = V>(
    ids: Iterable<Id>,
    loader: (missing: Id[]) => Iterable<T> | PromiseLike<Iterable<T>>,
    options: BulkListOptions<T, Id>,
  ): Promise<Map<Id, T>>;
  /** The same with a loader that gives a map, an object or pairs, which say themselves which value belongs to which id. */
  getOrLoadMany<Id extends CacheKey, T extends V = V>(
    ids: Iterable<Id>,
    loader: (missing: Id[]) => BulkResult<Id, T> | PromiseLike<BulkResult<Id, T>>,
    options?: BulkLoadOptions<T, Id>,
  ): Promise<Map<Id, T>>;
  getOrLoadMany<Id extends CacheKey, T extends V>(
    ids: Iterable<Id>,
    loader: (missing: Id[]) => unknown,
    options?: BulkLoadOptions<T, Id> & Partial<BulkListOptions<T, Id>>,
  ): Promise<Map<Id, T>> {
    const { signal, ...ofLoads }: Partial<BulkListOptions<T, Id>> = options ?? {};
    if (signal?.aborted) return Promise.reject(signal.reason);
    const request: BulkRequest = {
      ids,
      loader: unsafeCast(loader),
      idOf: unsafeCast(options?.idOf),
      options: unsafeCast(ofLoads),
    };
    const read = this.loadMany(request).then(valuesById);
    return unsafeCast(signal ? untilAborted(read, signal) : read);
  }

  /** Reads many ids, and loads those that are missing. @internal */
  loadMany(request: BulkRequest): Promise<BulkRead> {
    return readMany(this.#cache, this.state, request);
  }

  /** The cached value, or `undefined`; never loads. */
  get(key: CacheKey): Promise<V | undefined> {
    try {
      return Promise.resolve(this.getSync(key));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The cached value, or `undefined`, synchronously; never loads. */
  getSync(key: CacheKey): V | undefined {
    const canonical = canonicalKey(key);
    const { copies } = this.#cache;
    const region = this.state;
    const entry = copies.hit(region, canonical);
    if (entry !== undefined) return unsafeCast<V>(copies.valueOf(region, entry));
    copies.miss(region, canonical);
    return undefined;
  }

  /**
   * Stores a value that is correct now, and evicts the key in every other instance. `set` cannot know whether the value was overtaken
   * since the caller read it; {@link update} can.
   *
   * @throws {InvalidationNotDeliveredError} with `onUndelivered: 'throw'`; the value is stored here all the same
   */
  async set(key: CacheKey, value: V, options?: StoreOptions): Promise<void> {
    const entry = this.#putEntry(key, value, options);
    await setEntry(this.#cache, entry, value);
  }

  /**
   * Runs `method`, which changes the source of truth, and evicts the key everywhere. The result is stored here unless something that
   * covers the key was invalidated since `method` started.
   *
   * @throws {InvalidationNotDeliveredError} with `onUndelivered: 'throw'`: the method has succeeded, the error carries its result
   */
  async update<T extends V = V>(key: CacheKey, method: () => T | PromiseLike<T>, options?: StoreOptions): Promise<T> {
    // Bad options are refused before the method changes anything.
    const target = this.#putEntry(key, undefined, options);
    const { result, delivered } = await runPut(this.#cache, method, (value) => ({
      entries: [{ ...target, isStored: isStorable(value, target.policy) }],
    }));
    return resultOnceDelivered(result, delivered);
  }

  /**
   * Evicts one key here and in every other instance, whether this one holds it or not. It takes effect here before `evict` returns.
   *
   * @returns a promise that resolves once the log has the eviction, or is known not to have it for now (`delivered: false`); with
   * `everywhere`, once no instance can serve the old value
   * @throws {InvalidationNotDeliveredError} with `onUndelivered: 'throw'`, in place of `delivered: false`
   * @throws {InvalidationNotConfirmedError} with `everywhere`, after its timeout; it names the missing instances
   */
  evict(key: CacheKey, options?: EvictOptions): Promise<Evicted> {
    // Not `async`: the evictions of one tick share one promise, and an own promise would be made for each.
    try {
      return this.#cache.evict([this.#targetOf(key)], options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As {@link evict}, for several keys at once. */
  async evictMany(keys: Iterable<CacheKey>, options?: EvictOptions): Promise<Evicted> {
    return this.#cache.evict(
      Array.from(keys, (key) => this.#targetOf(key)),
      options,
    );
  }

  /** As {@link evict}, for everything in this region. */
  async clear(options?: EvictOptions): Promise<Evicted> {
    return this.#cache.evict([{ kind: 'region', region: this.name }], options);
  }

  #targetOf(key: CacheKey): InvalidationTarget {
    return { kind: 'key', region: this.name, key: canonicalKey(key) };
  }

  #putEntry(key: CacheKey, value: unknown, options: StoreOptions | undefined): PutEntry & { policy: LoadPolicy } {
    const where = `Region '${this.name}'`;
    const ofRegion = this.state.settings.policy;
    const policy = options && givesPolicy(options) ? policyOf(options, ofRegion, `${where}: `) : ofRegion;
    return {
      where,
      region: this.state,
      key: canonicalKey(key),
      ttl: ttlOf(options?.ttl, where),
      tags: canonicalTags(options?.tags),
      isStored: isStorable(value, policy),
      policy,
    };
  }
}

/** What the recipe of an entry may hold, which lives as long as the entry: the signal belongs to one caller. */
function withoutSignal(options: LoadOptions): LoadOptions {
  if (!options.signal) return options;
  const { signal: _, ...ofLoad } = options;
  return ofLoad;
}

/** Of `getOrLoad`, each call has a loader of its own. */
function callLoader(loader: unknown, context: LoadContext): unknown {
  return unsafeCast<Loader<unknown>>(loader)(context);
}
