import { AsyncLocalStorage } from 'node:async_hooks';
import type { CancelTimer, Clock } from '../../common/clock.js';
import type { Lease } from '../../coherence/lease.js';
import type { LoadRecipe, LoadSource } from '../loading/load-request.js';
import type { RegionState } from '../region-state.js';
import type { BackgroundLoads } from './background-loads.js';

/** An entry is not loaded again before this share of its lease has passed. */
const FROM = 1 / 3;
/** The same, for an entry that was loaded at a moment drawn here: those moments are spread already, and a later one costs fewer loads. */
const FROM_ONCE_SPREAD = 3 / 4;

/**
 * After a reload has failed, the next one waits for at least this share of `maxStaleness`, and for all of it at most. So a source that is down
 * is hardly asked more often: most entries are not tried again before their lease ends.
 */
const SHORTEST_PAUSE = 1 / 3;

/** What is left of the lease for the load itself: half a second if that is from a twentieth to a tenth of `maxStaleness`. */
function timeToLoad(maxStaleness: number): number {
  return Math.max(maxStaleness / 20, Math.min(maxStaleness / 10, 500));
}

/** The lease has this many ticks. All that is due at one tick is begun together. */
const TICKS = 100;
/** In ms. */
const SHORTEST_TICK = 10;

/** Multiples of it, without their whole parts, divide the interval from 0 to 1 more evenly than random numbers do, however many there are. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

function inNone<T>(callback: () => T): T {
  return callback();
}

/** What is to be done with an entry at one tick. */
interface Plan {
  readonly region: RegionState;
  readonly key: string;
  /** When the load of the entry began: another entry under the key is not meant. */
  readonly loadedAt: number;
  /** When the entry may not be served any more, in monotonic ms. */
  readonly leaseEnd: number;
  /** How a reader would have loaded it; `undefined`: it was tried, and this is forgotten unless the entry is read again. */
  readonly recipe: LoadRecipe | undefined;
  /** Runs a callback in the context of the reader whose recipe it is: the loader may take something from the request. */
  readonly inContext: <T>(callback: () => T) => T;
  /** Whether the entry is itself the result of a plan. */
  readonly isSpread: boolean;
  /** The next load is not tried before, in monotonic ms. */
  readonly notBefore: number;
}

/**
 * Loads entries again before their lease ends, while the other side gives no news.
 *
 * Without it, all leases end at once: `maxStaleness` after the last sync, every key that is read would be loaded within one moment, by every
 * instance, and so again after each further `maxStaleness`. With it, each entry that is read is loaded once in the background, at a random
 * moment of its lease, and its readers are served meanwhile. The lease is not made longer by this: it is the entry that is younger.
 *
 * - *The moment is drawn from a part of the lease that does not depend on when the entry is read*: if the moment has passed, the entry is
 *   loaded at the next tick. If it were drawn from what is left, the entries that are read late would pile up before the end.
 * - *It costs nothing while all is well*: hits are watched from the beginning of a silence until its end. For each entry that is read
 *   there is one plan, which holds the loader of that reader, and one timer serves all plans.
 * - *Nobody waits for a reload that has failed*: the entry is served until its lease ends, and then a reader loads, as without it.
 *
 * @internal
 */
export class SpreadReloads {
  readonly #clock: Clock;
  readonly #maxStaleness: number;
  readonly #lease: Lease;
  readonly #background: BackgroundLoads;
  readonly #timeToLoad: number;
  readonly #tick: number;
  /** The plans of the regions that are watched, by canonical key. */
  readonly #plans = new Map<RegionState, Map<string, Plan>>();
  /** The plans by the number of their tick. */
  readonly #buckets = new Map<number, Plan[]>();
  /** Those whose tick has come and that wait until fewer loads run. */
  #due: Plan[] = [];
  #isOn = false;
  /** When the silence began, in monotonic ms. */
  #beganAt = 0;
  #cancelTick: CancelTimer | undefined;
  /** Random at first, so that the instances do not load the same keys at the same moments. */
  #share = Math.random();

  constructor(clock: Clock, maxStaleness: number, lease: Lease, background: BackgroundLoads) {
    this.#clock = clock;
    this.#maxStaleness = maxStaleness;
    this.#lease = lease;
    this.#background = background;
    this.#timeToLoad = timeToLoad(maxStaleness);
    this.#tick = Math.max(SHORTEST_TICK, maxStaleness / TICKS);
  }

  /** There is no news: hits are watched from now on. @param regions - all that there are */
  begin(regions: Iterable<RegionState>): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#beganAt = this.#clock.now();
    for (const region of regions) this.opened(region);
  }

  /** A region is there. */
  opened(region: RegionState): void {
    if (!this.#isOn || region.settings.whenDisconnected !== 'reload' || this.#plans.has(region)) return;
    region.watchers += 1;
    this.#plans.set(region, new Map());
  }

  /** A region is there no more. */
  released(region: RegionState): void {
    if (this.#plans.delete(region)) region.watchers -= 1;
  }

  /** There is news, or the cache is closed: all plans are given up. */
  end(): void {
    this.#isOn = false;
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    for (const region of this.#plans.keys()) region.watchers -= 1;
    this.#plans.clear();
    this.#buckets.clear();
    this.#due = [];
  }

  /** A reader was served an entry, which it would have loaded by `recipe`. */
  hit(region: RegionState, key: string, recipe: LoadRecipe): void {
    const plans = this.#plans.get(region);
    const last = plans?.get(key);
    if (!plans || last?.recipe) return;
    const entry = region.store.peek(key);
    if (!entry) return;
    const { loadedAt, expiresAt } = entry;
    const isLast = last?.loadedAt === loadedAt;
    const isSpread = isLast && last.isSpread;
    const since = Math.max(loadedAt, this.#lease.syncedAt);
    const leaseEnd = since + this.#maxStaleness;
    const notBefore = isLast ? last.notBefore : Number.NEGATIVE_INFINITY;
    const at = Math.max(this.#draw(since, isSpread ? FROM_ONCE_SPREAD : FROM), this.#clock.now(), notBefore);
    if (at >= leaseEnd || at >= expiresAt) return;
    const inContext = AsyncLocalStorage.snapshot();
    this.#plan({ region, key, loadedAt, leaseEnd, recipe, inContext, isSpread, notBefore }, at);
  }

  /** A moment of the lease that began at `since`: after this share of it, not before the silence, and early enough for the load. */
  #draw(since: number, share: number): number {
    const from = Math.max(since + this.#maxStaleness * share, this.#beganAt);
    const to = since + this.#maxStaleness - this.#timeToLoad;
    return from + Math.max(0, to - from) * this.#nextShare();
  }

  #plan(plan: Plan, at: number): void {
    this.#plans.get(plan.region)?.set(plan.key, plan);
    const tick = Math.ceil(at / this.#tick);
    const bucket = this.#buckets.get(tick);
    if (bucket) bucket.push(plan);
    else this.#buckets.set(tick, [plan]);
    if (!this.#cancelTick) this.#scheduleTick();
  }

  #scheduleTick(): void {
    const now = this.#clock.now();
    const next = (Math.floor(now / this.#tick) + 1) * this.#tick;
    this.#cancelTick = this.#clock.schedule(() => {
      this.#runTick();
      this.#cancelTick = undefined;
      if (this.#buckets.size > 0 || this.#due.length > 0) this.#scheduleTick();
    }, next - now);
  }

  #runTick(): void {
    const now = this.#clock.now();
    for (const [tick, plans] of this.#buckets) {
      if (tick * this.#tick > now) continue;
      this.#buckets.delete(tick);
      for (const plan of plans) this.#due.push(plan);
    }
    let begun = 0;
    for (const plan of this.#due) {
      const isWanted = this.#isCurrent(plan) && plan.recipe !== undefined && now <= plan.leaseEnd;
      if (isWanted && !this.#background.hasRoom) break;
      begun += 1;
      if (isWanted) this.#reload(plan, plan.recipe);
      else this.#forget(plan);
    }
    this.#due.splice(0, begun);
  }

  #reload(plan: Plan, recipe: LoadRecipe): void {
    const { region, key } = plan;
    if (region.store.peek(key)?.loadedAt !== plan.loadedAt) {
      this.#forget(plan);
      return;
    }
    const source = this.#sourceOf(plan, recipe);
    const load = source && plan.inContext(() => this.#background.start(region, [key], source));
    if (load) void load.then(() => this.#ended(plan, source.policy.retryAfter));
    else this.#forget(plan);
  }

  /** A hit was served whatever its options are; they may be refused only now, and its reader does not hear of it. */
  #sourceOf({ region, key }: Plan, recipe: LoadRecipe): LoadSource | undefined {
    try {
      return recipe.source(region, key);
    } catch {
      return undefined;
    }
  }

  #ended(plan: Plan, retryAfter: number): void {
    const { region, key } = plan;
    const entry = region.store.peek(key);
    if (!this.#isCurrent(plan)) return;
    if (!entry) {
      this.#forget(plan);
      return;
    }
    const { loadedAt } = entry;
    const isSpread = loadedAt !== plan.loadedAt;
    const leaseEnd = isSpread ? loadedAt + this.#maxStaleness : plan.leaseEnd;
    const notBefore = isSpread ? plan.notBefore : this.#clock.now() + this.#pauseAfterFailure(retryAfter);
    const tried = { recipe: undefined, inContext: inNone };
    this.#plan({ region, key, loadedAt, leaseEnd, isSpread, notBefore, ...tried }, leaseEnd);
  }

  #pauseAfterFailure(retryAfter: number): number {
    const share = SHORTEST_PAUSE + (1 - SHORTEST_PAUSE) * this.#nextShare();
    return Math.max(retryAfter, this.#maxStaleness * share);
  }

  #nextShare(): number {
    this.#share = (this.#share + GOLDEN_RATIO) % 1;
    return this.#share;
  }

  #isCurrent(plan: Plan): boolean {
    return this.#plans.get(plan.region)?.get(plan.key) === plan;
  }

  #forget(plan: Plan): void {
    if (this.#isCurrent(plan)) this.#plans.get(plan.region)?.delete(plan.key);
  }
}
