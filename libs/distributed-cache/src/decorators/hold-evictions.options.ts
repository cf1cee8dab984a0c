import type { DecoratedOperation } from './runtime/decorated-methods.js';
import { contradiction, type MethodSite } from './runtime/method-site.js';

/** The attributes of `@HoldEvictions`. @publicApi */
export interface HoldEvictionsOptions {
  /**
   * The name of the cache whose evictions are held, as given to `DistributedCacheModule.forRoot({ name })`, or a list of them. In a list,
   * `undefined` is the unnamed cache.
   *
   * @default the unnamed cache
   */
  cache?: string | readonly (string | undefined)[] | undefined;
}

/** @throws {InvalidOptionsError} when `cache` is an empty list @internal */
export function checkHoldEvictions(site: MethodSite, { cache }: HoldEvictionsOptions): void {
  if (Array.isArray(cache) && cache.length === 0) {
    throw contradiction(site, 'cache is an empty list: name a cache, or leave it out to use the unnamed cache.');
  }
}

/** The names of the caches, each once; `undefined`: the unnamed one. @internal */
export function cachesOf({ cache }: HoldEvictionsOptions): readonly (string | undefined)[] {
  return typeof cache === 'object' ? [...new Set(cache)] : [cache];
}

/** What the checks at boot have to know of a `@HoldEvictions`. @internal */
export function holdOperations(options: HoldEvictionsOptions): readonly DecoratedOperation[] {
  return cachesOf(options).map((cache) => ({ kind: 'hold', cache, region: 'none', keyOfArguments: false }));
}
