import type { Cluster, Redis } from 'ioredis';
import type { ValuesPolicy, WhenDisconnected } from '../../cache/settings.js';
import type { Clock } from '../../common/clock.js';
import type { OnUndelivered } from '../../coherence/publish/delivery.js';
import type { InvalidationBridge } from '../../protocol/invalidation-bridge.js';
import type { Duration } from '../../common/duration.js';
import type { RedisClientOptions } from '../../redis/dial/credentials.js';

/**
 * The options of `DistributedCacheModule`. All are checked at boot; an error names the option, the value and what is allowed.
 *
 * Precedence: call > decorator > region > module > connection string > default.
 *
 * @publicApi
 */
export interface DistributedCacheOptions {
  /**
   * Where Redis is: a URL or a StackExchange.Redis string. `''` says that there is none (local mode).
   *
   * @default the first non-empty of `RedisConnectionString`, `REDIS_CONNECTION_STRING`,
   * `ConnectionStrings__RedisConnectionString`, `CUSTOMCONNSTR_RedisConnectionString`, `REDISCACHECONNSTR_RedisConnectionString`,
   * `AZURE_REDIS_CONNECTIONSTRING` and `REDIS_URL`, from `ConfigService` or the environment; none of them means local mode
   */
  redisConnectionString?: string | undefined;

  /**
   * An ioredis client, which is duplicated for connections of our own and never closed by us, or ioredis options that win over the
   * connection string, for what a string cannot say (TLS files, …).
   *
   * @default none
   */
  redis?: Redis | Cluster | RedisClientOptions | undefined;

  /**
   * Carries the invalidations instead of Redis. Not together with `redis` or `redisConnectionString`.
   *
   * @default none
   */
  bridge?: InvalidationBridge | undefined;

  /**
   * Isolates applications and environments that share one Redis. Up to 200 characters, without white space and braces.
   *
   * @default `'distributed-cache'`, for a named cache `'distributed-cache:<name>'`
   */
  namespace?: string | undefined;

  /**
   * Time to live of an entry; `Infinity` means until it is evicted. `0` is refused: set `enabled: false` not to cache.
   *
   * @default `'5m'`
   */
  ttl?: Duration | undefined;

  /**
   * Up to this share is taken off each TTL, so that entries which were stored together do not expire together. At least 0, below 1.
   *
   * @default 0.05
   */
  ttlJitter?: number | undefined;

  /**
   * How many entries all regions hold together; the least recently used leave first. Always in force.
   *
   * @default 10_000
   */
  maxEntries?: number | undefined;

  /**
   * How large all entries may be together, in the unit of `sizeOf`, which it needs. A value above it is not stored.
   *
   * @default no bound by size
   */
  maxSize?: number | undefined;

  /**
   * How large a value is. Needs `maxSize`.
   *
   * @default none
   */
  sizeOf?: ((value: unknown, key: string) => number) | undefined;

  /**
   * How stale a read can be at most while Redis cannot be reached, whatever breaks: `'300ms'` to `'1h'`, or `Infinity` for no bound.
   *
   * @default `'10s'`
   */
  maxStaleness?: Duration | undefined;

  /**
   * What to do once Redis has been out of reach for `maxStaleness`: `'reload'` loads each key again once per `maxStaleness`,
   * `'bypass'` loads for every read.
   *
   * @default `'reload'`
   */
  whenDisconnected?: WhenDisconnected | undefined;

  /**
   * `'shared'` hands out the stored reference (the caller that loaded holds it too), `'frozen'` deep-freezes a value once when it is
   * stored, `'cloned'` gives a `structuredClone` per read.
   *
   * @default `'shared'`
   */
  values?: ValuesPolicy | undefined;

  /**
   * Settings of single regions, by name.
   *
   * @default `{}`
   */
  regions?: Readonly<Record<string, RegionOptions | undefined>> | undefined;

  /**
   * What `evict()` does when Redis did not accept the invalidation in time; it is delivered later in either case. `'throw'` rejects
   * with `InvalidationNotDeliveredError`.
   *
   * @default `'queue'`
   */
  onUndelivered?: OnUndelivered | undefined;

  /**
   * `true`: the application does not start without Redis.
   *
   * @default what the connection string says, else `false`
   */
  abortConnect?: boolean | undefined;

  /**
   * `false`: every read loads; evictions still reach the other instances.
   *
   * @default `true`
   */
  enabled?: boolean | undefined;

  /**
   * `false` gives up the token `CACHE_MANAGER`, for an application that provides its own.
   *
   * @default `true`
   */
  cacheManager?: boolean | undefined;

  /**
   * About how many invalidations Redis keeps for instances that were cut off.
   *
   * @default 4_096
   */
  invalidationLogLength?: number | undefined;

  /**
   * How many names may wait for delivery. Beyond it keys are widened to their regions, then to everything: nothing is lost.
   *
   * @default 10_000
   */
  outboxLimit?: number | undefined;

  /**
   * How long `evict()` waits for Redis to accept the invalidation; `0` does not wait. At most `'1h'`.
   *
   * @default `'1s'`
   */
  publishTimeout?: Duration | undefined;

  /**
   * A command that takes longer means a dead connection. `'1ms'` to `'1h'`.
   *
   * @default `asyncTimeout`, else `syncTimeout` of the connection string, else `'2s'`
   */
  commandTimeout?: Duration | undefined;

  /**
   * How long the shutdown waits for invalidations that are not delivered yet; `0` does not wait. At most `'1h'`.
   *
   * @default `'1s'`
   */
  drainTimeout?: Duration | undefined;

  /**
   * How many replicas of Redis must have an invalidation before `evict()` settles; they are waited for until `publishTimeout`. With it
   * an eviction that was confirmed survives the loss of that many servers less one. Costs a connection of its own and a round trip to
   * the slowest of them.
   *
   * @default 0
   */
  minReplicas?: number | undefined;

  /**
   * Evicts everything that is evicted a second time after so long, here and in every instance: for a source of truth whose read
   * replicas lag behind by up to that. `'1ms'` to `'1h'`.
   *
   * @default not a second time
   */
  reevictAfter?: Duration | undefined;

  /**
   * For tests: the time by which entries expire and leases end.
   *
   * @default the system's
   */
  clock?: Clock | undefined;
}

/**
 * What one region does differently. `undefined` means as the module.
 *
 * @publicApi
 */
export interface RegionOptions {
  /**
   * Time to live of the region's entries; `Infinity` means until evicted.
   *
   * @default the module's
   */
  ttl?: Duration | undefined;

  /**
   * How many entries the region holds; never more than the module's `maxEntries`, which bounds all regions together.
   *
   * @default the module's
   */
  maxEntries?: number | undefined;

  /**
   * How the region hands out its values.
   *
   * @default the module's
   */
  values?: ValuesPolicy | undefined;

  /**
   * What the region does while Redis is out of reach.
   *
   * @default the module's
   */
  whenDisconnected?: WhenDisconnected | undefined;
}

/**
 * Makes the options for `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`.
 *
 * @publicApi
 */
export interface DistributedCacheOptionsFactory {
  createDistributedCacheOptions(): DistributedCacheOptions | Promise<DistributedCacheOptions>;
}
