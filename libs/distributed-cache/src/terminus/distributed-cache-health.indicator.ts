import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import type { DistributedCache } from '../cache/distributed-cache.js';
import { getDistributedCacheToken } from '../cache/distributed-cache.token.js';
import { InvalidOptionsError } from '../errors.js';

/** Options of a health check of a cache. @publicApi */
export interface HealthOptions {
  /** The name of the cache. Default: the unnamed one. */
  name?: string | undefined;
}

/**
 * Tells `@nestjs/terminus` how a cache is: `up`; `degraded`, which is answered with 200, while it serves and Redis cannot be reached or does
 * not take what was evicted; `down` only with `abortConnect`, before the application has started. So no load balancer takes all instances
 * out when Redis dies.
 *
 * @example
 * @Get('health') @HealthCheck()
 * check() {
 *   return this.health.check([() => this.cache.isHealthy('cache')]);
 * }
 *
 * @publicApi
 */
@Injectable()
export class DistributedCacheHealthIndicator {
  readonly #moduleRef: ModuleRef;
  readonly #indicators: HealthIndicatorService;

  constructor(
    @Inject(ModuleRef) moduleRef: ModuleRef,
    @Inject(HealthIndicatorService) indicators: HealthIndicatorService,
  ) {
    this.#moduleRef = moduleRef;
    this.#indicators = indicators;
  }

  /**
   * @param key - under which the result stands in the answer
   * @throws {InvalidOptionsError} when there is no such cache
   */
  async isHealthy<const Key extends string>(
    key: Key,
    { name }: HealthOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const { status, ...details } = this.#cache(name).health();
    const session = this.#indicators.check(key);
    if (status === 'down') return session.down(details);
    if (status === 'up') return session.up(details);
    // Before 12.1, terminus knows only up and down.
    const knowsDegraded = typeof Reflect.get(session, 'degraded') === 'function';
    return knowsDegraded ? session.degraded(details) : session.up({ ...details, degraded: true });
  }

  #cache(name: string | undefined): DistributedCache {
    try {
      return this.#moduleRef.get<DistributedCache>(getDistributedCacheToken(name), { strict: false });
    } catch (cause) {
      const which = name === undefined ? 'no cache' : `no cache '${name}'`;
      throw new InvalidOptionsError(
        `DistributedCacheHealthIndicator: this application has ${which}. Import DistributedCacheModule.forRoot(${
          name === undefined ? '' : `{ name: '${name}' }`
        }), or correct the name.`,
        { cause },
      );
    }
  }
}
