import type { Evicted } from '../coherence/publish/evicted.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import type { LocalCache } from './local-cache.js';
import {
  loadMany,
  type BulkListOptions,
  type BulkLoadOptions,
  type BulkRequest,
  type BulkResult,
} from './loading/bulk-load.js';
import type { AnyEvictOptions, EvictEverywhereOptions, EvictOptions } from './everywhere.js';
import { heard, resultOnceDelivered } from './delivered-result.js';
import { canonicalKey, type CacheKey } from '../keys/canonical-key.js';
import type { LoadContext } from './loading/load-context.js';
import { runPut } from './loading/put.js';
import type { RegionState } from './region-state.js';
import { SingleLoad, type SingleRead } from './loading/single-load.js';
import { canonicalTags, isStorable, ttlOf, type StoreOptions } from './store-options.js';
import { unsafeCast } from '../common/unsafe-cast.js';
import { valueToServe } from './values.js';

/** @publicApi */
export type Loader<V> = (context: LoadContext<V>) => V | PromiseLike<V>;

/**
 * A named group of entries with its own settings. `cache.region(name)` gives it; it holds no state of its own, so it may be kept or
 * asked for again.
 *
 * @publicApi
 */
export class Region<V = unknown> {
  readonly #cache: LocalCache;
  readonly #state: RegionState;

  /** @internal */
  constructor(cache: LocalCache, state: RegionState) {
    this.#cache = cache;
    this.#state = state;
  }

  get name(): string {
    return this.#state.name;
  }

  /** @internal */
  get state(): RegionState {
    return this.#state;
  }

  /**
   * The cached value, or what `loader` gives, which is then cached. Readers that ask meanwhile wait for the same load. What the loader
   * throws is passed on and never cached.
   *
   * @throws {InvalidKeyError}
   */
  getOrLoad<T extends V = V>(key: CacheKey, loader: Loader<T>, options?: StoreOptions): Promise<T> {
    try {
      const canonical = canonicalKey(key);
      return unsafeCast(this.cached(canonical) ?? this.load(canonical, key, unsafeCast(loader), options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The value of a canonical key, or `undefined` where it is to be loaded. The way of every hit: nothing is allocated on it. @internal */
  cached(key: string): Promise<unknown> | undefined {
    const entry = this.#cache.servable(this.#state, key);
    return entry === undefined ? undefined : this.#cache.promisedHit(this.#state, entry);
  }

  /**
   * The values of `ids`, keyed by the ids as given; those that are not cached come from one call of `loader`. Ids that it does not give
   * are not in the map.
   *
   * @throws {InvalidOptionsError} when the loader's list has no `idOf`, or, with `idOf: 'position'`, another length; nothing is stored
   */
  getOrLoadMany<Id extends CacheKey, T extends V = V>(
    ids: Iterable<Id>,
    loader: (missing: Id[]) => Iterable<T> | PromiseLike<Iterable<T>>,
    options: BulkListOptions<T>,
  ): Promise<Map<Id, T>>;
  getOrLoadMany<Id extends CacheKey, T extends V = V>(
    ids: Iterable<Id>,
    loader: (missing: Id[]) => BulkResult<Id, T> | PromiseLike<BulkResult<Id, T>>,
    options?: BulkLoadOptions<T>,
  ): Promise<Map<Id, T>>;
  getOrLoadMany<Id extends CacheKey, T extends V>(
    ids: Iterable<Id>,
    loader: (missing: Id[]) => unknown,
    options?: BulkLoadOptions<T> & Partial<BulkListOptions<T>>,
  ): Promise<Map<Id, T>> {
    const request: BulkRequest = {
      ids,
      loader: unsafeCast(loader),
      idOf: unsafeCast(options?.idOf),
      options: unsafeCast(options),
    };
    return unsafeCast(loadMany(this.#cache, this.#state, request));
  }

  /** The cached value, or `undefined`; never loads. */
  get(key: CacheKey): Promise<V | undefined> {
    try {
      return Promise.resolve(this.getSync(key));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** The cached value, or `undefined`, synchronously. */
  getSync(key: CacheKey): V | undefined {
    const canonical = canonicalKey(key);
    const entry = this.#cache.servable(this.#state, canonical);
    if (entry !== undefined) return unsafeCast<V>(this.#cache.hit(this.#state, entry));
    this.#cache.miss(this.#state, canonical);
    return undefined;
  }

  /**
   * Stores a value that is true now, and evicts the key in every other instance. It cannot know whether the value was overtaken since
   * the caller read it: {@link update} can.
   */
  async set(key: CacheKey, value: V, options?: StoreOptions): Promise<void> {
    const canonical = canonicalKey(key);
    const ttl = ttlOf(options?.ttl, `Region '${this.name}'`);
    const tags = canonicalTags(options?.tags);
    const delivered = heard(this.#cache.evict([{ kind: 'key', region: this.name, key: canonical }]));
    if (isStorable(value, options)) {
      this.#cache.store(this.#state, canonical, value, this.#cache.clock.now(), ttl, tags);
    }
    await delivered;
  }

  /** Stores a value in this instance only, telling nobody. @internal */
  setLocally(key: CacheKey, value: V, ttl: number | undefined): void {
    this.#cache.store(this.#state, canonicalKey(key), value, this.#cache.clock.now(), ttl, []);
  }

  /**
   * Runs `method`, which changes the source of truth, evicts the key everywhere, and stores what it returned unless something that
   * covers the key was invalidated since it began.
   *
   * @throws {InvalidationNotDeliveredError} with `onUndelivered: 'throw'`: the method has succeeded, the error carries its result
   */
  async update<T extends V = V>(key: CacheKey, method: () => T | PromiseLike<T>, options?: StoreOptions): Promise<T> {
    const target = {
      region: this.#state,
      key: canonicalKey(key),
      ttl: ttlOf(options?.ttl, `Region '${this.name}'`),
      tags: canonicalTags(options?.tags),
    };
    const { result, delivered } = await runPut(this.#cache, method, (value) => [
      { ...target, isSkipped: !isStorable(value, options) },
    ]);
    return resultOnceDelivered(result, delivered);
  }

  /**
   * Evicts one key here and in every other instance, whether this one holds it or not. Settles once the log has the eviction; with
   * `everywhere`, once no instance can serve the old value.
   *
   * @throws {InvalidationNotDeliveredError} with `onUndelivered: 'throw'`
   * @throws {InvalidationNotConfirmedError} with `everywhere`, after its timeout, naming the instances that are missing
   */
  evict(key: CacheKey, options: EvictEverywhereOptions): Promise<Evicted>;
  evict(key: CacheKey, options?: EvictOptions): Promise<void>;
  evict(key: CacheKey, options?: AnyEvictOptions): Promise<Evicted | void>;
  evict(key: CacheKey, options?: AnyEvictOptions): Promise<Evicted | void> {
    // Not `async`: all who evict in one tick wait for one promise, and none of their own is made for each.
    try {
      return this.#cache.evictAs([this.#targetOf(key)], options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As {@link evict}, for several keys at once. */
  evictMany(keys: Iterable<CacheKey>, options: EvictEverywhereOptions): Promise<Evicted>;
  evictMany(keys: Iterable<CacheKey>, options?: EvictOptions): Promise<void>;
  evictMany(keys: Iterable<CacheKey>, options?: AnyEvictOptions): Promise<Evicted | void>;
  async evictMany(keys: Iterable<CacheKey>, options?: AnyEvictOptions): Promise<Evicted | void> {
    return this.#cache.evictAs(
      Array.from(keys, (key) => this.#targetOf(key)),
      options,
    );
  }

  /** Evicts everything in this region, here and in every other instance, as {@link evict} does. */
  clear(options: EvictEverywhereOptions): Promise<Evicted>;
  clear(options?: EvictOptions): Promise<void>;
  clear(options?: AnyEvictOptions): Promise<Evicted | void>;
  async clear(options?: AnyEvictOptions): Promise<Evicted | void> {
    return this.#cache.evictAs([{ kind: 'region', region: this.name }], options);
  }

  #targetOf(key: CacheKey): InvalidationTarget {
    return { kind: 'key', region: this.name, key: canonicalKey(key) };
  }

  /** Loads what {@link cached} has not found. @param givenKey - as the caller gave it @internal */
  async load(
    key: string,
    givenKey: CacheKey,
    loader: Loader<unknown>,
    options: StoreOptions | undefined,
  ): Promise<unknown> {
    const cache = this.#cache;
    const region = this.#state;
    const read: SingleRead = {
      cache,
      region,
      key,
      givenKey: typeof givenKey === 'string' ? givenKey : key,
      loader,
      options,
      // Asked first: to make the words for an error of it is a part of what a miss costs.
      ttl: options?.ttl === undefined ? undefined : ttlOf(options.ttl, `Region '${this.name}'`),
      tags: canonicalTags(options?.tags),
      previous: cache.miss(region, key),
    };
    const current = cache.executions.current;
    if (!cache.isServing) return new SingleLoad(read).uncoordinated();

    for (;;) {
      const request = new SingleLoad(read);
      // Before the loader is called: one that evicts its own key must not be sent to load again, and again.
      const askedAt = cache.coherence.applied.sequence;
      const running = cache.loads.joinableFrom(current, region, key);
      if (running === 'uncoordinated') return request.uncoordinated();
      const load = running ?? cache.loads.start(request);
      const outcome = await cache.loads.join(load, current);
      if (cache.loads.accepts(outcome, askedAt, current)) {
        return valueToServe(outcome.value, region.settings.values, region.name);
      }
    }
  }
}
