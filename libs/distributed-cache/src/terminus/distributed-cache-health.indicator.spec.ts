import 'reflect-metadata';
import { Controller, Get, Inject, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { DistributedCacheModule } from 'nestjs-distributed-cache';
import { DistributedCacheHealthIndicator } from 'nestjs-distributed-cache/terminus';
import { InMemoryInvalidationBridge, ManualClock } from 'nestjs-distributed-cache/testing';
import { DistributedCache } from 'nestjs-distributed-cache';
import { describe, expect, it, onTestFinished } from 'vitest';

@Controller()
class HealthController {
  readonly #health: HealthCheckService;
  readonly #cache: DistributedCacheHealthIndicator;

  constructor(
    @Inject(HealthCheckService) health: HealthCheckService,
    @Inject(DistributedCacheHealthIndicator) cache: DistributedCacheHealthIndicator,
  ) {
    this.#health = health;
    this.#cache = cache;
  }

  @Get('health')
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.#health.check([() => this.#cache.isHealthy('cache')]);
  }

  @Get('health/sessions')
  @HealthCheck()
  sessions(): Promise<HealthCheckResult> {
    return this.#health.check([() => this.#cache.isHealthy('sessions', { name: 'sessions' })]);
  }

  @Get('health/unknown')
  @HealthCheck()
  unknown(): Promise<HealthCheckResult> {
    return this.#health.check([() => this.#cache.isHealthy('other', { name: 'other' })]);
  }
}

interface World {
  readonly app: INestApplication;
  readonly bridge: InMemoryInvalidationBridge;
  readonly clock: ManualClock;
  answer(path: string): Promise<{ readonly status: number; readonly body: unknown }>;
}

async function world(): Promise<World> {
  const clock = new ManualClock();
  const bridge = new InMemoryInvalidationBridge({ clock });

  @Module({
    imports: [
      TerminusModule.forRoot({ logger: false }),
      DistributedCacheModule.forRoot({ bridge, clock }),
      DistributedCacheModule.forRoot({ name: 'sessions', redisConnectionString: '' }),
    ],
    controllers: [HealthController],
    providers: [DistributedCacheHealthIndicator],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const answer = async (path: string): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: await response.json() };
  };
  return { app, bridge, clock, answer };
}

describe('the health indicator', () => {
  it('is up while the cache is coherent', async () => {
    const { answer } = await world();
    expect(await answer('/health')).toMatchObject({
      status: 200,
      body: { status: 'ok', info: { cache: { status: 'up', state: 'coherent', outbox: 0 } } },
    });
  });

  it('is degraded while the cache serves and cannot reach the others, and the answer is 200', async () => {
    const { app, bridge, clock, answer } = await world();
    bridge.cut(app.get(DistributedCache));
    await clock.advance('1m');
    expect(await answer('/health')).toMatchObject({
      status: 200,
      body: { status: 'degraded', details: { cache: { status: 'degraded', state: 'disconnected' } } },
    });
  });

  it('tells of a cache by its name', async () => {
    const { answer } = await world();
    expect(await answer('/health/sessions')).toMatchObject({
      status: 200,
      body: { info: { sessions: { status: 'up', state: 'local' } } },
    });
  });

  it('fails with a sentence that says how to mend it when there is no such cache', async () => {
    const { app } = await world();
    await expect(app.get(DistributedCacheHealthIndicator).isHealthy('x', { name: 'other' })).rejects.toThrow(
      "this application has no cache 'other'. Import DistributedCacheModule.forRoot({ name: 'other' }), or correct the name.",
    );
  });
});
