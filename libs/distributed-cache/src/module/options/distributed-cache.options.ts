import type { Cluster, Redis } from 'ioredis';
import type { AuditOptions } from '../../cache/auditing/audit-options.js';
import type { LoadPolicies } from '../../cache/policies/load-policies.js';
import type { ValuesPolicy, WhenDisconnected } from '../../cache/settings.js';
import type { Answers } from '../../coherence/answering.js';
import type { OnUndelivered } from '../../coherence/publish/delivery.js';
import type { Clock } from '../../common/clock.js';
import type { Duration } from '../../common/duration.js';
import type { InvalidationBridge } from '../../protocol/invalidation-bridge.js';
import type { RedisClientOptions } from '../../redis/dial/credentials.js';

/**
 * The options of `DistributedCacheModule`. All have a default, and `undefined` means "not set". They are checked at boot: an error names
 * the option, its value and what is allowed.
 *
 * If one setting is given in several places, the first of these wins: call, decorator, region, module, connection string, default.
 *
 * @publicApi
 */
export interface DistributedCacheOptions extends LoadPolicies {
  /**
   * How to reach Redis: a URL or a StackExchange.Redis string. `''` means local mode: there is no Redis, and this instance has no others
   * to stay coherent with.
   *
   * @default the first of these settings that is not empty, from `ConfigService` or else from the environment: `RedisConnectionString`,
   * `REDIS_CONNECTION_STRING`, `ConnectionStrings__RedisConnectionString`, `CUSTOMCONNSTR_RedisConnectionString`,
   * `REDISCACHECONNSTR_RedisConnectionString`, `AZURE_REDIS_CONNECTIONSTRING`, `REDIS_URL`. If all are empty: local mode.
   * @example 'cache.example.com:6380,password=…,ssl=true'
   */
  redisConnectionString?: string | undefined;

  /**
   * One of two things:
   *
   * - an ioredis client of your own. The cache duplicates it for its own connections and never closes it.
   * - ioredis options. They win over the connection string; use them for what a string cannot express, such as TLS files. Options that
   *   name a `host`, a `path` or `sentinels` say where the server is: then no connection string is looked up in the settings, so that no
   *   credentials of another server are sent there.
   *
   * @default none
   */
  redis?: Redis | Cluster | RedisClientOptions | undefined;

  /**
   * Carries the invalidations between instances, in place of Redis. Not allowed together with `redis` or `redisConnectionString`.
   *
   * @default none
   */
  bridge?: InvalidationBridge | undefined;

  /**
   * Isolates applications and environments that share one Redis: instances with the same namespace form one cache, others never affect
   * each other. 1 to 200 characters, without white space, control characters and braces.
   *
   * @default `'distributed-cache'`; for a named cache `'<namespace of the unnamed one>:<name>'`, where that is `'distributed-cache'` if
   * the application has no unnamed one
   * @example 'shop:production'
   */
  namespace?: string | undefined;

  /**
   * How long an entry lives: milliseconds, or a text such as `'10m'`. `Infinity`: until it is evicted. `0` is refused; to switch caching
   * off, set `enabled: false`.
   *
   * @default `'5m'`
   */
  ttl?: Duration | undefined;

  /**
   * The largest share by which each TTL is shortened at random, so that entries that were stored together do not expire together. At
   * least 0, below 1. With `ttl: '5m'` and the default, an entry lives between 4 min 45 s and 5 min.
   *
   * @default 0.05
   */
  ttlJitter?: number | undefined;

  /**
   * How many entries all regions hold together, from 1 to 16 777 216. Above it one leaves, of those that do not come back soon.
   *
   * @default 10_000
   */
  maxEntries?: number | undefined;

  /**
   * The largest sum of the sizes of all entries, in the unit of `sizeOf`; a positive integer. Above it entries leave, those
   * first that do not come back soon. A single value that is larger is not stored. Needs `sizeOf`.
   *
   * @default no bound by size
   */
  maxSize?: number | undefined;

  /**
   * The size of a value, in any unit, for example bytes. Called once when a value is stored. Needs `maxSize`.
   *
   * @default none
   * @example sizeOf: (value) => JSON.stringify(value).length
   */
  sizeOf?: ((value: unknown, key: string) => number) | undefined;

  /**
   * How stale a value may be, measured from the moment its invalidation enters the log, whatever fails between this instance and Redis:
   * `'300ms'` to `'1h'`, or `Infinity` for no bound.
   *
   * Example with `'10s'`: the last sync of this instance is at 12:00:00, then its connection breaks. Until 12:00:10 it serves its entries;
   * after that, `whenDisconnected` decides. A product that another instance evicts at 12:00:01 is served with its old value until 12:00:11
   * at the latest.
   *
   * @default `'10s'`
   */
  maxStaleness?: Duration | undefined;

  /**
   * What reads do if this instance has not reached Redis for `maxStaleness`:
   *
   * - `'reload'`: an entry is served for `maxStaleness` after its load began. So each key that is read is loaded again about once per
   *   `maxStaleness`.
   * - `'bypass'`: nothing is served from memory, every read loads. For values that must not be stale even then, such as permissions.
   *
   * @default `'reload'`
   */
  whenDisconnected?: WhenDisconnected | undefined;

  /**
   * What a reader gets:
   *
   * - `'shared'`: the stored object itself, which the caller that loaded it holds as well. A change to it is seen by all readers of this
   *   instance.
   * - `'frozen'`: the stored object, frozen deeply once when it is stored.
   * - `'cloned'`: a `structuredClone` per read.
   *
   * @default `'shared'`
   */
  values?: ValuesPolicy | undefined;

  /**
   * Settings of single regions, by the name of the region. A region without settings of its own need not be listed.
   *
   * @default `{}`
   * @example { permissions: { ttl: '1m', whenDisconnected: 'bypass' } }
   */
  regions?: Readonly<Record<string, RegionOptions | undefined>> | undefined;

  /**
   * What an eviction does if Redis has not accepted it within `publishTimeout`: with `'queue'` its promise resolves, with `'throw'` it
   * rejects with `InvalidationNotDeliveredError`. In both cases the eviction has taken effect on this instance and is delivered later.
   *
   * @default `'queue'`
   */
  onUndelivered?: OnUndelivered | undefined;

  /**
   * `true`: the application does not start while Redis cannot be reached; boot fails with `RedisUnavailableError`. `false`: it starts
   * after one second without Redis, and goes on connecting.
   *
   * @default `abortConnect` of the connection string, else `false`
   */
  abortConnect?: boolean | undefined;

  /**
   * `true`: without a connection string the application does not start (`InvalidOptionsError`), instead of running in local mode, where
   * its instances would not learn of each other's changes. For production, where a missing or misspelt setting must not go unnoticed.
   *
   * @default the setting `REDIS_CONNECTION_REQUIRED` (`true` or `false`), else `false`
   */
  requireRedis?: boolean | undefined;

  /**
   * `false`: every read loads, and nothing is stored. Evictions still reach the other instances.
   *
   * @default `true`
   */
  enabled?: boolean | undefined;

  /**
   * `false`: the module does not provide the token `CACHE_MANAGER`, for an application that provides its own. With `forRootAsync` this
   * option goes beside the factory.
   *
   * @default `true`
   */
  cacheManager?: boolean | undefined;

  /**
   * About how many invalidations the log in Redis keeps. An instance that was cut off for longer than these cover starts empty.
   *
   * @default 4_096
   */
  invalidationLogLength?: number | undefined;

  /**
   * How many keys, tags and regions may wait in the outbox while Redis does not take them. Above it, keys are widened to their regions,
   * then to everything: more is evicted than was asked for, but nothing is lost.
   *
   * @default 10_000
   */
  outboxLimit?: number | undefined;

  /**
   * How long the promise of an eviction waits until Redis has accepted it; up to `'1h'`. `0`: it does not wait.
   *
   * @default `'1s'`
   */
  publishTimeout?: Duration | undefined;

  /**
   * How long Redis may take to answer a command, from `'1ms'` to `'1h'`. After that the connection counts as dead and is made anew.
   *
   * @default `asyncTimeout` of the connection string, else its `syncTimeout`, else `'2s'`
   */
  commandTimeout?: Duration | undefined;

  /**
   * How long the shutdown waits for evictions that are not delivered yet; up to `'1h'`. `0`: it does not wait. Keep it below the time
   * after which your process manager kills the process (PM2: 1.6 s).
   *
   * @default `'1s'`
   */
  drainTimeout?: Duration | undefined;

  /**
   * How many replicas of Redis must have an invalidation before the promise of the eviction settles; it waits for them for at most
   * `publishTimeout`. With `1`, an eviction that was confirmed survives the loss of the primary. Costs one more connection, and a round
   * trip to the slowest of these replicas.
   *
   * @default 0
   */
  minReplicas?: number | undefined;

  /**
   * Evicts everything that is evicted a second time after this delay, here and in every instance: for a source of truth whose read
   * replicas lag behind by up to that time. `'1ms'` to `'1h'`.
   *
   * @default off
   */
  reevictAfter?: Duration | undefined;

  /**
   * Looks for evictions that the application forgot: draws hits at random, loads their values again in the background and compares.
   * `false`: off. See docs/audit.md.
   *
   * @default off
   * @example { sample: 0.01 }
   */
  audit?: AuditOptions | false | undefined;

  /** What others are told of this instance. */
  observability?: ObservabilityOptions | undefined;

  /**
   * The clock by which entries expire and leases end. For tests.
   *
   * @default the clock of the system
   */
  clock?: Clock | undefined;
}

/** What others are told of an instance. @publicApi */
export interface ObservabilityOptions {
  /**
   * What this instance answers to observers, such as `npx nestjs-distributed-cache status`: `'none'`; `'stats'`, its state and what it has
   * counted; `'all'`, also whether it holds a key that the observer names. It never tells a value, or a key that was not asked for, and
   * answers ten times a second at most.
   *
   * @default 'all'
   */
  answers?: Answers | undefined;

  /**
   * Whether the message of an eviction carries its trace context to the other instances, so that a tracer can link what they drop with the
   * request that evicted. It takes about 60 bytes of the log for each message. Nothing is carried without a tracer, such as that of
   * `nestjs-distributed-cache/opentelemetry`.
   *
   * @default false
   */
  tracePropagation?: boolean | undefined;
}

/**
 * The settings of one region. `undefined` means: as the module.
 *
 * @publicApi
 */
export interface RegionOptions extends LoadPolicies {
  /**
   * How long an entry of the region lives: milliseconds, or a text such as `'10m'`. `Infinity`: until it is evicted. `0` is refused.
   *
   * @default the module's
   */
  ttl?: Duration | undefined;

  /**
   * How many entries the region holds. The `maxEntries` of the module bounds all regions together, so a larger number is lowered to it.
   *
   * @default the module's
   */
  maxEntries?: number | undefined;

  /**
   * What a reader of the region gets: see `values` of the module.
   *
   * @default the module's
   */
  values?: ValuesPolicy | undefined;

  /**
   * What reads of the region do if this instance has not reached Redis for `maxStaleness`: see `whenDisconnected` of the module.
   *
   * @default the module's
   */
  whenDisconnected?: WhenDisconnected | undefined;

  /**
   * Looks for evictions that the application forgot: see `audit` of the module, in place of which it is taken as a whole. `false`: off.
   *
   * @default the module's
   */
  audit?: AuditOptions | false | undefined;
}

/**
 * A class that makes the options, for `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`.
 *
 * @publicApi
 */
export interface DistributedCacheOptionsFactory {
  /** Called once, at boot. An error that it throws ends the boot. */
  createDistributedCacheOptions(): DistributedCacheOptions | Promise<DistributedCacheOptions>;
}
