import { processWide, SHARED_VERSION } from '../common/copies-of-the-library.js';
import { DistributedCache } from './distributed-cache.js';

/**
 * The token under which a cache is provided: the class itself for the unnamed one, a string for a named one.
 *
 * @param name - of the cache, as given to `DistributedCacheModule.forRoot({ name })`. Default: the unnamed one.
 *
 * @publicApi
 */
export function getDistributedCacheToken(name?: string): typeof DistributedCache | string {
  // Never a symbol: Nest would throw a TypeError in place of its message about circular dependencies.
  return name === undefined ? DistributedCache : `DistributedCache:${name}`;
}

/**
 * The class {@link DistributedCache} of every copy of the library in this process that understands the others. Held weakly: a test runner
 * or hot reloading loads a copy again and again, and forgets the one before.
 */
const CLASSES = processWide(`classes:${SHARED_VERSION}`, () => new Set<WeakRef<typeof DistributedCache>>()).add(
  new WeakRef(DistributedCache),
);

/**
 * The tokens of the unnamed cache in the other copies of the library: what is decorated with those asks for it there.
 *
 * @internal
 */
export function tokensOfOtherCopies(): readonly (typeof DistributedCache)[] {
  return Array.from(CLASSES).flatMap((each) => {
    const copy = each.deref();
    if (copy === undefined) CLASSES.delete(each);
    return copy === undefined || copy === DistributedCache ? [] : [copy];
  });
}
