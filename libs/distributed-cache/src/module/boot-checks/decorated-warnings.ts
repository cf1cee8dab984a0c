import { classNameOf } from '../../decorators/runtime/method-site.js';
import { type DecoratedUse, whereIs } from './decorated-classes.js';
import { nearestName } from '../options/nearest-name.js';

const SHORTEST_NAME = 3;
const MOST_NAMES = 10;

/** Classes whose default regions a minifier seems to have named. @internal */
export function warningsAboutShortNames(uses: readonly DecoratedUse[]): string[] {
  const short = new Map<object, string>();
  for (const use of uses) {
    const name = classNameOf(use.owner.prototype);
    if (use.operation.region === 'default' && name.length < SHORTEST_NAME) short.set(use.owner.prototype, whereIs(use));
  }
  return Array.from(
    short.values(),
    (where) =>
      `${where}: a class name under three letters looks like a minifier at work. Default regions are made of class names, so every ` +
      `build may name them differently: keep the names, or give each decorator a region.`,
  );
}

/**
 * Regions that are evicted although nothing caches in them: mostly a misspelt name.
 *
 * @param known - further regions that something caches in
 *
 * @internal
 */
export function warningsAboutUncachedRegions(uses: readonly DecoratedUse[], known: Iterable<string>): string[] {
  const cached = new Set(known);
  const evicted = new Map<string, string>();
  for (const use of uses) {
    if (use.region === undefined) continue;
    if (use.operation.kind === 'evict') evicted.set(use.region, whereIs(use));
    else cached.add(use.region);
  }
  return Array.from(evicted).flatMap(([region, where]) => {
    if (cached.has(region)) return [];
    return [`${where} evicts from region '${region}', but nothing here caches in it. ${hintFor(region, [...cached])}`];
  });
}

function hintFor(region: string, cached: readonly string[]): string {
  if (cached.length === 0) return 'Nothing is cached at all.';
  const nearest = nearestName(region, cached);
  if (nearest !== undefined) return `The nearest known region is '${nearest}'.`;
  const known = cached.slice(0, MOST_NAMES).map((name) => `'${name}'`);
  return `Known regions: ${known.join(', ')}${cached.length > MOST_NAMES ? ', …' : ''}.`;
}
