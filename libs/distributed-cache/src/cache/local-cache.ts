import { setMaxListeners } from 'node:events';
import type { Clock } from '../common/clock.js';
import { detached } from '../common/detached.js';
import { ignoreRejection } from '../common/ignore-rejection.js';
import type { CacheLogger } from '../common/logger.js';
import { Operations } from '../common/operations.js';
import { traced, type CacheTrace } from '../common/tracing-channels.js';
import { Coherence, type CoherenceState, type LocalCopies } from '../coherence/coherence.js';
import type { FlushReason } from '../coherence/follow/log-follower.js';
import { EVICTED_ALONE, EVICTED_LATER, type Evicted } from '../coherence/publish/evicted.js';
import { CacheClosedError, InvalidOptionsError } from '../errors.js';
import { EVERYTHING, invalidationOf, type Invalidation, type InvalidationTarget } from '../protocol/invalidation.js';
import type { Question } from '../protocol/question.js';
import { isTraceparent } from '../protocol/invalidation-message.js';
import type { Entry } from '../store/entry.js';
import { Answers } from './answers.js';
import { Audits } from './auditing/audits.js';
import { Copies } from './copies.js';
import { DelayedReevictions } from './delayed-reevictions.js';
import { EventEmitter, type CacheEvents } from './events.js';
import { timeoutOf, warningAboutTimeout, type EvictOptions } from './everywhere.js';
import type { Hold } from './holding/hold.js';
import { Holds } from './holding/holds.js';
import { Executions } from './loading/execution.js';
import type { LoadRecipe } from './loading/load-request.js';
import { Loads } from './loading/loads.js';
import { BackgroundLoads } from './policies/background-loads.js';
import { Care } from './policies/care.js';
import { Refreshes } from './policies/refreshes.js';
import { SpreadReloads } from './policies/spread-reloads.js';
import type { RegionState } from './region-state.js';
import { memberOf, type CacheSettings } from './settings.js';
import { evictTraceOf, evictTracing, type EvictTrace } from './tracing.js';

/**
 * One instance's cache: what `DistributedCache` and `Region` stand on.
 *
 * # Who owns whom
 *
 * ```
 * DistributedCache, Region         the public API; they hold no state
 * └─ LocalCache
 *    ├─ Copies                     one copy: may it be served, is a value kept, why is it removed
 *    │  ├─ Regions                 the regions by name, without those that hold nothing when there are many
 *    │  └─ LocalStore              all copies: regions, tags, bounds (store/)
 *    ├─ Loads                      the running loads: join, fence, store the result
 *    │  └─ CurrentLoads            those that an invalidation would fence, by region, key and tag
 *    ├─ BackgroundLoads            loads that no reader asked for (policies/)
 *    ├─ Refreshes                  loads again what an invalidation removed, for `refreshOnInvalidate` (policies/)
 *    ├─ Audits                     looks for evictions that the application forgot (auditing/)
 *    ├─ SpreadReloads              loads again what is read, before the lease ends, while there is no news (policies/)
 *    ├─ Executions                 which load or put the running code belongs to
 *    ├─ Holds                      which `holdEvictions` the running code belongs to, and what is gathered there (holding/)
 *    ├─ Coherence                  the other instances (coherence/): what is evicted here and there, and the lease
 *    ├─ DelayedReevictions         evicts a second time, for `reevictAfter`
 *    ├─ EventEmitter               `cache.on(…)`
 *    └─ Operations                 the course of loads and puts at `debug`
 * ```
 *
 * `Copies` asks the lease of `Coherence` before it serves. `Loads` asks the applied invalidations of `Coherence` before it stores a result
 * through `Copies`. `Coherence` knows of none of them: it calls {@link applyInvalidation} and {@link flush}.
 *
 * # A read
 *
 * `Region` looks for a fresh copy (`Copies.hit`), and then, where a load policy allows it, for an expired one (`Copies.staleHit`). Without
 * one it counts a miss and `readMissed` (loading/read.ts) joins the load that runs, or starts one; `Loads` stores the result through `Copies`, unless an invalidation has covered it since the loader was called.
 *
 * # An eviction
 *
 * Every caller comes to {@link evict}. It takes effect here at once, synchronously: recorded for the loads and puts that run, then removed
 * from the copies. Only then `Coherence` publishes it.
 * Inside `holdEvictions` it is gathered instead, and comes here again when that has ended.
 *
 * # An invalidation of another instance
 *
 * `Coherence` has recorded it when it calls {@link applyInvalidation}. From there nothing leads to the publisher, so no instance can
 * repeat what it receives.
 *
 * @internal
 */
export class LocalCache implements LocalCopies {
  readonly settings: CacheSettings;
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly copies: Copies;
  readonly events: EventEmitter;
  readonly executions: Executions;
  readonly holds: Holds;
  readonly loads: Loads;
  readonly background: BackgroundLoads;
  readonly audits: Audits;
  /** Logs the course of loads and puts at `debug`. */
  readonly operations: Operations;
  /** What tells this cache from others in what is traced. */
  readonly identity: Pick<CacheTrace, 'namespace' | 'instanceId'>;
  readonly #answers = new Answers(this);
  readonly #delayedReevictions: DelayedReevictions;
  readonly #refreshes: Refreshes;
  readonly #spreadReloads: SpreadReloads;
  readonly #shutdown = new AbortController();
  readonly #logger: CacheLogger;
  #isClosed = false;
  #hasWarnedOfTimeout = false;

  constructor(settings: CacheSettings, instanceId: string, clock: Clock, logger: CacheLogger) {
    // Every loader may listen to it, and Node.js warns of a leak from eleven listeners on.
    setMaxListeners(0, this.#shutdown.signal);
    this.settings = settings;
    this.identity = { namespace: settings.namespace, instanceId };
    this.clock = clock;
    this.#logger = logger;
    this.events = new EventEmitter(logger);
    this.executions = new Executions(clock);
    this.holds = new Holds(clock);
    this.operations = new Operations(logger);
    this.coherence = new Coherence({ ...settings, member: memberOf(settings, instanceId) }, clock, this, logger);
    const { coherence, executions, events, holds, operations } = this;
    const policies = {
      regionOpened: (region: RegionState) => this.#spreadReloads.opened(region),
      regionReleased: (region: RegionState) => this.#spreadReloads.released(region),
      refreshAhead: (region: RegionState, entry: Entry) => this.#refreshAhead(region, entry),
      refreshOnInvalidate: (region: RegionState, entry: Entry) => this.#refreshes.removed(region, entry),
    };
    this.copies = new Copies({ settings, clock, coherence, executions, events, holds, logger, policies });
    const { copies } = this;
    this.loads = new Loads({ clock, coherence, copies, regions: copies, executions, events, operations });
    this.background = new BackgroundLoads(this.loads, clock, (callback) =>
      executions.outside(() => holds.outside(callback)),
    );
    this.#refreshes = new Refreshes(clock, coherence.applied, copies, this.background);
    const { background, loads } = this;
    this.audits = new Audits({ settings, clock, coherence, holds, loads, background, events, logger });
    this.#spreadReloads = new SpreadReloads(clock, settings.maxStaleness, coherence.lease, this.background);
    this.#delayedReevictions = new DelayedReevictions(settings, clock, (targets) => {
      this.#applyOwn(targets);
      void ignoreRejection(coherence.publish(targets));
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Aborted when the cache is shut down. */
  get shutdownSignal(): AbortSignal {
    return this.#shutdown.signal;
  }

  /**
   * The one way of every eviction: takes effect on this instance before it returns, then reaches the others.
   *
   * @returns a promise that settles once the log has the invalidation; with `everywhere`, once no instance can serve the old value
   * @throws {CacheClosedError} as a rejection, after {@link close}
   * @throws {InvalidOptionsError} when the timeout of `everywhere` is not allowed, or when it is used in a hold; nothing is evicted then
   */
  evict(targets: readonly InvalidationTarget[], options?: EvictOptions): Promise<Evicted> {
    const hold = this.#isClosed ? undefined : this.holds.current;
    return hold ? gatherIn(hold, targets, options) : this.evictNow(targets, options);
  }

  /** As {@link evict}, also inside of a hold. */
  evictNow(targets: readonly InvalidationTarget[], options?: EvictOptions): Promise<Evicted> {
    return this.#traced(targets, options, false);
  }

  /**
   * As {@link evictNow}, but the copies stay: the caller puts other values in their place, or removes them, before anything else happens.
   * To remove them and to add others would take longer.
   */
  evictReplaced(targets: readonly InvalidationTarget[]): Promise<Evicted> {
    return this.#traced(targets, undefined, true);
  }

  /** A read was served an entry of a region that is watched; `recipe` is how it would have loaded the entry. */
  watchHit(region: RegionState, key: string, recipe: LoadRecipe): void {
    // A loader that runs in a transaction must not be called after it.
    if (this.holds.current) return;
    if (region.settings.audit || region.settings.remembersLoaders) this.audits.hit(region, key, recipe);
    this.#spreadReloads.hit(region, key, recipe);
  }

  /** Evicts and stores several things as one: nothing of the application runs in between, since listeners hear of it afterwards. */
  asOne<T>(change: () => T): T {
    this.events.hold();
    try {
      return change();
    } finally {
      this.events.release();
    }
  }

  applyInvalidation(invalidation: Invalidation, from: string): void {
    this.#drop(invalidation);
    if (this.events.hears.invalidation) this.#announce('invalidation', { from, invalidation });
  }

  flush(reason: FlushReason): void {
    this.#drop(EVERYTHING);
    if (this.events.hears.flush) this.#announce('flush', { flushes: this.coherence.counts.flushes, reason });
  }

  silenceChanged(isSilent: boolean): void {
    if (isSilent) this.#spreadReloads.begin(this.copies.regions());
    else this.#spreadReloads.end();
  }

  stateChanged(state: CoherenceState, previous: CoherenceState): void {
    if (this.events.hears.state) this.#announce('state', { state, previous });
  }

  answerTo(question: Question): object | undefined {
    return this.#answers.to(question);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#answers.close();
    // It stops serving first: after it has left, no other instance tells it what changes.
    this.#isClosed = true;
    this.copies.close();
    this.#refreshes.close();
    this.#spreadReloads.end();
    this.holds.drop(EVERYTHING);
    this.audits.close();
    this.#delayedReevictions.now();
    await Promise.all([this.coherence.stop(), this.background.close(this.settings.drainTimeout)]);
    this.#shutdown.abort();
  }

  #refreshAhead(region: RegionState, { key, care }: Entry): void {
    // Without the policy, the next load is due because one has failed, and readers start it once the entry has expired.
    if (!(care instanceof Care) || care.refreshAhead === undefined) return;
    // Asked here as well: until the load has ended, every hit comes this way.
    if (!this.background.hasRoom || this.loads.isLoading(region, key)) return;
    const { recipe } = care;
    if (recipe) void this.background.start(region, [key], recipe.source(region, key));
  }

  /** Once: it is written in the code. */
  #warnOfShort(timeout: number): void {
    if (this.#hasWarnedOfTimeout || this.coherence.state === 'local') return;
    const warning = warningAboutTimeout(timeout, this.settings.maxStaleness);
    if (warning === undefined) return;
    this.#hasWarnedOfTimeout = true;
    this.#logger.warn(warning);
  }

  #traced(
    targets: readonly InvalidationTarget[],
    options: EvictOptions | undefined,
    areReplaced: boolean,
  ): Promise<Evicted> {
    if (!evictTracing.hasSubscribers) return this.#evictNow(targets, options, areReplaced);
    const trace = evictTraceOf(this.identity, targets, options);
    return traced(
      evictTracing,
      trace,
      () => this.#evictNow(targets, options, areReplaced, trace),
      ({ delivered, instances }) => Object.assign(trace, { delivered, instances }),
    );
  }

  #evictNow(
    targets: readonly InvalidationTarget[],
    options: EvictOptions | undefined,
    areReplaced: boolean,
    trace?: EvictTrace,
  ): Promise<Evicted> {
    if (this.#isClosed) return Promise.reject(this.#closedError());
    const timeout = options?.everywhere ? timeoutOf(options.everywhere, this.settings) : undefined;
    if (timeout !== undefined) this.#warnOfShort(timeout);
    if (targets.length === 0) return Promise.resolve(EVICTED_ALONE);
    this.#delayedReevictions.later(targets);
    this.#applyOwn(targets, areReplaced);
    const given: unknown = this.settings.tracePropagation ? trace?.traceparent : undefined;
    // A listener has put it there. Anything else would go into the log, or could not be written at all.
    const traceparent = isTraceparent(given) ? given : undefined;
    return timeout === undefined
      ? this.coherence.publish(targets, traceparent)
      : this.coherence.publishEverywhere(targets, timeout, traceparent);
  }

  #applyOwn(targets: readonly InvalidationTarget[], areReplaced = false): void {
    const invalidation = invalidationOf(targets);
    this.coherence.applied.record(invalidation, true);
    this.loads.applyInvalidation(invalidation);
    if (!areReplaced) this.copies.drop(invalidation);
    this.holds.drop(invalidation);
    if (this.events.hears.evict) this.events.emit('evict', { invalidation });
  }

  /** What no call on this instance has brought about is not told in the context of one: its eviction may have lost the link, for example. */
  #announce<E extends 'invalidation' | 'flush' | 'state'>(event: E, details: CacheEvents[E]): void {
    detached(() => this.events.emit(event, details));
  }

  #drop(invalidation: Invalidation): void {
    this.loads.applyInvalidation(invalidation);
    this.copies.drop(invalidation);
    this.holds.drop(invalidation);
  }

  #closedError(): CacheClosedError {
    return new CacheClosedError(
      `Cache '${this.settings.namespace}' was shut down, so this eviction cannot reach the other instances. ` +
        `Finish work that changes data before the application closes (enableShutdownHooks() does, for requests).`,
    );
  }
}

/** The promise settles at once: whoever waits for the delivery inside of a hold would wait for the end of the hold. */
function gatherIn(
  hold: Hold,
  targets: readonly InvalidationTarget[],
  options: EvictOptions | undefined,
): Promise<Evicted> {
  if (options?.everywhere) {
    return Promise.reject(
      new InvalidOptionsError(
        `everywhere: not allowed inside holdEvictions() or @HoldEvictions(), where an eviction waits until the function has ended, and so ` +
          `cannot be confirmed in it. Nothing was evicted. Evict after the commit: ` +
          `await cache.holdEvictions(…); await region.evict(key, { everywhere: true }).`,
      ),
    );
  }
  if (targets.length > 0) hold.gather(targets);
  return Promise.resolve(EVICTED_LATER);
}
