import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { DistributedCache } from 'nestjs-distributed-cache';

/** Shows and clears the cache. */
@Controller('cache')
export class CacheController {
  readonly #cache: DistributedCache;

  constructor(cache: DistributedCache) {
    this.#cache = cache;
  }

  /** The state and the statistics of this instance. */
  @Get('status')
  status() {
    return { status: this.#cache.status(), stats: this.#cache.stats() };
  }

  /** Removes all entries, in every instance. */
  @Post('clear')
  @HttpCode(204)
  async clear(): Promise<void> {
    await this.#cache.clear();
  }
}
