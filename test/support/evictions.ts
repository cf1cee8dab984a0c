import { expect } from 'vitest';
import type { DistributedCache } from '../../libs/distributed-cache/src/cache/distributed-cache.js';
import { copies, eventually, fill, untilCoherent, untilDropped, type CacheOnRedis } from './redis-caches.js';

let keys = 0;

/** What one evicts, the other drops, in either direction. */
export async function expectToHearEachOther(a: CacheOnRedis, b: CacheOnRedis): Promise<void> {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const key = `heard-${(keys += 1)}`;
    const before = other.cache.stats().bridge.received;
    await fill(key, 'value', one.cache, other.cache);
    await one.cache.region('products').evict(key);
    await untilDropped(key, one.cache, other.cache);
    // Dropped because it was told, and not because it started over.
    expect(other.cache.stats().bridge.received).toBeGreaterThan(before);
  }
}

/** A source of truth that one instance changes and another reads, over and over, through whatever happens to Redis meanwhile. */
export class ChangingSource {
  readonly #versions = new Map<string, number>();
  readonly #writer: DistributedCache;
  readonly #reader: DistributedCache;
  #isRunning = true;
  #done: Promise<unknown>;
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
    await eventually(() => expect(this.changes).toBeGreaterThanOrEqual(target), 30_000);
  }

  /** Stops. Once all is delivered, no copy that the reader trusts is an old one. */
  async settled(): Promise<void> {
    this.#isRunning = false;
    await this.#done;
    await untilCoherent(this.#writer, this.#reader);
    await eventually(() => expect(this.#writer.status().outbox).toBe(0));
    await eventually(() => expect(this.#reader.status().position).toBe(this.#writer.status().position));
    for (const [key, version] of this.#versions) {
      expect([version, undefined], key).toContain(copies(key, this.#reader)[0]);
      expect(await this.#versionReadOf(key), key).toBe(version);
    }
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
