import type { CancelTimer, Clock } from '../../common/clock.js';
import type { AppliedMark } from '../../coherence/applied-invalidations.js';
import type { Entry } from '../../store/entry.js';
import type { LocalCache } from '../local-cache.js';
import type { RegionState } from '../region-state.js';
import { Care, type LoadRecipe } from './care.js';
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

/** Whether the entry is loaded again after an invalidation has removed it: it has the policy, and was hit since it was loaded. @internal */
export function isToRefresh({ care }: Entry): boolean {
  return care instanceof Care && care.refreshOnInvalidate !== undefined && care.recipe !== undefined && care.hits > 0;
}

/** Those that are loaded again when their region is cleared: the hottest, at most `maxRefresh`. @internal */
export function hottestOf(entries: Iterable<Entry>): readonly Entry[] {
  const hot: Entry[] = [];
  let most = 0;
  for (const entry of entries) {
    if (!isToRefresh(entry)) continue;
    hot.push(entry);
    if (entry.care instanceof Care) most = Math.max(most, entry.care.refreshOnInvalidate?.maxRefresh ?? 0);
  }
  if (hot.length <= most) return hot;
  return hot.toSorted((one, other) => (other.care?.hits ?? 0) - (one.care?.hits ?? 0)).slice(0, most);
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
  readonly #cache: LocalCache;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  /** Those whose moment has come and that wait until fewer run. */
  readonly #due: Waiting[] = [];
  #running = 0;

  constructor(cache: LocalCache) {
    this.#cache = cache;
    this.#clock = cache.clock;
  }

  /** The entry was removed, by an invalidation that is recorded. */
  removed(region: RegionState, { key, tags, care }: Entry): void {
    if (!(care instanceof Care) || !care.recipe || !care.refreshOnInvalidate) return;
    const since = this.#cache.coherence.applied.begin();
    const { recipe, refreshOnInvalidate: policy } = care;
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
    const { region, key, recipe } = waiting;
    const isWanted = this.#isWanted(waiting);
    this.#forget(waiting);
    if (!isWanted) return;
    const load = this.#cache.background.start(region, [key], recipe.source(this.#cache, region, key));
    if (!load) return;
    this.#running += 1;
    void load.then(() => {
      this.#running -= 1;
      this.#startDue();
    });
  }

  #isWanted({ region, key, tags, since }: Waiting): boolean {
    const { coherence } = this.#cache;
    return (
      coherence.applied.firstCovering(since, region.name, key, tags) === undefined &&
      region.store.peek(key) === undefined
    );
  }

  #forget(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) this.#cache.coherence.applied.end(waiting.since);
  }
}
