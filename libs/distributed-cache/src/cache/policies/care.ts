import type { Entry, EntryCare } from '../../store/entry.js';
import type { LoadRecipe } from '../loading/load-request.js';
import type { LoadPolicy, RefreshPolicy } from './load-policies.js';

/** What is known of one entry for its load policies. @internal */
export class Care implements EntryCare {
  readonly keptFor: number;
  refreshAt: number | undefined = undefined;
  retryAt: number | undefined = undefined;
  hits = 0;
  /** `undefined`: the entry is not loaded again after an invalidation. */
  readonly refreshOnInvalidate: RefreshPolicy | undefined;
  /** `undefined`: no policy needs it, or nobody has loaded the entry. */
  readonly recipe: LoadRecipe | undefined;

  constructor(keptFor: number, refreshOnInvalidate: RefreshPolicy | undefined, recipe: LoadRecipe | undefined) {
    this.keptFor = keptFor;
    this.refreshOnInvalidate = refreshOnInvalidate;
    this.recipe = recipe;
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
  const { keptFor, refreshAhead, refreshOnInvalidate } = policy;
  if (!recipe && !needsRecipe(policy) && keptFor <= ofRegion.keptFor) return undefined;
  const care = new Care(keptFor, refreshOnInvalidate, recipe);
  if (refreshAhead !== undefined && recipe) {
    const refreshAt = expiresAt - lifetime * (1 - refreshAhead);
    if (Number.isFinite(refreshAt)) care.refreshAt = refreshAt;
  }
  return care;
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
