import type { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { eventually } from '../common/eventually.js';

const KEY = 'confirmed';

/**
 * One instance changes a source of truth and evicts everywhere, over and over, while others read, through whatever happens to Redis
 * meanwhile. A read that begins after an eviction was confirmed must not get a value from before it.
 */
export class ConfirmedEvictions {
  readonly #writer: DistributedCache;
  readonly #done: Promise<unknown>;
  readonly #tooEarly = new Set<string>();
  #version = 0;
  #confirmedVersion = 0;
  #isRunning = true;
  confirmed = 0;

  /** Changes, evicts and reads until {@link readTooEarly} is called. */
  constructor(writer: DistributedCache, ...readers: readonly DistributedCache[]) {
    this.#writer = writer;
    this.#done = Promise.all([this.#change(), ...readers.map((reader) => this.#read(reader))]);
  }

  /** Waits until `count` more evictions were confirmed. */
  async untilConfirmed(count: number): Promise<void> {
    const target = this.confirmed + count;
    await eventually(() => {
      if (this.confirmed < target) throw new Error('nothing is confirmed');
    }, 60_000);
  }

  /** Stops. Resolves with the reads that began after an eviction was confirmed and got a value from before it. */
  async readTooEarly(): Promise<readonly string[]> {
    this.#isRunning = false;
    await this.#done;
    return [...this.#tooEarly];
  }

  async #change(): Promise<void> {
    while (this.#isRunning) {
      const version = (this.#version += 1);
      await this.#writer.region('products').evict(KEY, { everywhere: { timeout: '1m' } });
      this.#confirmedVersion = version;
      this.confirmed += 1;
    }
  }

  async #read(reader: DistributedCache): Promise<void> {
    while (this.#isRunning) {
      const atLeast = this.#confirmedVersion;
      const version = await reader.region('products').getOrLoad(KEY, () => this.#version);
      if (version < atLeast) this.#tooEarly.add(`${version} instead of ${atLeast}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
