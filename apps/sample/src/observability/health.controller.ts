import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { DistributedCacheHealthIndicator } from 'nestjs-distributed-cache/terminus';

/** For load balancers, probes and people. */
@Controller('health')
export class HealthController {
  readonly #health: HealthCheckService;
  readonly #cache: DistributedCacheHealthIndicator;

  constructor(health: HealthCheckService, cache: DistributedCacheHealthIndicator) {
    this.#health = health;
    this.#cache = cache;
  }

  /** Whether this instance can serve: also without Redis, then the answer is 200 with the status `degraded`. */
  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.#health.check([() => this.#cache.isHealthy('cache')]);
  }

  /** Whether this process answers. It asks nobody: a process is not restarted for what is wrong elsewhere. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }
}
