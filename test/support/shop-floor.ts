import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { cluster, type Cluster } from './cluster.js';

interface Write {
  readonly by: DistributedCache;
  /** When its invalidation entered the log; `undefined` while it waits. */
  loggedAt: number | undefined;
}

/** A read that broke a promise. */
export interface Violation {
  readonly promise: string;
  readonly key: string;
  readonly behind: number;
}

/**
 * A source of truth behind the instances of a cluster, and a witness of what they serve: it knows when every change entered the log,
 * and so how stale every read was.
 */
export class ShopFloor {
  readonly violations: Violation[] = [];
  readonly #cluster: Cluster;
  readonly #maxStaleness: number;
  readonly #writes = new Map<string, Write[]>();
  /** Puts whose method has not returned. */
  readonly #onTheirWay = new Set<Write>();

  private constructor(instances: Cluster, maxStaleness: number) {
    this.#cluster = instances;
    this.#maxStaleness = maxStaleness;
  }

  static async open(size: number, maxStaleness: number): Promise<ShopFloor> {
    return new ShopFloor(await cluster(size).with({ maxStaleness }).connected(), maxStaleness);
  }

  get bridge(): Cluster['bridge'] {
    return this.#cluster.bridge;
  }

  instance(index: number): DistributedCache {
    const instance = this.#cluster.instances[index];
    if (!instance) throw new Error(`no instance ${index}`);
    return instance;
  }

  /** A change of the source of truth, evicted by the instance that made it. */
  write(index: number, key: string): void {
    const by = this.instance(index);
    this.#writesOf(key).push({ by, loggedAt: undefined });
    void by.region('r').evict(key);
  }

  /** The same through a put whose way back from its commit takes `duration` ms. */
  update(index: number, key: string, duration: number): void {
    const by = this.instance(index);
    const writes = this.#writesOf(key);
    const write: Write = { by, loggedAt: undefined };
    const method = async (): Promise<number> => {
      writes.push(write);
      this.#onTheirWay.add(write);
      const version = writes.length;
      await this.#pass(duration);
      return version;
    };
    void by
      .region<number>('r')
      .update(key, method)
      .then(() => this.#onTheirWay.delete(write));
  }

  /** A read whose load, if there is one, sees the source at its start and takes `duration` ms. */
  read(index: number, key: string, duration: number): void {
    const { clock } = this.#cluster;
    const instance = this.instance(index);
    const askedAt = clock.now();
    const writes = this.#writesOf(key);
    const evictedHere = writes.findLastIndex((write) => write.by === instance && this.#isApplied(write)) + 1;
    const isOver = writes.map(({ loggedAt }) => loggedAt !== undefined && askedAt - loggedAt > this.#maxStaleness);
    const load = async (): Promise<number> => {
      const version = writes.length;
      await this.#pass(duration);
      return version;
    };
    void instance
      .region<number>('r')
      .getOrLoad(key, load)
      .then((version) => {
        if (version < evictedHere) this.#broken('read your own evictions', key, evictedHere - version);
        if (isOver.slice(version).includes(true)) this.#broken('bounded staleness', key, writes.length - version);
      });
  }

  async pass(milliseconds: number): Promise<void> {
    // In small steps, so that it is seen when an invalidation enters the log; late by a step is on the safe side of no promise.
    for (let left = milliseconds; left > 0; left -= 50) {
      await this.#cluster.clock.advance(Math.min(left, 50));
      this.#observe();
    }
  }

  /** After all faults and some time: what is held is what is true. */
  expectCoherence(): void {
    for (const [key, writes] of this.#writes) {
      for (const instance of this.#cluster.instances) {
        const version = instance.region<number>('r').getSync(key);
        if (version !== undefined && version < writes.length) this.#broken('coherence', key, writes.length - version);
      }
    }
  }

  #observe(): void {
    const now = this.#cluster.clock.now();
    for (const write of [...this.#writes.values()].flat()) {
      if (write.by.status().outbox === 0 && this.#isApplied(write)) write.loggedAt ??= now;
    }
  }

  /** A put that is still on its way back has evicted nothing yet. */
  #isApplied(write: Write): boolean {
    return !this.#onTheirWay.has(write);
  }

  #writesOf(key: string): Write[] {
    const known = this.#writes.get(key);
    if (known) return known;
    const writes: Write[] = [];
    this.#writes.set(key, writes);
    return writes;
  }

  #pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#cluster.clock.schedule(() => resolve(), milliseconds));
  }

  #broken(promise: string, key: string, behind: number): void {
    this.violations.push({ promise, key, behind });
  }
}
