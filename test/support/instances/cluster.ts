import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { CacheSettings, RegionSettings } from '../../../libs/distributed-cache/src/cache/settings.js';
import { InMemoryInvalidationBridge } from '../../../libs/distributed-cache/src/testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../../../libs/distributed-cache/src/testing/manual-clock.js';
import { RecordedLogger } from './recorded-logger.js';

/** The longest pause between two tries to dial; after it a healed instance has dialled. */
export const LONGEST_BACK_OFF = 2_000;

const REGION_DEFAULTS: RegionSettings = {
  ttl: 300_000,
  // None, so that a test can say when an entry expires.
  ttlJitter: 0,
  maxEntries: 10_000,
  values: 'shared',
  whenDisconnected: 'reload',
};

const DEFAULTS: CacheSettings = {
  ...REGION_DEFAULTS,
  namespace: 'shop',
  enabled: true,
  maxSize: undefined,
  sizeOf: undefined,
  maxStaleness: 10_000,
  regions: new Map(),
  onUndelivered: 'queue',
  invalidationLogLength: 4_096,
  outboxLimit: 10_000,
  publishTimeout: 1_000,
  commandTimeout: 2_000,
  drainTimeout: 2_000,
  minReplicas: 0,
  reevictAfter: undefined,
};

/** The documented defaults, without jitter, and what the test wants otherwise. */
export function cacheSettings(settings: Partial<CacheSettings> = {}): CacheSettings {
  return { ...DEFAULTS, ...settings };
}

/** Settings of one region: the cache's own, and what the test wants otherwise. */
export function regionSettings(settings: Partial<RegionSettings>): RegionSettings {
  return { ...REGION_DEFAULTS, ...settings };
}

/**
 * Instances of one application in one process, over one bridge and one clock that only the test moves.
 *
 * @example
 * const { a, b, bridge, clock } = await cluster(2).with({ maxStaleness: 2_000 }).connected();
 */
export function cluster(size: number): Cluster {
  return new Cluster(size);
}

export class Cluster {
  readonly clock = new ManualClock();
  readonly bridge = new InMemoryInvalidationBridge({ clock: this.clock });
  readonly log = new RecordedLogger();
  readonly #size: number;
  #settings = cacheSettings();
  #instances: readonly DistributedCache[] | undefined;

  constructor(size: number) {
    this.#size = size;
  }

  with(settings: Partial<CacheSettings>): this {
    this.#settings = cacheSettings(settings);
    return this;
  }

  get instances(): readonly DistributedCache[] {
    return (this.#instances ??= Array.from({ length: this.#size }, () => this.#newInstance()));
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

  /** Connects every instance and waits for its first sync. */
  async connected(): Promise<this> {
    for (const instance of this.instances) instance.start(this.bridge);
    await this.clock.advance(0);
    return this;
  }

  /** Every instance in local mode. */
  alone(): this {
    for (const instance of this.instances) instance.start(undefined);
    return this;
  }

  /** One more instance of the application, connected. */
  async joinedBy(settings: Partial<CacheSettings> = {}): Promise<DistributedCache> {
    const instance = new DistributedCache({ ...this.#settings, ...settings }, { clock: this.clock, logger: this.log });
    instance.start(this.bridge);
    await this.clock.advance(0);
    return instance;
  }

  #newInstance(): DistributedCache {
    return new DistributedCache(this.#settings, { clock: this.clock, logger: this.log });
  }

  #at(index: number): DistributedCache {
    const instance = this.instances[index];
    if (!instance) throw new Error(`cluster(${this.#size}) has no instance ${index + 1}`);
    return instance;
  }
}
