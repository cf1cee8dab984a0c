import { expect } from 'vitest';
import type { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { copies, eventually, fill, untilCoherent, untilDropped, type CacheOnRedis } from './redis-caches.js';

let keys = 0;

/** Whether each of them is told of what the other evicts, and drops it. */
export async function hearEachOther(a: CacheOnRedis, b: CacheOnRedis): Promise<boolean> {
  return (await isHeard(a, b)) && (await isHeard(b, a));
}

async function isHeard({ cache: one }: CacheOnRedis, { cache: other }: CacheOnRedis): Promise<boolean> {
  const key = `heard-${(keys += 1)}`;
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
  constructor(writer: CacheOnRedis, reader: CacheOnRedis) {
    this.#writer = writer.cache;
    this.#reader = reader.cache;
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
