import type { Clock } from '../../common/clock.js';
import { detached } from '../../common/detached.js';
import { errorFrom } from '../../common/error-from.js';
import type { Operations } from '../../common/operations.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Coherence, ServedIn } from '../../coherence/coherence.js';
import type { Invalidation } from '../../protocol/invalidation.js';
import type { Copies } from '../copies.js';
import type { EventEmitter } from '../events.js';
import type { RegionState } from '../region-state.js';
import type { KnownRegions } from '../regions.js';
import { LoadTimeoutError } from '../../errors.js';
import { refuseUncacheable } from '../uncacheable.js';
import { CurrentLoads } from './current-loads.js';
import { Execution, type Executions } from './execution.js';
import type { LoadRequest, LoadSource } from './load-request.js';
import { Load, type Flight } from './load.js';
import { waitUntil } from './patience.js';

/** After this many fenced loads of one key in a row, readers take turns: the next load starts when the running one has ended. */
const MAX_FENCED = 3;

/** In 'bypass' while the lease is over, this many loads of one key run at once; then readers take turns, too. */
const MOST_BYPASSING = 2;

/** How long a load waits for its turn, in ms: a load that hangs must not hold up the others for ever. */
const LONGEST_TURN = 1_000;

/** The parts of a cache that loads work with. @internal */
export interface LoadsParts {
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly copies: Pick<Copies, 'prepared' | 'keep' | 'supersede' | 'loadFailed'>;
  /** Those in which the loads run. */
  readonly regions: KnownRegions;
  readonly executions: Executions;
  readonly events: EventEmitter;
  readonly operations: Operations;
}

/** What a load has given that was made to compare its result. @internal */
export interface ResultToCompare {
  readonly value: unknown;
  /** Whether the loader was served something that was loaded before it was called. */
  readonly isMadeOfCopies: boolean;
}

/**
 * Single flight: at most one joinable load per key. Decides whether a reader may join a load, whether a reader may be given its result,
 * and whether the result may be stored.
 *
 * @internal
 */
export class Loads {
  readonly #parts: LoadsParts;
  readonly #current: CurrentLoads;

  constructor(parts: LoadsParts) {
    this.#parts = parts;
    this.#current = new CurrentLoads(parts.regions);
  }

  /**
   * The load of this key that a reader may join; `undefined`: the reader has to start one. `'uncoordinated'`: the reader runs inside the
   * execution `current`, and joining would make that execution wait for itself for ever, so it has to call its loader and share nothing.
   */
  joinableFrom(current: Execution | undefined, region: RegionState, key: string): Load | 'uncoordinated' | undefined {
    if (!current) return this.#joinable(region, key);
    if (current.isLoading(region, key)) return 'uncoordinated';
    const load = this.#joinable(region, key);
    return load?.execution.awaits(current) ? 'uncoordinated' : load;
  }

  /** The outcome of a load that the reader itself has started inside the execution `current`. */
  outcomeOf(load: Load, current: Execution | undefined): Promise<unknown> {
    return current ? current.waitFor(load, load.outcome) : load.outcome;
  }

  /**
   * Whether a reader may be given the result of a load that has ended, which is then noted as served to `current`. If not, the load was
   * fenced before the reader asked, and the reader has to load again.
   *
   * @param askedAt - the number of the newest applied invalidation when the reader asked
   * @param askedIn - the group of invalidations that was open then
   */
  accepts(
    { fencedAt, loadedAt, madeSince }: Load,
    askedAt: number,
    askedIn: ServedIn | undefined,
    current: Execution | undefined,
  ): boolean {
    if (fencedAt !== undefined && fencedAt <= askedAt) return false;
    if (!current) return true;
    current.noteStaleAsOf(loadedAt);
    current.noteMadeOf(madeSince);
    // It may be, or be made of, what a later part of the group evicts.
    current.noteServedIn(askedIn);
    return true;
  }

  /** Whether a load of the key runs that a reader may join. */
  isLoading(region: RegionState, key: string): boolean {
    return region.flights.get(key)?.joinable !== undefined;
  }

  start(region: RegionState, key: string, request: LoadRequest, { isBackground = false } = {}): Load {
    const flight = this.#flight(region, key);
    const now = this.#parts.clock.now();
    const execution = request.execution ?? new Execution(now, this.#parts.executions.current, region, key);
    const operation = this.#parts.operations.begin('load');
    const load = new Load(region, flight, execution, request, operation, isBackground);
    const previous = this.#waitsForTurn(flight, region, now) ? flight.latest : undefined;
    flight.latest = load;
    flight.running += 1;
    if (previous) load.operation?.step('Load waits for its turn', { region: region.name, fenced: flight.fenced });
    const outcome = previous
      ? this.#turnAfter(previous).then(() => this.#run(load, region, key, request, this.#parts.clock.now()))
      : this.#run(load, region, key, request, now);
    load.outcome = this.#limited(outcome, load, region, key, request);
    // Only now: a loader that reads its own key while it is called would wait for itself. A load that failed at once is not current.
    if (load.isCurrent) flight.joinable = load;
    return load;
  }

  /**
   * A reader has waited for as long as its `loadTimeout` allows. Nobody joins the load any more, unless it is younger than that: then it was
   * not the load that took so long.
   *
   * @returns what the reader gets
   */
  outwaited(load: Load, region: RegionState, key: string, { policy, where }: LoadSource): LoadTimeoutError {
    const error = tooSlow(where, policy.loadTimeout);
    const { startedAt } = load.execution;
    if (this.#since(startedAt) >= policy.loadTimeout) {
      this.#leaveToItself(load);
      this.#parts.copies.loadFailed(region, key, policy);
      this.#countFailure(load, region, key, startedAt, error);
    }
    return error;
  }

  /** Calls a loader whose result is neither shared nor stored. @param giveUpAt - until when its reader waits (monotonic ms) */
  async uncoordinated(region: RegionState, key: string, source: LoadSource, giveUpAt: number): Promise<unknown> {
    const { clock, copies } = this.#parts;
    const { policy, where } = source;
    const startedAt = clock.now();
    region.stats.loads += 1;
    const load = source.uncoordinated(key);
    const outcome = (async () => load.call())().finally(() => load.ended?.());
    try {
      const value = await waitUntil(giveUpAt, outcome, clock, () => {
        const error = tooSlow(where, policy.loadTimeout);
        load.abort?.(error);
        return error;
      });
      this.#loaded(region, key, startedAt, false);
      return value;
    } catch (error) {
      copies.loadFailed(region, key, policy);
      this.#failed(region, key, startedAt, error, false);
      throw error;
    }
  }

  /**
   * Calls a loader to compare its result, which nobody is given and which is not stored. It runs in the background, outside of every other
   * execution. Readers of the key neither wait for it nor hear of its failure.
   */
  async toCompare(region: RegionState, key: string, request: LoadRequest): Promise<ResultToCompare> {
    const { clock, executions } = this.#parts;
    const startedAt = clock.now();
    const execution = request.execution ?? new Execution(startedAt, undefined, region, key);
    const { loadTimeout } = request.policy;
    region.stats.loads += 1;
    try {
      const call = (async (): Promise<unknown> => request.call(execution))();
      const tooLate = (): Error => {
        const error = tooSlow(request.where, loadTimeout);
        request.abort?.(error);
        return error;
      };
      const result = await waitUntil(startedAt + loadTimeout, call, clock, tooLate);
      const value = request.valueIn ? request.valueIn(result) : result;
      this.#loaded(region, key, startedAt, true);
      return { value, isMadeOfCopies: execution.madeSince < execution.startedAt };
    } catch (error) {
      this.#failed(region, key, startedAt, error, true);
      throw error;
    } finally {
      executions.end(execution);
    }
  }

  /** Fences the running loads that `invalidation` covers: nobody joins them any more and their results are not stored. */
  applyInvalidation(invalidation: Invalidation): void {
    this.#current.applyInvalidation(invalidation);
  }

  #joinable(region: RegionState, key: string): Load | undefined {
    const flight = region.flights.get(key);
    const load = flight?.joinable;
    if (!flight || !load) return undefined;
    if (load.mark && !this.#mayJoin(load, region, this.#parts.clock.now())) {
      load.operation?.step('Load abandoned: it began too long ago to be joined', { region: region.name });
      this.#current.abandon(load);
      return undefined;
    }
    return load;
  }

  #mayJoin({ execution }: Load, region: RegionState, now: number): boolean {
    const { lease } = this.#parts.coherence;
    const { whenDisconnected } = region.settings;
    const { loadedAtSoFar, servedIn } = execution;
    const inOpenGroup = servedIn.find(({ group }) => group.endedAt === undefined);
    // A sync inside the group vouches for the copies that are left, not for one that the load was served and a part has evicted since.
    return inOpenGroup
      ? lease.mayServeSince(inOpenGroup.syncedAt, loadedAtSoFar, now, whenDisconnected)
      : lease.mayServe(loadedAtSoFar, now, whenDisconnected);
  }

  /**
   * Whether the next load of the key begins only when the last one has ended. Readers that may not join the last one then share the next:
   * it begins after they asked.
   */
  #waitsForTurn({ latest, fenced, running }: Flight, { settings }: RegionState, now: number): boolean {
    // A loader that is being called reads its own key where nobody can see that it does.
    if (!latest?.hasOutcome) return false;
    if (fenced >= MAX_FENCED) return true;
    // In 'bypass', nobody may join a load that has begun, and all readers would load at once.
    const { lease } = this.#parts.coherence;
    return running >= MOST_BYPASSING && settings.whenDisconnected === 'bypass' && !lease.isLive(now);
  }

  /** Not `async`: that makes more promises, and a promise is expensive while a loader runs and Node.js follows its context. */
  #run(load: Load, region: RegionState, key: string, request: LoadRequest, startedAt: number): Promise<unknown> {
    const mark = this.#parts.coherence.applied.begin();
    load.mark = mark;
    // It may have timed out while it waited for its turn.
    if (load.isCurrent) this.#current.add(load);
    load.operation?.step('Load started', { region: region.name });
    region.stats.loads += 1;
    const succeed = (result: unknown): unknown => {
      try {
        return this.#succeeded(load, region, key, mark, request, startedAt, result);
      } finally {
        this.#end(load, region, mark, request);
      }
    };
    const fail = (error: unknown): never => {
      try {
        this.#loaderFailed(load, region, key, request, startedAt, error);
      } finally {
        this.#end(load, region, mark, request);
      }
      throw error;
    };
    try {
      return promiseOf(request.call(load.execution)).then(succeed, fail);
    } catch (error) {
      return new Promise(() => fail(error));
    }
  }

  #succeeded(
    load: Load,
    region: RegionState,
    key: string,
    mark: AppliedMark,
    request: LoadRequest,
    startedAt: number,
    result: unknown,
  ): unknown {
    let value = result;
    try {
      if (request.valueIn) value = request.valueIn(result);
    } catch (error) {
      this.#loaderFailed(load, region, key, request, startedAt, error);
      throw error;
    }
    this.#loaded(region, key, startedAt, load.isBackground);
    try {
      this.#settle(load, region, key, mark, request, value);
      return value;
    } catch (error) {
      if (load.isBackground) {
        // No reader sees that the result is no value. Readers that have joined do, whatever their policy.
        this.#parts.copies.loadFailed(region, key, request.policy);
        this.#countFailure(load, region, key, startedAt, error);
      }
      throw error;
    }
  }

  #loaderFailed(
    load: Load,
    region: RegionState,
    key: string,
    request: LoadRequest,
    startedAt: number,
    error: unknown,
  ): void {
    load.operation?.step('Load failed', { region: region.name, error: errorFrom(error).name });
    this.#loadFailed(load, region, key, request, startedAt, error);
  }

  #end(load: Load, region: RegionState, mark: AppliedMark, request: LoadRequest): void {
    const { coherence, executions } = this.#parts;
    const { flight } = load;
    coherence.applied.end(mark);
    executions.end(load.execution);
    request.ended?.();
    this.#current.abandon(load);
    flight.running -= 1;
    if (flight.running === 0) region.flights.remove(flight);
  }

  /** The outcome of a load for its readers, who wait no longer than `loadTimeout`. */
  #limited(
    outcome: Promise<unknown>,
    load: Load,
    region: RegionState,
    key: string,
    request: LoadRequest,
  ): Promise<unknown> {
    const { loadTimeout } = request.policy;
    if (loadTimeout === Infinity) return outcome;
    const { clock } = this.#parts;
    const startedAt = clock.now();
    load.timesOutAt = startedAt + loadTimeout;
    return waitUntil(load.timesOutAt, outcome, clock, () => {
      const error = tooSlow(request.where, loadTimeout);
      this.#timedOut(load, region, key, request, startedAt, error);
      return error;
    });
  }

  /** The next reader starts a new load. The result of this one is stored if it comes and nothing newer is there. */
  #timedOut(load: Load, region: RegionState, key: string, request: LoadRequest, startedAt: number, error: Error): void {
    load.operation?.step('Load timed out', { region: region.name });
    load.hasTimedOut = true;
    this.#leaveToItself(load);
    this.#loadFailed(load, region, key, request, startedAt, error);
    request.abort?.(error);
  }

  #leaveToItself(load: Load): void {
    load.isLate ||= load.isCurrent;
    this.#current.abandon(load);
  }

  #loadFailed(
    load: Load,
    region: RegionState,
    key: string,
    { policy }: LoadRequest,
    startedAt: number,
    error: unknown,
  ): void {
    // A load that has timed out may fail as well. A reader that gave it up before may have had another policy.
    if (!load.hasFailed) this.#parts.copies.loadFailed(region, key, policy);
    load.hasFailed = true;
    this.#countFailure(load, region, key, startedAt, error);
  }

  #countFailure(load: Load, region: RegionState, key: string, startedAt: number, error: unknown): void {
    if (load.isFailureCounted) return;
    load.isFailureCounted = true;
    this.#failed(region, key, startedAt, error, load.isBackground);
  }

  /** Stores the result, unless something that covers it was invalidated since the loader was called. */
  #settle(load: Load, region: RegionState, key: string, mark: AppliedMark, request: LoadRequest, value: unknown): void {
    const { copies, coherence } = this.#parts;
    const { loadedAt, madeSince, servedIn } = load.execution;
    const tags = request.tagsOf(value);
    const ttl = request.ttl(value);
    const isWanted = request.isStorable(value) && ttl !== 0;
    // Also when it is fenced: readers that came with it share it.
    if (isWanted) refuseUncacheable(value, request.where);
    const isStorable = isWanted && (load.isCurrent || isNewest(load, region, key));
    const { where, policy } = request;
    const toKeep = { key, value, loadedAt, ttl, tags, where, policy, load: request };
    const entry = isStorable ? copies.prepared(region, toKeep) : undefined;
    // Asked last, since each callback of the application may evict.
    const fencedAt = coherence.applied.overtakenAt(mark, region.name, key, tags, servedIn);
    if (fencedAt !== undefined) this.#current.fence(load);
    const isFenced = load.isFenced || fencedAt !== undefined;
    if (isFenced) region.stats.fenced += 1;
    const isNew = !isFenced && (load.isCurrent || isNewest(load, region, key));
    const isStored = isStorable && isNew;
    if (isStored) copies.keep(region, key, entry);
    else if (isNew && !isWanted) copies.supersede(region, key, loadedAt);
    if (load.isCurrent) load.flight.fenced = 0;
    load.operation?.step('Load ended', { region: region.name, isStored, isFenced });
    load.loadedAt = loadedAt;
    load.madeSince = madeSince;
    load.fencedAt = fencedAt;
  }

  #loaded({ name: region }: RegionState, key: string, startedAt: number, background: boolean): void {
    const { events } = this.#parts;
    if (events.hears.load)
      events.emit('load', { region, key, duration: this.#since(startedAt), ...marked(background) });
  }

  #failed(
    { name: region, stats }: RegionState,
    key: string,
    startedAt: number,
    error: unknown,
    background: boolean,
  ): void {
    stats.loadErrors += 1;
    const { events } = this.#parts;
    if (!events.hears.loadError) return;
    events.emit('loadError', { region, key, duration: this.#since(startedAt), ...marked(background), error });
  }

  #since(startedAt: number): number {
    return this.#parts.clock.now() - startedAt;
  }

  /** Resolves once `previous` has ended, or after {@link LONGEST_TURN}. */
  #turnAfter(previous: Load): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.schedule(resolve, LONGEST_TURN, { keepsAlive: true });
      const proceed = (): void => {
        cancel();
        resolve();
      };
      // A load that hangs must not hold the readers that have gone on without it.
      detached(() => void previous.outcome.then(proceed, proceed));
    });
  }

  #flight(region: RegionState, key: string): Flight {
    const known = region.flights.get(key);
    if (known) return known;
    const flight: Flight = { key, joinable: undefined, latest: undefined, running: 0, fenced: 0 };
    region.flights.add(flight);
    return flight;
  }
}

/** Whether a load that has timed out gives the newest value of its key all the same. */
function isNewest({ isLate, execution }: Load, { store }: RegionState, key: string): boolean {
  return isLate && (store.peek(key)?.loadedAt ?? Number.NEGATIVE_INFINITY) <= execution.loadedAt;
}

/** A promise to call `then` on. `await` asks no native promise for a `then` of its own, and neither does this. */
function promiseOf(result: unknown): Promise<unknown> {
  return result instanceof Promise && Object.hasOwn(result, 'then')
    ? (async () => await result)()
    : Promise.resolve(result);
}

function marked(background: boolean): { background?: true } {
  return background ? { background } : {};
}

/** What a reader gets that has waited for `loadTimeout` ms. */
function tooSlow(where: string, loadTimeout: number): LoadTimeoutError {
  return new LoadTimeoutError(
    `${where}: the load took longer than loadTimeout, which is ${loadTimeout} ms. Find out why the source is slow, or allow more time; ` +
      `with staleIfError, readers get the expired value instead.`,
  );
}
