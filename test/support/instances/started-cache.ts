import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';

/** A cache as the module starts it: with `bridge` one of several, else alone. */
export function startedCache(options: DistributedCacheOptions = {}): DistributedCache {
  const cache = new DistributedCache(resolveSettings(options, undefined), { clock: options.clock });
  cache.start(options.bridge);
  return cache;
}
