import type { InvalidationName } from '../../protocol/invalidation.js';

const EVERYTHING: readonly InvalidationName[] = [{ kind: 'everything' }];

/**
 * At most `limit` names that cover all that `names` cover, and more: keys become their regions, and where that is not enough, everything
 * everything. The only place that widens.
 *
 * @internal
 */
export function widened(names: Iterable<InvalidationName>, limit: number): readonly InvalidationName[] {
  const regions = new Set<string>();
  const tags = new Set<string>();
  for (const name of names) {
    if (name.kind === 'everything') return EVERYTHING;
    if (name.kind === 'tag') tags.add(name.tag);
    else regions.add(name.region);
  }
  // Tags and regions have nothing in between them and everything.
  if (regions.size + tags.size > limit) return EVERYTHING;
  return [
    ...Array.from(regions, (region) => ({ kind: 'region' as const, region })),
    ...Array.from(tags, (tag) => ({ kind: 'tag' as const, tag })),
  ];
}
