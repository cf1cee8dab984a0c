import type { InvalidationTarget } from '../../protocol/invalidation.js';

const EVERYTHING: readonly InvalidationTarget[] = [{ kind: 'everything' }];

/**
 * At most `limit` targets that cover everything that `targets` cover, and more: keys become their regions, and if that is still too many,
 * the one target "everything". The only place that widens.
 *
 * @internal
 */
export function widen(targets: Iterable<InvalidationTarget>, limit: number): readonly InvalidationTarget[] {
  const regions = new Set<string>();
  const tags = new Set<string>();
  for (const target of targets) {
    if (target.kind === 'everything') return EVERYTHING;
    if (target.kind === 'tag') tags.add(target.tag);
    else regions.add(target.region);
  }
  // Nothing lies between a tag or a region and everything.
  if (regions.size + tags.size > limit) return EVERYTHING;
  return [
    ...Array.from(regions, (region) => ({ kind: 'region' as const, region })),
    ...Array.from(tags, (tag) => ({ kind: 'tag' as const, tag })),
  ];
}
