import { onTestFinished, TestRunner } from 'vitest';
import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { Clock } from '../../../libs/distributed-cache/src/common/clock.js';
import { chooseRedisBridge } from '../../../libs/distributed-cache/src/module/bridge/choose-redis-bridge.js';
import type { ChosenBridge } from '../../../libs/distributed-cache/src/module/bridge/chosen-bridge.js';
import { findConnectionString } from '../../../libs/distributed-cache/src/module/bridge/connection-source.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';
import { isRedisClient } from '../../../libs/distributed-cache/src/redis/dial/credentials.js';
import { InMemoryInvalidationBridge } from '../../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../../../libs/distributed-cache/src/testing/manual-clock.js';
import { RedisProxy } from '../redis/redis-proxy.js';
import { testNamespace } from '../redis/names-in-redis.js';
import { WITHOUT_JITTER } from './cache-settings.js';
import { RecordedLogger } from './recorded-logger.js';

/** The longest pause between two tries to dial; after it a healed instance has dialled. */
export const LONGEST_BACK_OFF = 2_000;

/** Where instances connect: a server, proxy, cluster, … of `test/support/redis`, or what the options of the module would name. */
export type Place =
  { readonly connectionString: string } | Pick<DistributedCacheOptions, 'redis' | 'redisConnectionString'>;

/** Instances in this process, over one bridge in memory and one clock that only the test moves. */
export type InstancesInMemory = Instances & {
  readonly bridge: InMemoryInvalidationBridge;
  readonly clock: ManualClock;
};

/**
 * `count` instances of one application in this process.
 *
 * @example
 * const { a, b, bridge, clock } = await instances(2).with({ maxStaleness: '2s' }).connected();
 * const { a, b } = await instances(2).on(redis).connected();
 */
export function instances(count: number): InstancesInMemory {
  const clock = new ManualClock();
  const bridge = new InMemoryInvalidationBridge({ clock });
  const surroundings: Surroundings = {
    clock,
    options: (_, given) => ({ ...WITHOUT_JITTER, bridge, ...given }),
    untilSynced: () => clock.advance(0),
  };
  return Object.assign(new Instances(count, surroundings), { bridge, clock });
}

/** One cache as the module starts it: with the option `bridge` one of several, without it in local mode. */
export function startedCache(options: DistributedCacheOptions = {}): DistributedCache {
  const cache = new DistributedCache(resolveSettings(options), { clock: options.clock });
  cache.start(options.bridge);
  return cache;
}

/** What `cache` has logged so far; it must be one of {@link instances}. */
export function logOf(cache: DistributedCache): RecordedLogger {
  const log = logs.get(cache);
  if (!log) throw new Error('This cache is not one of instances().');
  return log;
}

const logs = new WeakMap<DistributedCache, RecordedLogger>();

/** What instances connect to, and by which clock they go. */
interface Surroundings {
  readonly clock?: Clock;
  /** The options of the instance of this index, of which the test has given some. */
  readonly options: (index: number, given: DistributedCacheOptions) => DistributedCacheOptions;
  readonly untilSynced: (caches: readonly DistributedCache[]) => Promise<unknown>;
}

export class Instances {
  /** What all of them have logged. */
  readonly log = new RecordedLogger();
  readonly #size: number;
  readonly #surroundings: Surroundings;
  readonly #joined: DistributedCache[] = [];
  #options: DistributedCacheOptions = {};
  #all: readonly DistributedCache[] | undefined;

  constructor(size: number, surroundings: Surroundings) {
    this.#size = size;
    this.#surroundings = surroundings;
  }

  with(options: DistributedCacheOptions): this {
    this.#options = { ...this.#options, ...options };
    return this;
  }

  /**
   * Connects each to a place of its own, the last one for all that remain, in a namespace that no other test has. The clock is the real
   * one, and a lease is so long that a copy which is gone was dropped and has not merely lapsed. They are closed after the test.
   */
  on(...places: readonly [Place, ...Place[]]): Instances {
    const onRedis = new Instances(this.#size, {
      options: (index, given) => ({
        maxStaleness: '1h',
        ...optionsOf(places[index] ?? places.at(-1)),
        ...given,
        namespace: given.namespace ?? testNamespace(),
      }),
      untilSynced: (caches) => Promise.all(caches.map((cache) => cache.firstSync(1))),
    });
    // Outside of a test nobody knows for how long they are wanted: there the caller closes them.
    if (TestRunner.getCurrentTest()) {
      onTestFinished(() => {
        // A link that is half-open would keep its instance waiting for `drainTimeout`.
        for (const place of places) if (place instanceof RedisProxy) place.cut();
        return onRedis.close();
      });
    }
    return onRedis.with(this.#options);
  }

  get all(): readonly DistributedCache[] {
    return (this.#all ??= Array.from({ length: this.#size }, (_, index) => this.#newInstance(index)));
  }

  get a(): DistributedCache {
    return this.#at(0);
  }

  get b(): DistributedCache {
    return this.#at(1);
  }

  get c(): DistributedCache {
    return this.#at(2);
  }

  /** Starts every instance and waits until each is coherent. Rejects with the reason why one could not become so at once. */
  async connected(): Promise<this> {
    this.started();
    await this.#surroundings.untilSynced(this.all);
    return this;
  }

  /** Starts every instance and waits for nothing. */
  started(): this {
    for (const [index, instance] of this.all.entries()) this.#start(instance, index);
    return this;
  }

  /** Starts every instance in local mode. */
  local(): this {
    for (const instance of this.all) instance.start(undefined);
    return this;
  }

  /** One more instance of the application, connected. */
  async joinedBy(options: DistributedCacheOptions = {}): Promise<DistributedCache> {
    const index = this.#size + this.#joined.length;
    const instance = this.#newInstance(index, options);
    this.#joined.push(instance);
    this.#start(instance, index, options);
    await this.#surroundings.untilSynced([instance]);
    return instance;
  }

  async close(): Promise<void> {
    await Promise.all([...(this.#all ?? []), ...this.#joined].map((instance) => instance.close()));
  }

  #optionsOf(index: number, own: DistributedCacheOptions): DistributedCacheOptions {
    return this.#surroundings.options(index, { ...this.#options, ...own });
  }

  #newInstance(index: number, own: DistributedCacheOptions = {}): DistributedCache {
    const { clock } = this.#surroundings;
    const settings = resolveSettings(this.#optionsOf(index, own));
    const logger = new RecordedLogger({ all: this.log });
    const instance = new DistributedCache(settings, { clock, logger });
    logs.set(instance, logger);
    return instance;
  }

  #start(instance: DistributedCache, index: number, own: DistributedCacheOptions = {}): void {
    const { bridge, commandTimeout } = bridgeFor(this.#optionsOf(index, own));
    instance.start(bridge, commandTimeout);
  }

  #at(index: number): DistributedCache {
    const instance = this.all[index];
    if (!instance) throw new Error(`instances(${this.#size}) has no instance ${index + 1}`);
    return instance;
  }
}

/** As `chooseBridge`, which is async because it loads ioredis on demand. */
function bridgeFor(options: DistributedCacheOptions): Pick<ChosenBridge, 'bridge' | 'commandTimeout'> {
  const { bridge, redis, redisConnectionString } = options;
  const isClient = redis !== undefined && isRedisClient(redis);
  const found = isClient ? undefined : findConnectionString(redisConnectionString, () => undefined);
  if (bridge || !(found || redis)) return { bridge, commandTimeout: undefined };
  return chooseRedisBridge(options, found);
}

function optionsOf(place: Place | undefined): DistributedCacheOptions {
  if (place && 'connectionString' in place) return { redisConnectionString: place.connectionString };
  return { ...place };
}
