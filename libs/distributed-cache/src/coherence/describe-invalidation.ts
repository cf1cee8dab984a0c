import { shortened } from '../common/describe-value.js';
import { invalidationOf, type Invalidation, type InvalidationTarget } from '../protocol/invalidation.js';

/** A line names no more regions than this. */
const MAX_REGIONS = 10;

/**
 * The form in which a line at `debug` shows an invalidation: names of regions, and how many keys and tags. Never a key or a tag: either may
 * hold personal data.
 *
 * @internal
 */
export function describeInvalidation({ everything, regions, tags, keys }: Invalidation): object {
  if (everything) return { everything };
  return {
    ...(regions.size > 0 && { regions: [...regions].slice(0, MAX_REGIONS).map(shortened) }),
    ...(tags.size > 0 && { tags: tags.size }),
    ...(keys.size > 0 && { keys: keysByRegion(keys) }),
  };
}

/** As {@link describeInvalidation}. @internal */
export function describeTargets(targets: Iterable<InvalidationTarget>): object {
  return describeInvalidation(invalidationOf(targets));
}

/** The number of keys in each region. */
function keysByRegion(keys: Invalidation['keys']): object {
  const counts = [...keys].slice(0, MAX_REGIONS).map(([region, its]) => [shortened(region), its.size]);
  return Object.fromEntries(counts);
}
