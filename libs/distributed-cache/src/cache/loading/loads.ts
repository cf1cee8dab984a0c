import type { Clock } from '../../common/clock.js';
import type { Coherence } from '../../coherence/coherence.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import { covers, type Invalidation } from '../../protocol/invalidation.js';
import type { EventEmitter } from '../events.js';
import { Execution, type Executions } from './execution.js';
import type { Flight } from './flight.js';
import { Load, type LoadOutcome } from './load.js';
import type { RegionState } from '../region-state.js';

/** From this many fenced loads of one key on, readers share the next one instead of each starting theirs. */
const MAX_OVERTAKEN = 3;

/** How long a reader waits behind a load that was overtaken, in ms: one that hangs must not hold up the others for ever. */
const LONGEST_TURN = 1_000;

/** What is to be loaded, and what to do with the result. @internal */
export interface LoadRequest {
  readonly region: RegionState;
  readonly key: string;
  readonly tags: readonly string[];
  /** Called at once, or when its turn comes. */
  call(execution: Execution): unknown;
  /** The tags of the result, where only the result tells them. */
  tagsOf(value: unknown): readonly string[];
  /** Called when nothing overtook the load. */
  store(value: unknown, loadedAt: number): void;
  /** Given when several loads share one callback. */
  readonly execution?: Execution | undefined;
}

/**
 * Single flight: one joinable load per key, and the rules by which a reader may join it and its result may be stored.
 *
 * @internal
 */
export class Loads {
  readonly #clock: Clock;
  readonly #coherence: Coherence;
  readonly #executions: Executions;
  readonly #events: EventEmitter;
  /** Those in which something was ever loaded. */
  readonly #regions = new Set<RegionState>();

  constructor(clock: Clock, coherence: Coherence, executions: Executions, events: EventEmitter) {
    this.#clock = clock;
    this.#coherence = coherence;
    this.#executions = executions;
    this.#events = events;
  }

  /**
   * The load of this key that a reader may join now; `undefined` when it must start one; `'uncoordinated'` when it reads on behalf of `current`
   * and would wait for what waits for itself, for ever: then it calls its loader and shares nothing.
   */
  joinableFrom(current: Execution | undefined, region: RegionState, key: string): Load | 'uncoordinated' | undefined {
    if (!current) return this.#joinable(region, key);
    if (current.isLoading(region, key)) return 'uncoordinated';
    const load = this.#joinable(region, key);
    return load?.awaits(current) ? 'uncoordinated' : load;
  }

  /** What `load` comes to, for a reader that works for `current`; {@link accepts} tells whether the reader may be given it. */
  join(load: Load, current: Execution | undefined): Promise<LoadOutcome> {
    return current ? joinInside(load, current) : load.outcome;
  }

  /**
   * Whether a reader that asked at `askedAt` in the order of applied invalidations, on behalf of `current`, may be given `outcome`, which then counts as served.
   * If not it came too late for this reader, who must load anew.
   */
  accepts({ fencedAt, loadedAt }: LoadOutcome, askedAt: number, current: Execution | undefined): boolean {
    if (fencedAt !== undefined && fencedAt <= askedAt) return false;
    current?.noteStaleAsOf(loadedAt);
    return true;
  }

  start(request: LoadRequest): Load {
    const { region, key } = request;
    const flight = this.#flight(region, key);
    const now = this.#clock.now();
    const execution = request.execution ?? new Execution(now, this.#executions.current, region, key);
    const load = new Load(region, key, execution, request.tags);
    const overtaken = flight.fenced >= MAX_OVERTAKEN ? flight.latest : undefined;
    flight.latest = load;
    flight.running += 1;
    load.outcome = overtaken
      ? this.#turnAfter(overtaken).then(() => this.#run(load, flight, request, this.#clock.now()))
      : this.#run(load, flight, request, now);
    // Only now: what calls itself while it is called would wait for itself. One that threw at once, or was fenced, is not current.
    if (load.isCurrent) flight.joinable = load;
    return load;
  }

  /** Lets go of the running loads that `invalidation` covers: nobody joins them any more and their results are not stored. */
  applyInvalidation(invalidation: Invalidation): void {
    for (const { name, flights } of this.#regions) {
      if (flights.size === 0) continue;
      const keys = invalidation.keys.get(name);
      const namesMore = invalidation.everything || invalidation.regions.has(name) || invalidation.tags.size > 0;
      // Loads may be many, and so may keys: the fewer are walked.
      if (namesMore || (keys && keys.size > flights.size)) {
        for (const flight of flights.values()) this.#fenceIfCovered(flight, invalidation);
      } else if (keys) {
        for (const key of keys) this.#fenceIfCovered(flights.get(key), invalidation);
      }
    }
  }

  /** The latest of a flight is the only one that may be current: another is begun when that one was let go of. */
  #fenceIfCovered(flight: Flight | undefined, invalidation: Invalidation): void {
    const load = flight?.latest;
    if (!load?.mark || !load.isCurrent) return;
    if (covers(invalidation, load.region.name, load.key, load.tags)) this.#fence(load);
  }

  #joinable(region: RegionState, key: string): Load | undefined {
    const load = region.flights.get(key)?.joinable;
    if (!load) return undefined;
    if (
      load.mark &&
      !this.#coherence.lease.mayServe(load.trueSince(), this.#clock.now(), region.settings.whenDisconnected)
    ) {
      this.#letGo(load);
      return undefined;
    }
    return load;
  }

  async #run(load: Load, flight: Flight, request: LoadRequest, startedAt: number): Promise<LoadOutcome> {
    const mark = this.#coherence.applied.begin();
    load.mark = mark;
    load.region.stats.loads += 1;
    let isLoaded = false;
    try {
      const value = await request.call(load.execution);
      isLoaded = true;
      if (this.#events.hears.load) this.#emitLoad(load, startedAt);
      return this.#settle(load, flight, mark, request, value);
    } catch (error) {
      if (!isLoaded) this.#loadFailed(load, startedAt, error);
      throw error;
    } finally {
      this.#end(load, flight, mark);
    }
  }

  #emitLoad({ region, key }: Load, startedAt: number): void {
    this.#events.emit('load', { region: region.name, key, duration: this.#clock.now() - startedAt });
  }

  #loadFailed({ region, key }: Load, startedAt: number, error: unknown): void {
    region.stats.loadErrors += 1;
    if (!this.#events.hears.loadError) return;
    this.#events.emit('loadError', { region: region.name, key, duration: this.#clock.now() - startedAt, error });
  }

  #settle(load: Load, flight: Flight, mark: AppliedMark, request: LoadRequest, value: unknown): LoadOutcome {
    const { region, key, execution } = load;
    const fencedAt = this.#coherence.applied.firstCovering(mark, region.name, key, request.tagsOf(value));
    if (fencedAt !== undefined) region.stats.fenced += 1;
    if (fencedAt !== undefined && load.isCurrent) this.#fence(load);
    if (load.isCurrent) {
      request.store(value, execution.loadedAt);
      flight.fenced = 0;
    }
    return { value, loadedAt: execution.loadedAt, fencedAt };
  }

  #end(load: Load, flight: Flight, mark: AppliedMark): void {
    this.#coherence.applied.end(mark);
    this.#executions.end(load.execution);
    load.isCurrent = false;
    if (flight.joinable === load) flight.joinable = undefined;
    flight.running -= 1;
    if (flight.running === 0) load.region.flights.delete(load.key);
  }

  #fence(load: Load): void {
    const flight = load.region.flights.get(load.key);
    if (flight) flight.fenced += 1;
    this.#letGo(load);
  }

  #letGo(load: Load): void {
    load.isCurrent = false;
    const flight = load.region.flights.get(load.key);
    if (flight?.joinable === load) flight.joinable = undefined;
  }

  /** Resolves once `previous` is done, or after {@link LONGEST_TURN}. */
  #turnAfter(previous: Load): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(resolve, LONGEST_TURN);
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

async function joinInside(load: Load, current: Execution): Promise<LoadOutcome> {
  current.beginWaitingFor(load);
  try {
    return await load.outcome;
  } finally {
    current.endWaitingFor(load);
  }
}
