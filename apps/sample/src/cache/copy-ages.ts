import { Injectable } from '@nestjs/common';
import { DistributedCache } from 'nestjs-distributed-cache';

/** The region of the single products; the lists say their age by themselves, see `@HttpCache`. */
const REGION = 'products';

/** As many as the cache itself has entries by default. */
const MOST = 10_000;

/** How long ago each product that this instance holds was read from the database. */
@Injectable()
export class CopyAges {
  /** When each was stored, in monotonic ms, the oldest first. */
  readonly #storedAt = new Map<string, number>();

  constructor(cache: DistributedCache) {
    cache.on('store', ({ region, key }) => {
      if (region === REGION) this.#remember(key);
    });
  }

  /** In ms; `undefined`: it is no product, or nothing is known of it. */
  ageOf(region: string, key: string): number | undefined {
    const storedAt = region === REGION ? this.#storedAt.get(key) : undefined;
    return storedAt === undefined ? undefined : performance.now() - storedAt;
  }

  #remember(key: string): void {
    const [oldest] = this.#storedAt.size < MOST ? [] : this.#storedAt.keys();
    if (oldest !== undefined) this.#storedAt.delete(oldest);
    // Behind all others again.
    this.#storedAt.delete(key);
    this.#storedAt.set(key, performance.now());
  }
}
