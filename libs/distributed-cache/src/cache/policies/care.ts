import type { Entry, EntryCare } from '../../store/entry.js';
import type { LoadRecipe, SharedRecipe } from '../loading/load-request.js';
import type { LoadPolicy, RefreshPolicy } from './load-policies.js';

/**
 * What is known of one entry for its load policies. It lives as long as the entry, and there may be one for each. So it has few fields, and
 * what entries have in common is behind one of them.
 *
 * @internal
 */
export class Care implements EntryCare {
  hits = 0;
  nextLoadAt: number | undefined = undefined;
  readonly #shared: SharedRecipe | { readonly policy: LoadPolicy; readonly recipe?: undefined };
  readonly #given: unknown;

  /** @param recipe - `undefined`: no policy needs it, or nobody has loaded the entry */
  constructor(policy: LoadPolicy, recipe: LoadRecipe | undefined) {
    this.#shared = recipe?.shared ?? { policy };
    this.#given = recipe?.given;
  }

  get keptFor(): number {
    return this.#shared.policy.keptFor;
  }

  get refreshAhead(): number | undefined {
    return this.#shared.policy.refreshAhead;
  }

  /** `undefined`: the entry is not loaded again after an invalidation. */
  get refreshOnInvalidate(): RefreshPolicy | undefined {
    return this.hasRecipe ? this.#shared.policy.refreshOnInvalidate : undefined;
  }

  get hasRecipe(): boolean {
    return this.#shared.recipe !== undefined;
  }

  get recipe(): LoadRecipe | undefined {
    return this.#shared.recipe?.(this.#given);
  }
}

/** Whether an entry is loaded again when no reader is there. @internal */
export function needsRecipe({ refreshAhead, refreshOnInvalidate }: LoadPolicy): boolean {
  return refreshAhead !== undefined || refreshOnInvalidate !== undefined;
}

/**
 * The care that an entry needs; `undefined`: none, as with most entries.
 *
 * @param policy - the policy under which the entry is stored
 * @param ofRegion - the policy of the region, which each of its readers has at least
 * @param recipe - how it was loaded; `undefined`: no policy needs it, or nobody has loaded it
 * @param expiresAt - monotonic ms
 * @param lifetime - ms
 *
 * @internal
 */
export function careFor(
  policy: LoadPolicy,
  ofRegion: LoadPolicy,
  recipe: LoadRecipe | undefined,
  expiresAt: number,
  lifetime: number,
): Care | undefined {
  const { keptFor, refreshAhead } = policy;
  if (!recipe && !needsRecipe(policy) && keptFor <= ofRegion.keptFor) return undefined;
  const care = new Care(policy, recipe);
  if (refreshAhead !== undefined && recipe) {
    const refreshAt = expiresAt - lifetime * (1 - refreshAhead);
    // A whole number of this size is kept in the field itself, any other number in an object of its own.
    if (Number.isFinite(refreshAt)) care.nextLoadAt = Math.floor(refreshAt);
  }
  return care;
}

/** Whether the entry is loaded again after an invalidation has removed it: it has the policy, and was hit since it was loaded. @internal */
export function isToRefresh({ care }: Entry): boolean {
  return care instanceof Care && care.refreshOnInvalidate !== undefined && care.hits > 0;
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
