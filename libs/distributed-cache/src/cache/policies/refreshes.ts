import type { CancelTimer, Clock } from '../../common/clock.js';
import type { AppliedInvalidations, AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Entry } from '../../store/entry.js';
import type { LoadRecipe } from '../loading/load-request.js';
import type { RegionState } from '../region-state.js';
import type { Regions } from '../regions.js';
import type { BackgroundLoads } from './background-loads.js';
import { Care } from './care.js';
import type { RefreshPolicy } from './load-policies.js';

/** An entry that is loaded again when its moment comes. */
interface Waiting {
  readonly region: RegionState;
  readonly key: string;
  readonly tags: readonly string[];
  readonly recipe: LoadRecipe;
  readonly policy: RefreshPolicy;
  /** What is applied after it makes this refresh pointless. */
  readonly since: AppliedMark;
  cancel: CancelTimer;
}

/**
 * `refreshOnInvalidate`: loads entries again that an invalidation has removed.
 *
 * Each waits for a random moment, because every instance that received the invalidation does the same. A refresh is given up when a newer
 * invalidation covers the key, and when a reader has loaded the key, or is loading it.
 *
 * @internal
 */
export class Refreshes {
  readonly #clock: Clock;
  readonly #applied: AppliedInvalidations;
  readonly #regions: Pick<Regions, 'current'>;
  readonly #background: BackgroundLoads;
  readonly #waiting = new Set<Waiting>();
  /** Those whose moment has come and that wait until fewer run. */
  readonly #due: Waiting[] = [];
  #running = 0;

  constructor(
    clock: Clock,
    applied: AppliedInvalidations,
    regions: Pick<Regions, 'current'>,
    background: BackgroundLoads,
  ) {
    this.#clock = clock;
    this.#applied = applied;
    this.#regions = regions;
    this.#background = background;
  }

  /** The entry was removed, by an invalidation that is recorded. */
  removed(region: RegionState, { key, tags, care }: Entry): void {
    if (!(care instanceof Care)) return;
    const { recipe, refreshOnInvalidate: policy } = care;
    if (!recipe || !policy) return;
    const since = this.#applied.begin();
    const waiting: Waiting = { region, key, tags, recipe, policy, since, cancel: () => {} };
    this.#waiting.add(waiting);
    waiting.cancel = this.#clock.schedule(() => {
      this.#due.push(waiting);
      this.#startDue();
    }, policy.within * Math.random());
  }

  /** Gives all of them up. */
  close(): void {
    for (const waiting of this.#waiting) {
      waiting.cancel();
      this.#forget(waiting);
    }
    this.#due.length = 0;
  }

  #startDue(): void {
    for (let next = this.#due[0]; next && this.#running < next.policy.concurrency; next = this.#due[0]) {
      this.#due.shift();
      this.#refresh(next);
    }
  }

  #refresh(waiting: Waiting): void {
    const { key, recipe } = waiting;
    // The region may have been released while it waited: the entry was removed.
    const region = this.#regions.current(waiting.region);
    const isWanted = this.#isWanted(waiting, region);
    this.#forget(waiting);
    if (!isWanted) return;
    const load = this.#background.start(region, [key], recipe.source(region, key));
    if (!load) return;
    this.#running += 1;
    void load.then(() => {
      this.#running -= 1;
      this.#startDue();
    });
  }

  #isWanted({ key, tags, since }: Waiting, region: RegionState): boolean {
    return (
      this.#applied.firstCovering(since, region.name, key, tags) === undefined && region.store.peek(key) === undefined
    );
  }

  #forget(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) this.#applied.end(waiting.since);
  }
}
