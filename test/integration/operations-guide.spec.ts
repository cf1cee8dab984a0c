import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { Controller, Get, Header, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule, type HealthCheckResult } from '@nestjs/terminus';
import { Logger, LoggerModule } from 'nestjs-pino';
import { collectDefaultMetrics, register } from 'prom-client';
import { DistributedCache, DistributedCacheModule } from 'nestjs-distributed-cache';
import { DistributedCacheOpenTelemetryModule } from 'nestjs-distributed-cache/opentelemetry';
import { DistributedCachePrometheusModule } from 'nestjs-distributed-cache/prometheus';
import { DistributedCacheHealthIndicator } from 'nestjs-distributed-cache/terminus';
import { InMemoryInvalidationBridge, ManualClock } from 'nestjs-distributed-cache/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CACHE_METRICS,
  LOAD_DURATION,
  REGION_METRICS,
} from '../../libs/distributed-cache/src/cache/figures/metrics.js';
import { instances } from '../support/instances/instances.js';
import { collectCacheMetrics } from 'nestjs-distributed-cache/prometheus';

// What follows is on the page, word by word, under the imports that it needs: so it compiles, and it runs in the tests below.

// Of the process: CPU, memory, event loop.
collectDefaultMetrics();

@Controller('metrics')
export class MetricsController {
  @Get()
  @Header('content-type', register.contentType)
  metrics(): Promise<string> {
    return register.metrics();
  }
}

@Module({
  imports: [DistributedCacheModule.forRoot(), DistributedCachePrometheusModule.forRoot()],
  controllers: [MetricsController],
})
export class MeasuredModule {}

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly cache: DistributedCacheHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([() => this.cache.isHealthy('cache')]);
  }

  @Get('live')
  live(): { status: string } {
    return { status: 'ok' };
  }
}

@Module({ imports: [TerminusModule], controllers: [HealthController], providers: [DistributedCacheHealthIndicator] })
export class HealthModule {}

@Module({
  imports: [
    DistributedCacheModule.forRoot({ observability: { tracePropagation: true } }),
    DistributedCacheOpenTelemetryModule.forRoot(),
  ],
})
export class TracedModule {}

async function logged(AppModule: Type): Promise<void> {
  // Without bufferLogs, the lines of the boot go to the console, as text.
  const app = await NestFactory.create(AppModule, { bufferLogs: true });
  app.useLogger(app.get(Logger)); // of nestjs-pino
  await app.init();
  await app.close();
}

const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const here = await readFile(new URL(import.meta.url), 'utf8');

const IMPORT = /^import \{ (.*) \} from '([^.'][^']*)';$/gm;

/** What is imported of packages, but for the test runner. */
function importsIn(code: string): string[] {
  return Array.from(code.matchAll(IMPORT))
    .filter(([, , from = '']) => !/^(vitest|node:)/.test(from))
    .flatMap(([, names = '', from = '']) => names.split(', ').map((name) => `${name.replace('type ', '')} of ${from}`));
}

async function served(module: Type): Promise<(path: string) => Promise<{ status: number; body: string }>> {
  const app = await NestFactory.create(module, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return async (path) => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, body: await response.text() };
  };
}

describe('the page on operations', () => {
  it('shows only code that this file compiles and runs, with the imports that it needs', () => {
    const lines = (text: string): string => text.replaceAll(/\s*\n\s*/g, '\n').trim();
    const blocks = Array.from(page.matchAll(/```ts\n(.*?)\n```/gs), ([, code = '']) => code);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks) {
      const code = lines(block.replaceAll(IMPORT, ''));
      expect(lines(here)).toContain(code);
      if (!/^import /m.test(block)) continue;
      const needed = importsIn(here).filter((entry) => new RegExp(`\\b${entry.split(' ')[0]}\\b`).test(code));
      expect(importsIn(block).toSorted()).toEqual(needed.toSorted());
    }
  });

  it('names every metric, for Prometheus and OpenTelemetry side by side, and no other', async () => {
    const { a } = await instances(1).connected();
    collectCacheMetrics(a);
    const registered = register.getMetricsAsArray().map(({ name }) => name);
    const rows = Array.from(
      page.matchAll(/^\| `(distributed_cache_\w+)` +\| `(distributed_cache\.[\w.]+)` +\|/gm),
      ([, prometheus = '', openTelemetry = '']) => `${prometheus} ${openTelemetry}`,
    );
    const names = [...CACHE_METRICS, ...REGION_METRICS].map(({ name }) => ({ name, openTelemetry: name }));
    const known = [...names, { name: LOAD_DURATION.name, openTelemetry: 'load.duration' }].map(
      ({ name, openTelemetry }) => {
        const prometheus = registered.find((each) => new RegExp(`_cache_${name}(_seconds)?(_total)?$`).test(each));
        return `${prometheus} distributed_cache.${openTelemetry}`;
      },
    );
    expect(rows.toSorted()).toEqual(known.toSorted());
  });

  it('names every label and every value of one that has few', () => {
    const labels = [...CACHE_METRICS, ...REGION_METRICS, LOAD_DURATION].flatMap(({ label }) => label ?? []);
    for (const label of labels) expect(page).toContain(`label \`${label}\``);
    for (const cause of ['invalidated', 'expired', 'replaced', 'evicted']) expect(page).toContain(`\`${cause}\``);
  });

  it('names every alert, with its severity and its runbook', async () => {
    const rules = await readFile(
      new URL('../../libs/distributed-cache/prometheus/alerts.yml', import.meta.url),
      'utf8',
    );
    const alerts = Array.from(
      rules.matchAll(/- alert: (\w+)\n.*?severity: (\w+)\n.*?docs\/(runbooks\/[\w-]+\.md)\n/gs),
      ([, alert = '', severity = '', runbook = '']) => `[\`${alert}\`](${runbook}) ${severity}`,
    );
    const rows = Array.from(
      page.matchAll(/^\| (\[`DistributedCache\w+`\]\([^)]*\)) +\| (\w+) +\|/gm),
      ([, alert = '', severity = '']) => `${alert} ${severity}`,
    );
    expect(rows).toEqual(alerts);
  });

  it('shows a route for Prometheus that works', async () => {
    const get = await served(MeasuredModule);
    expect((await get('/metrics')).body).toContain(
      'distributed_cache_state{cache="distributed-cache",state="local"} 1',
    );
  });

  it('shows routes for probes, which stay 200 while Redis is away', async () => {
    const clock = new ManualClock();
    const bridge = new InMemoryInvalidationBridge({ clock });
    @Module({ imports: [DistributedCacheModule.forRoot({ bridge, clock }), HealthModule] })
    class AppModule {
      constructor(readonly cache: DistributedCache) {
        caches.push(cache);
      }
    }
    const caches: DistributedCache[] = [];
    const get = await served(AppModule);
    expect(JSON.parse((await get('/health')).body)).toMatchObject({ status: 'ok' });
    for (const cache of caches) bridge.cut(cache);
    await clock.advance('1m');
    const degraded = await get('/health');
    expect({ status: degraded.status, body: JSON.parse(degraded.body) }).toMatchObject({
      status: 200,
      body: { status: 'degraded' },
    });
    expect((await get('/health/live')).status).toBe(200);
  });

  it('shows a module that traces, and boots without an SDK', async () => {
    const app = await NestFactory.createApplicationContext(TracedModule, { logger: false, abortOnError: false });
    const { delivered } = await app.get(DistributedCache).region('r').evict('1');
    expect(delivered).toBe(true);
    await app.close();
  });

  it('shows how the lines get to nestjs-pino as fields, those of the boot as well', async () => {
    const lines: unknown[] = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const bridge = new InMemoryInvalidationBridge();
    @Module({
      imports: [
        LoggerModule.forRoot({ pinoHttp: [{}, stream] }),
        DistributedCacheModule.forRoot({ bridge, namespace: 'shop' }),
      ],
    })
    class AppModule {}
    await logged(AppModule);
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 30,
        context: 'DistributedCache',
        namespace: 'shop',
        msg: 'Connected: the local copies are coherent',
      }),
    );
  });
});
