import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { pid } from 'node:process';
import type { Cache } from 'cache-manager';
import { systemClock, type Clock } from '../common/clock.js';
import { OWN_LOCATION, processWide, SHARED_VERSION } from '../common/copies-of-the-library.js';
import { noopLogger, type CacheLogger } from '../common/logger.js';
import type { Evicted } from '../coherence/publish/evicted.js';
import { canonicalName } from '../keys/canonical-key.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import type { InvalidationBridge } from '../protocol/invalidation-bridge.js';
import type { Question } from '../protocol/question.js';
import { figuresOf, type CacheFigures } from './figures/cache-figures.js';
import { healthOf, type CacheHealth } from './health.js';
import { createCacheManager } from './cache-manager/cache-manager.js';
import type { CacheEvents, CacheListener } from './events.js';
import type { EvictOptions } from './everywhere.js';
import { holdEvictions, type HeldOutcome } from './holding/hold-evictions.js';
import { resultOnceDelivered, runPut, type PutOutcome, type PutPlan } from './loading/put.js';
import { LocalCache } from './local-cache.js';
import { Region } from './region.js';
import type { CacheSettings } from './settings.js';
import { statsOf, statusOf, type CacheStatus } from './status.js';
import type { CacheStats } from './stats.js';
import { canonicalTags } from './store-options.js';

/** What a {@link DistributedCache} is created with, beside its settings. @internal */
export interface DistributedCacheParts {
  readonly clock?: Clock | undefined;
  readonly logger?: CacheLogger | undefined;
}

/**
 * The cache: local copies in the memory of this instance, kept coherent with those of the other instances.
 *
 * @publicApi
 */
export class DistributedCache {
  readonly #cache: LocalCache;
  readonly #instanceId = newInstanceId();
  #cacheManager: Cache | undefined;
  #mustConnect = false;

  /** Created by the module. @internal */
  constructor(settings: CacheSettings, { clock = systemClock, logger = noopLogger }: DistributedCacheParts = {}) {
    this.#cache = new LocalCache(settings, this.#instanceId, clock, logger);
    CACHES.set(this, { version: SHARED_VERSION, location: OWN_LOCATION });
  }

  /** In ms. @internal */
  get maxStaleness(): number {
    return this.#cache.settings.maxStaleness;
  }

  /** Whether the cache was shut down. @internal */
  get isClosed(): boolean {
    return this.#cache.isClosed;
  }

  /**
   * The region of this name; created on first use.
   *
   * @throws {InvalidKeyError} when `name` is empty or not a string
   */
  region<V = unknown>(name: string): Region<V> {
    return new Region<V>(this.#cache, this.#cache.copies.region(canonicalName('region', name)));
  }

  /**
   * Evicts every entry that carries one of the tags, in all regions, here and in every other instance, as `region.evict()` does.
   *
   * @throws {InvalidKeyError} when a tag is empty or not a string; nothing is evicted then
   */
  async evictTags(tags: string | readonly string[], options?: EvictOptions): Promise<Evicted> {
    return this.#cache.evict(
      canonicalTags(tags).map((tag) => ({ kind: 'tag', tag })),
      options,
    );
  }

  /** Evicts everything in this namespace, here and in every other instance, as `region.evict()` does; never another namespace. */
  async clear(options?: EvictOptions): Promise<Evicted> {
    return this.#cache.evict([{ kind: 'everything' }], options);
  }

  /**
   * Runs `fn`, which as a rule runs a transaction, and gathers what is evicted and put inside, in whatever async code `fn` starts and
   * awaits. When `fn` resolves, all of that takes effect as one, here and in every other instance. When it rejects, nothing does.
   *
   * ```ts
   * await cache.holdEvictions(() =>
   *   dataSource.transaction(async (manager) => {
   *     await manager.update(Product, id, change);
   *     await cache.region('products').evict(id);
   *   }),
   * );
   * ```
   *
   * - Inside, `evict()` resolves at once, with `delivered: false`: it is delivered when `fn` has ended. A `set`, `update` or `@CachePut`
   *   does not wait for its delivery either.
   * - What is evicted inside is not served inside: a read of it loads, and stores nothing. Other readers get the old value until the end.
   * - What is loaded inside is shared with nobody outside, and becomes a copy of this instance only when `fn` resolves: it may be made of
   *   what is never committed.
   * - Calls inside of `fn` join it. When such a call rejects, its puts are dropped, and its evictions stay: evicting too much does no harm.
   * - A promise that outlives `fn` evicts at once.
   *
   * The promise settles, with the result of `fn`, when the log has the evictions, as that of `region.evict()` does. docs/transactions.md
   * has recipes.
   *
   * @throws what `fn` throws, as a rejection
   * @throws {InvalidOptionsError} inside, from an eviction with `everywhere`, which cannot be confirmed there; evict after the commit
   * @throws {InvalidationNotDeliveredError} with `onUndelivered: 'throw'`: `fn` **has** succeeded, the error carries its result
   * @throws {CacheClosedError} when the cache was shut down meanwhile and something was evicted inside; the error carries the result
   */
  async holdEvictions<R>(fn: () => R | PromiseLike<R>): Promise<R> {
    const { result, delivered } = await this.hold(fn);
    return resultOnceDelivered(result, delivered);
  }

  /** Whether the running code is inside {@link holdEvictions} of this cache, or in a method with `@HoldEvictions()`. */
  get isHoldingEvictions(): boolean {
    return this.#cache.holds.current !== undefined;
  }

  /** How the cache is at this moment: connected or not, its lease, its outbox, its peers. */
  status(): CacheStatus {
    return statusOf(this.#cache);
  }

  /** What has been counted since the cache was started, region by region and of the bridge. */
  stats(): CacheStats {
    return statsOf(this.#cache);
  }

  /**
   * What a health check should say of this cache. While the first sync has not been awaited for a second yet, an instance is `'degraded'`,
   * too: it serves, and stores nothing.
   */
  health(): CacheHealth {
    const { state, leaseAge, outbox } = this.status();
    const isAwaited = this.#mustConnect && !this.#cache.coherence.firstSync.hasSucceeded;
    return {
      status: healthOf(state, isAwaited),
      state,
      leaseAge: leaseAge === null ? null : Math.round(leaseAge),
      outbox,
    };
  }

  /** What metrics show beside {@link status} and {@link stats}. @internal */
  figures(): CacheFigures {
    return figuresOf(this.#cache);
  }

  /** What this instance says of itself, whoever may ask it over the network; `undefined`: nothing. @internal */
  answer(question: Question): object | undefined {
    return this.#cache.answerTo(question);
  }

  /** Calls `listener` for every such event. Returns a function that removes the listener. */
  on<E extends keyof CacheEvents>(event: E, listener: CacheListener<E>): () => void {
    return this.#cache.events.on(event, listener);
  }

  /**
   * This cache as a `Cache` of cache-manager, on region `'default'`: `get` and `set` are local, `wrap` is `getOrLoad`, and `del`, `mdel`
   * and `clear` reach every instance.
   */
  get cacheManager(): Cache {
    return (this.#cacheManager ??= createCacheManager(this.#cache, this.region('default')));
  }

  /**
   * Runs a method that changes the source of truth. The entries that `planOf` makes of its result are evicted everywhere, and stored here
   * unless something that covers them was invalidated since the method started.
   *
   * @internal
   */
  runPut<R>(method: () => R | PromiseLike<R>, planOf: (result: R) => PutPlan): Promise<PutOutcome<R>> {
    return runPut(this.#cache, method, planOf);
  }

  /**
   * As {@link holdEvictions}, without waiting for the delivery.
   *
   * @param isIndependent - joins no hold around it: its transaction is committed by itself
   *
   * @internal
   */
  hold<R>(fn: () => R | PromiseLike<R>, isIndependent?: boolean): Promise<HeldOutcome<R>> {
    return holdEvictions(this.#cache, fn, isIndependent);
  }

  /** Evicts several things as one: nothing of the application runs in between. @internal */
  asOne<T>(change: () => T): T {
    return this.#cache.asOne(change);
  }

  /** Evicts canonical targets, as `region.evict()` does. @internal */
  async evictTargets(targets: readonly InvalidationTarget[], options?: EvictOptions): Promise<Evicted> {
    return this.#cache.evict(targets, options);
  }

  /**
   * Starts to keep the copies coherent through `bridge`; without one, in local mode.
   *
   * @param mustConnect - whether the application does not start before the first sync
   *
   * @internal
   */
  start(bridge?: InvalidationBridge, commandTimeout?: number, mustConnect = false): void {
    this.#mustConnect = mustConnect;
    this.#cache.coherence.start(bridge, commandTimeout);
  }

  /** Resolves with the first sync; rejects with the last failure after `tries` failed attempts. @internal */
  firstSync(tries: number): Promise<void> {
    return this.#cache.coherence.firstSync.wait(tries);
  }

  /** Why the last attempt at the first sync has failed; `undefined`: none has, or it has succeeded since. @internal */
  get firstSyncFailure(): Error | undefined {
    return this.#cache.coherence.firstSync.lastFailure;
  }

  /** What the server has refused last; `undefined`: since then it has taken all there was, or it never refused anything. @internal */
  get refusal(): Error | undefined {
    return this.#cache.coherence.refusal;
  }

  /** Stops serving, delivers the outbox, and leaves the list of members. @internal */
  close(): Promise<void> {
    return this.#cache.close();
  }
}

/** Which copy of the library has made a cache. @internal */
export interface Brand {
  /** Of what the copies share. */
  readonly version: number;
  readonly location: string;
}

/** The caches of all copies of the library in this process. Not a property of the cache: a proxy or a mock would have that as well. */
const CACHES = processWide('caches', () => new WeakMap<object, Brand>());

/** @returns `undefined`: `value` is no cache of any copy of the library @internal */
export function brandOf(value: unknown): Brand | undefined {
  return typeof value === 'object' && value !== null ? CACHES.get(value) : undefined;
}

/** Whether `value` is a real cache, of this copy of the library or of one like it. @internal */
export function isDistributedCache(value: unknown): value is DistributedCache {
  return brandOf(value)?.version === SHARED_VERSION;
}

/** `<host>:<pid>:<random>`: readable in a log line, and never the same twice. */
function newInstanceId(): string {
  return `${hostname()}:${pid}:${randomBytes(4).toString('hex')}`;
}
