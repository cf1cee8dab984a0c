import type { EntryCare } from '../../store/entry.js';
import type { LocalCache } from '../local-cache.js';
import type { LoadSource } from '../loading/loads.js';
import type { RegionState } from '../region-state.js';
import type { LoadPolicy, RefreshPolicy } from './load-policies.js';

/**
 * How an entry was loaded, so that it can be loaded again when no reader is there. It holds the loader and what that was given, and little
 * else: it lives as long as the entry.
 *
 * @internal
 */
export interface LoadRecipe {
  /** A source that loads the entry again. */
  source(cache: LocalCache, region: RegionState, key: string): LoadSource;
}

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
  if (!needsRecipe(policy) && keptFor <= ofRegion.keptFor) return undefined;
  const care = new Care(keptFor, refreshOnInvalidate, recipe);
  if (refreshAhead !== undefined && recipe) {
    const refreshAt = expiresAt - lifetime * (1 - refreshAhead);
    if (Number.isFinite(refreshAt)) care.refreshAt = refreshAt;
  }
  return care;
}
