import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { DistributedCache } from 'nestjs-distributed-cache';

/** What the cache of this instance is doing. */
@Controller('cache')
export class CacheController {
  readonly #cache: DistributedCache;

  constructor(cache: DistributedCache) {
    this.#cache = cache;
  }

  @Get('status')
  status() {
    return { status: this.#cache.status(), stats: this.#cache.stats() };
  }

  /** Empties the cache of every instance. */
  @Post('clear')
  @HttpCode(204)
  async clear(): Promise<void> {
    await this.#cache.clear();
  }
}
