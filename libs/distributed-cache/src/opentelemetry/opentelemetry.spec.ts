import 'reflect-metadata';
import { tracingChannel } from 'node:diagnostics_channel';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { context, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { DistributedCache, DistributedCacheModule } from 'nestjs-distributed-cache';
import { DistributedCacheOpenTelemetryModule, instrumentCache } from 'nestjs-distributed-cache/opentelemetry';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../test/support/common/failure-of.js';

const SECRET = 'alice@example.org';

interface Traces {
  readonly tracer: Tracer;
  /** The spans that have ended, by their names. */
  spans(name: string): readonly ReadableSpan[];
  readonly shown: string;
}

function traces(): Traces {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  onTestFinished(async () => {
    context.disable();
    await provider.shutdown();
  });
  return {
    tracer: provider.getTracer('test'),
    spans: (name) => exporter.getFinishedSpans().filter((span) => span.name === name),
    get shown() {
      const ended = exporter.getFinishedSpans();
      return JSON.stringify(
        ended.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      );
    },
  };
}

/** Instruments a cache until the test is over. */
function instrumented(cache: DistributedCache, tracer: Tracer): void {
  onTestFinished(instrumentCache(cache, { tracer, meter: false }));
}

describe('spans', () => {
  it('of a load are inside of the span that reads, and hold those of the loader', async () => {
    const { tracer, spans } = traces();
    const { a } = await instances(1).connected();
    instrumented(a, tracer);
    await tracer.startActiveSpan('request', async (request) => {
      await a.region('r').getOrLoad('1', async () => tracer.startSpan('query').end());
      request.end();
    });
    const [request] = spans('request');
    const [load] = spans('cache load');
    const [query] = spans('query');
    expect(load?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(query?.parentSpanContext?.spanId).toBe(load?.spanContext().spanId);
    expect(load?.attributes).toEqual({ 'distributed_cache.namespace': 'shop', 'distributed_cache.region': 'r' });
  });

  it('of a load hold those of the loader when Node.js enters the stores of a channel without their method run, as version 26 does', async () => {
    const { tracer, spans } = traces();
    const { a } = await instances(1).connected();
    instrumented(a, tracer);
    const { start } = tracingChannel('nestjs-distributed-cache:load');
    vi.spyOn(start, 'runStores').mockImplementation((event, run) => {
      start.publish(event);
      return Reflect.apply(run, undefined, []);
    });
    onTestFinished(() => void vi.restoreAllMocks());
    await a.region('r').getOrLoad('1', async () => tracer.startSpan('query').end());
    const [load] = spans('cache load');
    expect(load).toBeDefined();
    expect(spans('query')[0]?.parentSpanContext?.spanId).toBe(load?.spanContext().spanId);
  });

  it('tell the class of an error, and neither its message nor a key', async () => {
    const { tracer, spans, ...recorded } = traces();
    const { a } = await instances(1).connected();
    instrumented(a, tracer);
    await failureOf(a.region('r').getOrLoad(SECRET, () => Promise.reject(new RangeError(SECRET))));
    expect(spans('cache load')[0]).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'RangeError' },
    });
    expect(recorded.shown).not.toContain(SECRET);
  });

  it('do not tell the name of an error that is not the name of a class', async () => {
    const { tracer, spans, ...recorded } = traces();
    const { a } = await instances(1).connected();
    instrumented(a, tracer);
    const error = Object.assign(new Error('away'), { name: `there is no ${SECRET}` });
    await failureOf(a.region('r').getOrLoad('1', () => Promise.reject(error)));
    expect(spans('cache load')[0]?.attributes).toMatchObject({ 'error.type': '_OTHER' });
    expect(recorded.shown).not.toContain(SECRET);
  });

  it('end with the load also when the instrumentation stopped before', async () => {
    const { tracer, spans } = traces();
    const { a } = await instances(1).connected();
    const stop = instrumentCache(a, { tracer, meter: false });
    const source = deferred<number>();
    const read = a.region('r').getOrLoad('1', () => source.promise);
    await vi.waitFor(() => expect(a.stats().regions['r']?.loads).toBe(1));
    stop();
    source.resolve(1);
    await read;
    expect(spans('cache load')).toHaveLength(1);
    expect(tracingChannel('nestjs-distributed-cache:load').asyncEnd.hasSubscribers).toBe(false);
  });

  it('of a bulk load tell how many ids the loader was asked for', async () => {
    const { tracer, spans } = traces();
    const { a } = await instances(1).connected();
    instrumented(a, tracer);
    await a.region('r').getOrLoadMany(['1', '2'], (ids) => new Map(ids.map((id) => [id, id])));
    expect(spans('cache load many')[0]?.attributes).toMatchObject({ 'distributed_cache.ids': 2 });
  });

  it('of an eviction tell its outcome', async () => {
    const { tracer, spans } = traces();
    const { a } = await instances(2).connected();
    instrumented(a, tracer);
    await a.region('r').evictMany(['1', '2']);
    expect(spans('cache evict')[0]).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: {
        'distributed_cache.regions': ['r'],
        'distributed_cache.keys': 2,
        'distributed_cache.delivered': true,
      },
    });
  });

  it('are made of the cache that is instrumented, and of no other', async () => {
    const { tracer, spans } = traces();
    const { a, b } = await instances(2).connected();
    instrumented(a, tracer);
    await b.region('r').getOrLoad('1', () => 1);
    await a.region('r').getOrLoad('1', () => 1);
    expect(spans('cache load')).toHaveLength(1);
  });

  it('of an eviction are linked with the invalidation of another instance when tracePropagation is set', async () => {
    const { tracer, spans } = traces();
    const { a, b, clock } = await instances(2)
      .with({ observability: { tracePropagation: true } })
      .connected();
    instrumented(a, tracer);
    instrumented(b, tracer);
    await tracer.startActiveSpan('request', async (request) => {
      await a.region('r').evict('1');
      request.end();
    });
    await clock.advance(0);
    const evicted = spans('cache evict')[0]?.spanContext();
    const [invalidation] = spans('cache invalidation');
    expect(invalidation?.links).toMatchObject([{ context: { traceId: evicted?.traceId, spanId: evicted?.spanId } }]);
    expect(invalidation?.spanContext().traceId).not.toBe(evicted?.traceId);
    expect(invalidation).toMatchObject({ kind: SpanKind.CONSUMER, parentSpanContext: undefined });
  });

  it('of an invalidation have a short sender, whatever a third party gives as its name', async () => {
    const { tracer, spans } = traces();
    const { a, bridge, clock } = await instances(1).connected();
    instrumented(a, tracer);
    bridge.publishPlain(
      'shop',
      JSON.stringify({
        v: 1,
        f: 'x'.repeat(500_000),
        t: ['t'],
        c: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      }),
    );
    await clock.advance(0);
    expect(String(spans('cache invalidation')[0]?.attributes['distributed_cache.from'])).toHaveLength(256);
  });

  it('of invalidations are not made by default', async () => {
    const { tracer, spans } = traces();
    const { a, b, clock } = await instances(2).connected();
    instrumented(a, tracer);
    instrumented(b, tracer);
    await a.region('r').evict('1');
    await clock.advance(0);
    expect(spans('cache invalidation')).toEqual([]);
  });

  it('end with the instrumentation', async () => {
    const { tracer, spans } = traces();
    const { a } = await instances(1).connected();
    instrumentCache(a, { tracer, meter: false })();
    await a.region('r').getOrLoad('1', () => 1);
    expect(spans('cache load')).toEqual([]);
  });
});

interface Point {
  readonly attributes: object;
  readonly value: unknown;
}

/** Collects the metrics of a provider. */
function metricsOf(): { provider: MeterProvider; points(name: string): Promise<readonly Point[]> } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // Only when it is asked to.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  return {
    provider,
    points: async (name) => {
      await reader.forceFlush();
      const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
      const metric = scopes.flatMap(({ metrics }) => metrics).find(({ descriptor }) => descriptor.name === name);
      return (metric?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }));
    },
  };
}

describe('metrics of OpenTelemetry', () => {
  it('show the figures of a cache when they are collected', async () => {
    const { provider, points } = metricsOf();
    const { a } = await instances(1).connected();
    onTestFinished(instrumentCache(a, { tracer: false, meter: provider.getMeter('test') }));
    await a.region('r').getOrLoad(SECRET, () => 1);
    await a.region('r').getOrLoad(SECRET, () => 1);
    const ofRegion = { 'distributed_cache.namespace': 'shop', 'distributed_cache.region': 'r' };
    expect(await points('distributed_cache.hits')).toEqual([{ attributes: ofRegion, value: 1 }]);
    expect(await points('distributed_cache.load.duration')).toMatchObject([
      { attributes: ofRegion, value: { count: 1 } },
    ]);
    expect(await points('distributed_cache.state')).toContainEqual({
      attributes: { 'distributed_cache.namespace': 'shop', 'distributed_cache.state': 'coherent' },
      value: 1,
    });
  });

  it('tell two caches of one namespace apart, as two applications in a process have them', async () => {
    const { provider, points } = metricsOf();
    const { a, b } = await instances(2).connected();
    const meter = provider.getMeter('test');
    for (const cache of [a, b]) onTestFinished(instrumentCache(cache, { tracer: false, meter }));
    await a.region('r').getOrLoad('1', () => 1);
    await a.region('r').getOrLoad('2', () => 1);
    await b.region('r').getOrLoad('1', () => 1);
    expect(await points('distributed_cache.loads')).toEqual([
      { attributes: { 'distributed_cache.namespace': 'shop', 'distributed_cache.region': 'r' }, value: 2 },
      { attributes: { 'distributed_cache.namespace': 'shop-2', 'distributed_cache.region': 'r' }, value: 1 },
    ]);
  });

  it('tell the class of what a loader has failed with', async () => {
    const { provider, points } = metricsOf();
    const { a } = await instances(1).connected();
    onTestFinished(instrumentCache(a, { tracer: false, meter: provider.getMeter('test') }));
    await failureOf(a.region('r').getOrLoad('1', () => Promise.reject(new RangeError('away'))));
    expect(await points('distributed_cache.load.duration')).toMatchObject([
      { attributes: { 'error.type': 'RangeError' } },
    ]);
  });
});

describe('the module for OpenTelemetry', () => {
  it('instruments every cache of the application until it stops', async () => {
    const { tracer, spans } = traces();
    const { provider, points } = metricsOf();
    @Module({
      imports: [
        DistributedCacheModule.forRoot({ redisConnectionString: '' }),
        DistributedCacheOpenTelemetryModule.forRoot({ tracer, meter: provider.getMeter('test') }),
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    await app
      .get(DistributedCache)
      .region('r')
      .getOrLoad('1', () => 1);
    expect(spans('cache load')).toHaveLength(1);
    expect(await points('distributed_cache.misses')).toContainEqual({
      attributes: { 'distributed_cache.namespace': 'distributed-cache', 'distributed_cache.region': 'r' },
      value: 1,
    });
    await app.close();
    await app
      .get(DistributedCache)
      .region('r')
      .getOrLoad('2', () => 2);
    expect(spans('cache load')).toHaveLength(1);
  });
});
