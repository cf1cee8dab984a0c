import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { systemClock } from '../../../libs/distributed-cache/src/common/clock.js';
import { chooseBridge } from '../../../libs/distributed-cache/src/module/bridge/choose-bridge.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';
import type { History } from '../../coherence/history.js';
import { Shop } from '../../coherence/shop.js';
import { RecordedLogger } from '../instances/recorded-logger.js';
import { RedisProxy } from '../redis/redis-proxy.js';
import type { LogWitness } from './log-witness.js';

/** An instance of the application, behind a proxy of its own and watched by a history. */
export class LabInstance {
  readonly cache: DistributedCache;
  readonly log = new RecordedLogger();
  readonly proxy: RedisProxy;
  /** What the application does with the cache, told to the history. */
  readonly shop: Shop;

  private constructor(proxy: RedisProxy, cache: DistributedCache, shop: Shop, log: RecordedLogger) {
    this.proxy = proxy;
    this.cache = cache;
    this.shop = shop;
    this.log = log;
  }

  static async start(
    name: string,
    options: DistributedCacheOptions,
    port: number,
    history: History,
    witness: LogWitness,
  ): Promise<LabInstance> {
    const proxy = await RedisProxy.start(port);
    const log = new RecordedLogger();
    const watched = history.instance(name, { bypassing: new Set(['prices']) });
    const all = { ...options, redisConnectionString: proxy.connectionString, maxSize: 1e6, sizeOf: watched.sizeOf };
    const cache = new DistributedCache(resolveSettings(all), { logger: log });
    watched.watch(cache);
    const { bridge, commandTimeout } = await chooseBridge(all, () => undefined);
    cache.start(bridge && witness.watching(bridge), commandTimeout);
    return new LabInstance(proxy, cache, new Shop(history, watched, systemClock), log);
  }

  async stop(): Promise<void> {
    this.shop.instance.closes();
    await this.cache.close();
    await this.proxy.stop();
  }
}
