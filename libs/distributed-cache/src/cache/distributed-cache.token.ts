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
