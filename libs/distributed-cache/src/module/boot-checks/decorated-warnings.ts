import { warningAboutTimeout } from '../../cache/everywhere.js';
import { classNameOf } from '../../decorators/runtime/method-site.js';
import { type DecoratedUse, whereIs } from './decorated-classes.js';
import { nearestName } from '../options/nearest-name.js';
import { warningsAboutSeveralInstances, warningsAboutSharedRegions } from './instances-of-one-class.js';

/** Class names with fewer letters than this look as if a minifier had made them. */
const SHORTEST_NAME = 3;

/** How many regions a warning lists. */
const MOST_NAMES = 10;

/**
 * Everything about the decorated methods that is likely to be a mistake, but need not be one.
 *
 * @param uses - of one cache
 * @param known - regions that are used other than by decorators
 * @param maxStaleness - of the cache, in ms. Default: any.
 *
 * @internal
 */
export function* warningsOf(
  uses: readonly DecoratedUse[],
  known: Iterable<string>,
  maxStaleness = 0,
): Generator<string, void> {
  yield* warningsAboutShortNames(uses);
  yield* warningsAboutUncachedRegions(uses, known);
  yield* warningsAboutSeveralInstances(uses);
  yield* warningsAboutSharedRegions(uses);
  yield* warningsAboutTimeouts(uses, maxStaleness);
}

/** Warns about evictions everywhere that give up before an instance which is cut off has stopped serving. */
function* warningsAboutTimeouts(uses: readonly DecoratedUse[], maxStaleness: number): Generator<string, void> {
  for (const use of uses) {
    const { everywhereTimeout } = use.operation;
    const warning = everywhereTimeout === undefined ? undefined : warningAboutTimeout(everywhereTimeout, maxStaleness);
    if (warning !== undefined) yield `${use.method.decorator} on ${whereIs(use)}: ${warning}`;
  }
}

/** Warns about default regions of classes whose names a minifier seems to have shortened. */
function warningsAboutShortNames(uses: readonly DecoratedUse[]): string[] {
  const short = new Map<object, string>();
  for (const use of uses) {
    const name = classNameOf(use.owner.prototype);
    if (use.operation.region === 'default' && name.length < SHORTEST_NAME) short.set(use.owner.prototype, whereIs(use));
  }
  return Array.from(
    short.values(),
    (where) =>
      `${where}: the class name has fewer than three letters, so a minifier may have shortened it. Default regions are made of class names, ` +
      `and another build may get other names: make the minifier keep class names, or give each decorator a region.`,
  );
}

/** Warns about regions that are evicted but that nothing caches in. Mostly the name is misspelt. */
function warningsAboutUncachedRegions(uses: readonly DecoratedUse[], known: Iterable<string>): string[] {
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
  if (cached.length === 0) return 'Nothing is cached in any region.';
  const nearest = nearestName(region, cached);
  if (nearest !== undefined) return `The nearest known region is '${nearest}'.`;
  const known = cached.slice(0, MOST_NAMES).map((name) => `'${name}'`);
  return `Known regions: ${known.join(', ')}${cached.length > MOST_NAMES ? ', …' : ''}.`;
}
