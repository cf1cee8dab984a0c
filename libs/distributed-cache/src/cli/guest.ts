import { DistributedCache } from '../cache/distributed-cache.js';
import type { CacheLogger } from '../common/logger.js';
import { resolveSettings } from '../module/options/resolve-settings.js';
import type { ListedMember } from '../protocol/member.js';
import type { RedisInvalidationBridge } from '../redis/redis-invalidation-bridge.js';

/**
 * An instance that joins for a moment, with the settings of the others: with settings of its own, it would make evictions everywhere wait
 * longer, and be told that they differ.
 *
 * @param members - those that are there
 *
 * @internal
 */
export function guestAmong(
  members: readonly ListedMember[],
  namespace: string,
  bridge: RedisInvalidationBridge,
  logger?: CacheLogger,
): DistributedCache {
  const [first] = members;
  const { maxStaleness, whenDisconnected, exceptions = [] } = first?.member ?? {};
  const other = whenDisconnected === 'bypass' ? 'reload' : 'bypass';
  const settings = resolveSettings({
    namespace,
    onUndelivered: 'throw',
    maxStaleness,
    whenDisconnected,
    regions: Object.fromEntries(exceptions.map((region) => [region, { whenDisconnected: other }])),
  });
  const cache = new DistributedCache(settings, { logger });
  cache.start(bridge);
  return cache;
}
