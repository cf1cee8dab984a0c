import { resultOnceDelivered } from '../../cache/loading/put.js';
import { cacheAt, slotAt } from './bound-region.js';
import type { MethodSite } from './method-site.js';
import type { Proceed } from './replace-method.js';

/** Runs a method while the evictions of these caches are held. @internal */
export function holdingWhile(site: MethodSite, names: readonly (string | undefined)[], proceed: Proceed): Proceed {
  const cachesOf = names.map((name) => cacheAt(site, slotAt(site, name)));
  return async (instance, args) => {
    // Before anything runs: an instance without a cache must not begin a transaction.
    const caches = cachesOf.map((cacheOf) => cacheOf(instance));
    const deliveries: Promise<unknown>[] = [];
    const run = caches.reduce<() => Promise<unknown>>(
      (inner, cache) => async () => {
        const { result, delivered } = await cache.hold(inner);
        deliveries.push(delivered);
        return result;
      },
      async () => proceed(instance, args),
    );
    const result = await run();
    // Only now: an eviction that one cache cannot deliver must not look to the next as if the method had failed.
    return resultOnceDelivered(result, Promise.all(deliveries));
  };
}
