import { Inject } from '@nestjs/common';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';

/**
 * Injects a cache: `constructor(@InjectDistributedCache('sessions') private readonly sessions: DistributedCache) {}`. The unnamed one
 * needs no decorator, it is injected by its class.
 *
 * @param name - of the cache, as given to `DistributedCacheModule.forRoot({ name })`. Default: the unnamed one.
 *
 * @publicApi
 */
export function InjectDistributedCache(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getDistributedCacheToken(name));
}
