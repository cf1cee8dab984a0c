import type { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { DistributedCacheOptions } from 'nestjs-distributed-cache';
import { ageMemberList } from '../redis/member-list.js';
import type { RedisServer, RedisServerOptions } from '../redis/redis-server.js';
import { startRedis } from '../redis/using-redis.js';
import { History } from '../../coherence/history.js';
import { LabInstance } from './lab-instance.js';
import { LogWitness } from './log-witness.js';
import { StaleReads } from './stale-reads.js';
import { Traffic } from './traffic.js';
import { untilAllCoherent, untilEvicted, untilHealthy, untilRead, untilUnsynced } from './waits.js';

/** Small, so that a fault outlasts all of them within seconds. */
export const MAX_STALENESS = 1_000;
export const COMMAND_TIMEOUT = 600;
export const PUBLISH_TIMEOUT = 250;

/** Durations in ms: what is measured is held against them. */
export interface LabOptions extends DistributedCacheOptions {
  readonly maxStaleness: number;
  readonly publishTimeout: number;
}

const OPTIONS: LabOptions = {
  namespace: 'lab',
  maxStaleness: MAX_STALENESS,
  commandTimeout: COMMAND_TIMEOUT,
  publishTimeout: PUBLISH_TIMEOUT,
  drainTimeout: 300,
  redis: { connectTimeout: 500 },
  regions: { prices: { whenDisconnected: 'bypass' } },
};

/** Enough for every instance to hold much of what it reads. */
const WARM_READS = 2_000;

/**
 * Instances of an application on a Redis of their own, each behind its proxy, with readers and writers that never rest.
 *
 * @example
 * const shop = await lab(3).open();
 * const seen = await endures(shop, { fault: 'link cut', … });
 */
export function lab(size: number): LabPlan {
  return new LabPlan(size);
}

export class LabPlan {
  readonly #size: number;
  #options = OPTIONS;
  #server: RedisServerOptions = {};
  #shareEverywhere = 0;

  constructor(size: number) {
    this.#size = size;
  }

  with(options: Partial<LabOptions>): this {
    this.#options = { ...this.#options, ...options, regions: { ...this.#options.regions, ...options.regions } };
    return this;
  }

  /** Some changes are evicted everywhere. */
  evictingEverywhere(): this {
    this.#shareEverywhere = 0.03;
    return this;
  }

  on(server: RedisServerOptions): this {
    this.#server = server;
    return this;
  }

  /** Starts all of it and waits until every instance is coherent and holds copies. It ends with the test. */
  async open(): Promise<FaultLab> {
    const redis = await startRedis(this.#server);
    const history = new History({ now: () => performance.now(), maxStaleness: this.#options.maxStaleness });
    const witness = new LogWitness(history, redis.client(), 'lab');
    const names = Array.from({ length: this.#size }, (_, index) => String.fromCodePoint(97 + index));
    const started = names.map((name) => LabInstance.start(name, this.#options, redis.port, history, witness));
    const instances = await Promise.all(started);
    const shop = new FaultLab(redis, this.#options, history, witness, instances, this.#shareEverywhere);
    onTestFinished(() => shop.close());
    if (this.#shareEverywhere > 0) await shop.ageMembers();
    await shop.warm();
    return shop;
  }
}

export class FaultLab {
  readonly redis: RedisServer;
  /** Past all proxies. */
  readonly admin: Redis;
  readonly history: History;
  readonly witness: LogWitness;
  readonly instances: readonly LabInstance[];
  readonly staleReads: StaleReads;
  readonly traffic: readonly Traffic[];
  readonly maxStaleness: number;
  readonly publishTimeout: number;

  constructor(
    redis: RedisServer,
    { maxStaleness, publishTimeout }: LabOptions,
    history: History,
    witness: LogWitness,
    instances: readonly LabInstance[],
    shareEverywhere: number,
  ) {
    this.redis = redis;
    this.admin = redis.admin;
    this.history = history;
    this.witness = witness;
    this.instances = instances;
    this.staleReads = new StaleReads(history);
    const common = { size: instances.length, shareEverywhere, everywhereTimeout: 3 * maxStaleness };
    this.traffic = instances.map(({ shop }, index) => new Traffic(shop, this.staleReads, { ...common, index }));
    this.maxStaleness = maxStaleness;
    this.publishTimeout = publishTimeout;
  }

  get a(): LabInstance {
    return this.#at(0);
  }

  get b(): LabInstance {
    return this.#at(1);
  }

  get c(): LabInstance {
    return this.#at(2);
  }

  /** Messages that the log has accepted, of all instances together. */
  get published(): number {
    return this.instances.reduce((sum, { cache }) => sum + cache.stats().bridge.published, 0);
  }

  /** Links opened after the first, of all instances together. */
  get reconnects(): number {
    return this.instances.reduce((sum, { cache }) => sum + cache.stats().bridge.reconnects, 0);
  }

  /** Lets the server have known all members for so long that an eviction everywhere does not wait for a lease in any case. */
  async ageMembers(): Promise<void> {
    await untilAllCoherent(this.instances);
    await ageMemberList(this.admin, '{lab}:members');
    await this.untilHealthy();
  }

  /** Starts the traffic and waits until every instance holds copies. */
  async warm(): Promise<void> {
    await untilAllCoherent(this.instances);
    for (const traffic of this.traffic) traffic.start();
    await untilRead(this.traffic, WARM_READS);
  }

  /** Resolves when none of the instances has synced for somewhat longer than its lease. */
  untilPastLease(...instances: readonly LabInstance[]): Promise<void> {
    return untilUnsynced(instances, 1.3 * this.maxStaleness);
  }

  /** Resolves when every instance has evicted so many times more. */
  untilEvicted(count: number): Promise<void> {
    return untilEvicted(this.traffic, count);
  }

  /** Resolves when every instance has synced since `since`, and nothing waits for it to be delivered. */
  untilHealthy(since = performance.now()): Promise<void> {
    return untilHealthy(this.instances, since);
  }

  async close(): Promise<void> {
    this.redis.resume();
    await Promise.all(this.traffic.map((traffic) => traffic.stop()));
    await Promise.all(this.instances.map((instance) => instance.stop()));
    await this.redis.stop();
    await this.witness.stop();
  }

  #at(index: number): LabInstance {
    const instance = this.instances[index];
    if (!instance) throw new Error(`the lab has no instance ${index + 1}`);
    return instance;
  }
}
