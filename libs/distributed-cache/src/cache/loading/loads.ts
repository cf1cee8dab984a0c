import type { Clock } from '../../common/clock.js';
import { errorFrom } from '../../common/error-from.js';
import type { Operations } from '../../common/operations.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Coherence } from '../../coherence/coherence.js';
import { covers, type Invalidation } from '../../protocol/invalidation.js';
import type { Copies } from '../copies.js';
import type { EventEmitter } from '../events.js';
import type { RegionState } from '../region-state.js';
import { Execution, type Executions } from './execution.js';
import { Load, type Flight, type LoadOutcome } from './load.js';

/** After this many fenced loads of one key in a row, readers take turns: the next load starts when the running one has ended. */
const MAX_FENCED = 3;

/** How long a load waits for its turn, in ms: a load that hangs must not hold up the others for ever. */
const LONGEST_TURN = 1_000;

/** Describes one load: what to call, and how to store the result. @internal */
export interface LoadRequest {
  /** The tags that are known before the loader ends. */
  readonly tags: readonly string[];
  /** Given when the loads of a batch share one callback; otherwise each load has an execution of its own. */
  readonly execution?: Execution | undefined;
  /** Calls the loader; called at once, or when the turn of the load comes. */
  call(execution: Execution): unknown;
  /** All tags of the result, those that only the result reveals included. */
  tagsOf(value: unknown): readonly string[];
  /** Whether the result is to be stored when nothing fences the load. */
  isStorable(value: unknown): boolean;
  /** Time to live of the result, in ms; `undefined`: the region's. Asked once the loader has ended. */
  ttl(): number | undefined;
}

/** The parts of a cache that loads work with. @internal */
export interface LoadsParts {
  readonly clock: Clock;
  readonly coherence: Coherence;
  readonly copies: Copies;
  readonly executions: Executions;
  readonly events: EventEmitter;
  readonly operations: Operations;
}

/**
 * Single flight: at most one joinable load per key. Decides whether a reader may join a load, whether a reader may be given its result,
 * and whether the result may be stored.
 *
 * @internal
 */
export class Loads {
  readonly #parts: LoadsParts;
  /** The regions in which something was ever loaded. */
  readonly #regions = new Set<RegionState>();

  constructor(parts: LoadsParts) {
    this.#parts = parts;
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

  /** The outcome of `load`, for a reader inside the execution `current`; {@link accepts} tells whether the reader may be given it. */
  join(load: Load, current: Execution | undefined): Promise<LoadOutcome> {
    return current ? joinInside(load, current) : load.outcome;
  }

  /**
   * Whether a reader that asked when `askedAt` was the newest applied invalidation may be given `outcome`, which is then noted as served
   * to `current`. If not, the load was fenced before the reader joined, and the reader has to load again.
   */
  accepts({ fencedAt, loadedAt }: LoadOutcome, askedAt: number, current: Execution | undefined): boolean {
    if (fencedAt !== undefined && fencedAt <= askedAt) return false;
    current?.noteStaleAsOf(loadedAt);
    return true;
  }

  start(region: RegionState, key: string, request: LoadRequest): Load {
    const flight = this.#flight(region, key);
    const now = this.#parts.clock.now();
    const execution = request.execution ?? new Execution(now, this.#parts.executions.current, region, key);
    const load = new Load(execution, request.tags, this.#parts.operations.begin('load'));
    const previous = flight.fenced >= MAX_FENCED ? flight.latest : undefined;
    flight.latest = load;
    flight.running += 1;
    if (previous) load.operation?.step('Load waits for its turn', { region: region.name, fenced: flight.fenced });
    load.outcome = previous
      ? this.#turnAfter(previous).then(() => this.#run(load, flight, region, key, request, this.#parts.clock.now()))
      : this.#run(load, flight, region, key, request, now);
    // Only now: a loader that reads its own key while it is called would wait for itself. A load that failed at once is not current.
    if (load.isCurrent) flight.joinable = load;
    return load;
  }

  /** Fences the running loads that `invalidation` covers: nobody joins them any more and their results are not stored. */
  applyInvalidation(invalidation: Invalidation): void {
    for (const region of this.#regions) {
      const { name, flights } = region;
      if (flights.size === 0) continue;
      const keys = invalidation.keys.get(name);
      const namesMore = invalidation.everything || invalidation.regions.has(name) || invalidation.tags.size > 0;
      // There may be many loads, and many keys: the smaller collection is walked.
      if (namesMore || (keys && keys.size > flights.size)) {
        for (const [key, flight] of flights) fenceIfCovered(flight, name, key, invalidation);
      } else if (keys) {
        for (const key of keys) fenceIfCovered(flights.get(key), name, key, invalidation);
      }
    }
  }

  #joinable(region: RegionState, key: string): Load | undefined {
    const flight = region.flights.get(key);
    const load = flight?.joinable;
    if (!flight || !load) return undefined;
    const { coherence, clock } = this.#parts;
    const { whenDisconnected } = region.settings;
    if (load.mark && !coherence.lease.mayServe(load.execution.loadedAtSoFar(), clock.now(), whenDisconnected)) {
      load.operation?.step('Load abandoned: it began too long ago to be joined', { region: region.name });
      abandon(load, flight);
      return undefined;
    }
    return load;
  }

  async #run(
    load: Load,
    flight: Flight,
    region: RegionState,
    key: string,
    request: LoadRequest,
    startedAt: number,
  ): Promise<LoadOutcome> {
    const { coherence, events, executions } = this.#parts;
    const mark = coherence.applied.begin();
    load.mark = mark;
    load.operation?.step('Load started', { region: region.name });
    region.stats.loads += 1;
    let isLoaded = false;
    try {
      const value = await request.call(load.execution);
      isLoaded = true;
      if (events.hears.load) events.emit('load', { region: region.name, key, duration: this.#since(startedAt) });
      return this.#settle(load, flight, region, key, mark, request, value);
    } catch (error) {
      if (!isLoaded) this.#loadFailed(load, region, key, startedAt, error);
      throw error;
    } finally {
      coherence.applied.end(mark);
      executions.end(load.execution);
      load.isCurrent = false;
      if (flight.joinable === load) flight.joinable = undefined;
      flight.running -= 1;
      if (flight.running === 0) region.flights.delete(key);
    }
  }

  /** Stores the result, unless something that covers it was invalidated since the loader was called. */
  #settle(
    load: Load,
    flight: Flight,
    region: RegionState,
    key: string,
    mark: AppliedMark,
    request: LoadRequest,
    value: unknown,
  ): LoadOutcome {
    const { loadedAt } = load.execution;
    const tags = request.tagsOf(value);
    const fencedAt = this.#parts.coherence.applied.firstCovering(mark, region.name, key, tags);
    if (fencedAt !== undefined) region.stats.fenced += 1;
    if (fencedAt !== undefined && load.isCurrent) fence(load, flight);
    const isStored = load.isCurrent && request.isStorable(value);
    if (isStored) this.#parts.copies.store(region, key, value, loadedAt, request.ttl(), tags);
    if (load.isCurrent) flight.fenced = 0;
    load.operation?.step('Load ended', { region: region.name, isStored, isFenced: fencedAt !== undefined });
    return { value, loadedAt, fencedAt };
  }

  #loadFailed(load: Load, region: RegionState, key: string, startedAt: number, error: unknown): void {
    region.stats.loadErrors += 1;
    load.operation?.step('Load failed', { region: region.name, error: errorFrom(error).name });
    const { events } = this.#parts;
    if (!events.hears.loadError) return;
    events.emit('loadError', { region: region.name, key, duration: this.#since(startedAt), error });
  }

  #since(startedAt: number): number {
    return this.#parts.clock.now() - startedAt;
  }

  /** Resolves once `previous` has ended, or after {@link LONGEST_TURN}. */
  #turnAfter(previous: Load): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.schedule(resolve, LONGEST_TURN);
      const proceed = (): void => {
        cancel();
        resolve();
      };
      previous.outcome.then(proceed, proceed);
    });
  }

  #flight(region: RegionState, key: string): Flight {
    const known = region.flights.get(key);
    if (known) return known;
    this.#regions.add(region);
    const flight: Flight = { joinable: undefined, latest: undefined, running: 0, fenced: 0 };
    region.flights.set(key, flight);
    return flight;
  }
}

/** Only the newest load of a key can be current: a newer one starts only after the previous one was abandoned. */
function fenceIfCovered(flight: Flight | undefined, region: string, key: string, invalidation: Invalidation): void {
  const load = flight?.latest;
  if (!flight || !load?.mark || !load.isCurrent) return;
  if (covers(invalidation, region, key, load.tags)) fence(load, flight);
}

function fence(load: Load, flight: Flight): void {
  flight.fenced += 1;
  abandon(load, flight);
}

function abandon(load: Load, flight: Flight): void {
  load.isCurrent = false;
  if (flight.joinable === load) flight.joinable = undefined;
}

async function joinInside(load: Load, current: Execution): Promise<LoadOutcome> {
  current.beginWaitingFor(load);
  try {
    return await load.outcome;
  } finally {
    current.endWaitingFor(load);
  }
}
