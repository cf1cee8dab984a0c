import { Inject } from '@nestjs/common';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';

/**
 * Injects a named cache. The unnamed cache needs no decorator: Nest injects it by its class, `DistributedCache`.
 *
 * ```ts
 * constructor(@InjectDistributedCache('sessions') private readonly sessions: DistributedCache) {}
 * ```
 *
 * @param name - the name of the cache, as given to `DistributedCacheModule.forRoot({ name })`. Default: the unnamed cache.
 *
 * @publicApi
 */
export function InjectDistributedCache(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getDistributedCacheToken(name));
}
