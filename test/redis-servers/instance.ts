import { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { DistributedCacheOptions } from '../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../libs/distributed-cache/src/module/options/resolve-settings.js';
import { RedisInvalidationBridge } from '../../libs/distributed-cache/src/redis/redis-invalidation-bridge.js';
import { RecordedLogger, type LogLine } from '../support/instances/recorded-logger.js';

/** A cache on a real Redis, outside of a test, and what it has logged. */
export class ServerInstance {
  readonly cache: DistributedCache;
  readonly log = new RecordedLogger();
  readonly #connectionString: string;

  constructor(connectionString: string, options: DistributedCacheOptions) {
    this.#connectionString = connectionString;
    this.cache = new DistributedCache(resolveSettings(options), { logger: this.log });
  }

  /** Resolves when the first sync is complete. */
  async start(): Promise<void> {
    this.cache.start(new RedisInvalidationBridge({ connectionString: this.#connectionString }));
    await this.cache.firstSync(1);
  }

  /** What an operator has read so far, but for the line that says that all is well. */
  get warnings(): readonly LogLine[] {
    return this.log.lines.filter(({ level }) => level === 'warn' || level === 'error');
  }
}
