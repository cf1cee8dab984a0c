import { expect } from 'vitest';
import type { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { eventually } from '../common/eventually.js';
import { copies, fill, untilCoherent, untilDropped } from './copies.js';
import { instances, type Place } from './instances.js';

let keys = 0;

/** Whether an eviction by either reaches the other, as a message, and drops what that holds. */
export async function reachEachOther(a: DistributedCache, b: DistributedCache): Promise<boolean> {
  return (await reaches(a, b)) && (await reaches(b, a));
}

/** Whether two instances that connect to `place` reach each other; they are closed again. */
export async function isReached(place: Place, options: DistributedCacheOptions = {}): Promise<boolean> {
  const both = await instances(2).on(place).with(options).connected();
  const reached = await reachEachOther(both.a, both.b);
  await both.close();
  return reached;
}

async function reaches(one: DistributedCache, other: DistributedCache): Promise<boolean> {
  const key = `reached-${(keys += 1)}`;
  await fill(key, 'value', one, other);
  const before = other.stats().bridge.received;
  await one.region('products').evict(key);
  await untilDropped(key, one, other);
  // Otherwise it was dropped with everything else.
  return other.stats().bridge.received > before;
}

/** A source of truth that one instance changes and another reads, over and over, through whatever happens to Redis meanwhile. */
export class ChangingSource {
  readonly #versions = new Map<string, number>();
  readonly #writer: DistributedCache;
  readonly #reader: DistributedCache;
  #isRunning = true;
  readonly #done: Promise<unknown>;
  changes = 0;

  /** Changes, evicts and reads until {@link settled} is called. */
  constructor(writer: DistributedCache, reader: DistributedCache) {
    this.#writer = writer;
    this.#reader = reader;
    this.#done = Promise.all([this.#change(), this.#read()]);
  }

  /** Waits until `count` more changes were made. */
  async untilChanged(count: number): Promise<void> {
    const target = this.changes + count;
    await eventually(() => (this.changes < target ? Promise.reject(new Error('nothing changes')) : undefined), 30_000);
  }

  /** Stops, and waits until all is delivered. Resolves with the keys of which the reader then trusts, or is given, an old version. */
  async settled(): Promise<readonly string[]> {
    this.#isRunning = false;
    await this.#done;
    await untilCoherent(this.#writer, this.#reader);
    await untilDelivered(this.#writer);
    await untilAtOnePosition(this.#writer, this.#reader);
    const stale: string[] = [];
    for (const [key, version] of this.#versions) {
      const [copy] = copies(key, this.#reader);
      if ((copy !== undefined && copy !== version) || (await this.#versionReadOf(key)) !== version) stale.push(key);
    }
    return stale;
  }

  async #change(): Promise<void> {
    for (; this.#isRunning; this.changes += 1) {
      const key = `changing-${this.changes % 20}`;
      this.#versions.set(key, this.changes);
      await this.#writer.region('products').evict(key);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async #read(): Promise<void> {
    while (this.#isRunning) {
      for (const key of this.#versions.keys()) await this.#versionReadOf(key);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #versionReadOf(key: string): Promise<unknown> {
    return this.#reader.region('products').getOrLoad(key, () => this.#versions.get(key));
  }
}

async function untilDelivered(cache: DistributedCache): Promise<void> {
  await eventually(() => expect(cache.status().outbox).toBe(0));
}

async function untilAtOnePosition(...caches: readonly DistributedCache[]): Promise<void> {
  await eventually(() => expect(new Set(caches.map((cache) => cache.status().position)).size).toBe(1));
}
