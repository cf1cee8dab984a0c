import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../../store/entry.js';
import type { Coherence } from '../../coherence/coherence.js';
import type { LoadRecipe } from '../loading/load-request.js';
import type { Loads } from '../loading/loads.js';
import type { RegionState } from '../region-state.js';
import { valueToServe, valueToStore } from '../values.js';

/** An entry, and how it is loaded again. @internal */
export interface Audited {
  readonly region: RegionState;
  readonly entry: Entry;
  readonly recipe: LoadRecipe;
}

/** An entry, and what its loader has given for it just now. @internal */
export interface Reloaded extends Audited {
  readonly value: unknown;
  /** Whether the loader was itself served something from the cache. An eviction of that may be on its way, so the entry may be newer. */
  readonly mayBeOlder: boolean;
}

/**
 * Loads the value of an entry again and stores nothing. To be called outside of every context.
 *
 * @returns `undefined`: there is nothing to compare. The load has failed, or the loader says that its result is not to be stored.
 *
 * @internal
 */
export async function reloaded(
  loads: Loads,
  region: RegionState,
  entry: Entry,
  recipe: LoadRecipe,
): Promise<Reloaded | undefined> {
  const { key } = entry;
  try {
    const source = recipe.source(region, key);
    // The loader is to load: it is not handed the value that is audited as its previous one.
    source.release?.();
    const request = source.request(key);
    const { value, isMadeOfCopies } = await loads.toCompare(region, key, request);
    const isRefused = value !== undefined && (!request.isStorable(value) || (request.ttl(value) ?? 1) <= 0);
    return isRefused ? undefined : { region, entry, value, recipe, mayBeOlder: isMadeOfCopies };
  } catch {
    return undefined;
  }
}

/**
 * Whether the source still has the cached value.
 *
 * @throws whatever `equals` throws, or a value that cannot be cloned or compared
 *
 * @internal
 */
export function isStillTrue({ region, entry, value }: Reloaded): boolean {
  const { audit, values } = region.settings;
  // A clone may differ from its original, in its prototype for example: so clones are compared. What nobody else reads is not frozen.
  const loaded = values === 'cloned' ? valueToStore(value, values, region.name) : value;
  if (!audit?.equals) return isDeepStrictEqual(entry.value, loaded);
  const answer: unknown = audit.equals(valueToServe(entry.value, values, region.name), loaded);
  if (typeof answer === 'boolean') return answer;
  throw new TypeError('equals returned something else than true or false');
}

/**
 * Whether nothing has replaced or removed the entry, and what has arrived has taken effect. An invalidation that covers an entry removes it,
 * so one that is still there was covered by none since it was loaded.
 *
 * @internal
 */
export function isUntouched({ region, entry }: Reloaded, { applied, lease }: Coherence, now: number): boolean {
  // A later part of an open group may remove it.
  return region.store.holds(entry) && applied.openGroup === undefined && lease.isLive(now);
}
