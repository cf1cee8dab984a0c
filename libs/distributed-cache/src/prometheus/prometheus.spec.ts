import 'reflect-metadata';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DistributedCache, DistributedCacheModule, getDistributedCacheToken } from 'nestjs-distributed-cache';
import { collectCacheMetrics, DistributedCachePrometheusModule } from 'nestjs-distributed-cache/prometheus';
import { AggregatorRegistry, register, Registry, type OpenMetricsContentType } from 'prom-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';

const SECRET_KEY = 'alice@example.org';

/** The lines of the text format, without comments. */
async function lines(registry: { metrics(): Promise<string> }): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('metrics for Prometheus', () => {
  it('show the figures of a cache at the time of the scrape, and never a key', async () => {
    const { a } = await instances(1).connected();
    const registry = new Registry();
    collectCacheMetrics(a, { registry });
    const region = a.region('products');
    await region.getOrLoad(SECRET_KEY, () => 1);
    await region.getOrLoad(SECRET_KEY, () => 1);
    await region.getOrLoad('2', () => Promise.reject(new Error('away'))).catch(() => {});
    await region.evict('3');
    const text = await lines(registry);
    expect(text).toEqual(
      expect.arrayContaining([
        'distributed_cache_hits_total{cache="shop",region="products"} 1',
        'distributed_cache_misses_total{cache="shop",region="products"} 2',
        'distributed_cache_entries{cache="shop",region="products"} 1',
        'distributed_cache_removals_total{cache="shop",region="products",cause="evicted"} 0',
        'distributed_cache_load_duration_seconds_count{cache="shop",region="products",outcome="loaded"} 1',
        'distributed_cache_load_duration_seconds_count{cache="shop",region="products",outcome="failed"} 1',
        'distributed_cache_messages_published_total{cache="shop"} 1',
        'distributed_cache_flushes_total{cache="shop",reason="first-sync"} 1',
        'distributed_cache_state{cache="shop",state="coherent"} 1',
        'distributed_cache_state{cache="shop",state="disconnected"} 0',
        'distributed_cache_outbox_age_seconds{cache="shop"} 0',
      ]),
    );
    expect(text.join('\n')).not.toContain(SECRET_KEY);
  });

  it('are those of now at each scrape', async () => {
    const { a } = await instances(1).connected();
    const registry = new Registry();
    collectCacheMetrics(a, { registry });
    const hits = async (): Promise<string | undefined> =>
      (await lines(registry)).find((line) => line.startsWith('distributed_cache_hits_total'));
    await a.region('r').set('1', 1);
    a.region('r').getSync('1');
    expect(await hits()).toMatch(/ 1$/);
    a.region('r').getSync('1');
    expect(await hits()).toMatch(/ 2$/);
  });

  it('hold nothing of a cache that was taken off, so the next one of its name begins with zeros', async () => {
    const { a, b } = await instances(2).connected();
    const registry = new Registry();
    const stop = collectCacheMetrics(a, { registry });
    await a.region('r').getOrLoad('1', () => 1);
    await a
      .region('r')
      .getOrLoad('2', () => Promise.reject(new Error('away')))
      .catch(() => {});
    stop();
    expect((await lines(registry)).filter((line) => line.includes('cache="shop"'))).toEqual([]);
    collectCacheMetrics(b, { registry });
    // Stopped twice, as by an application that is closed twice.
    stop();
    await b.region('r').getOrLoad('1', () => 1);
    expect(await lines(registry)).toContain(
      'distributed_cache_load_duration_seconds_count{cache="shop",region="r",outcome="loaded"} 1',
    );
  });

  it('can be registered for OpenMetrics as well', async () => {
    const { a } = await instances(1).connected();
    const registry = new Registry<OpenMetricsContentType>();
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    collectCacheMetrics(a, { registry });
    await a.region('r').getOrLoad('1', () => 1);
    expect(await lines(registry)).toContain('distributed_cache_loads_total{cache="shop",region="r"} 1');
  });

  it('have a bounded number of labels for regions', async () => {
    const { a } = await instances(1).connected();
    const registry = new Registry();
    collectCacheMetrics(a, { registry });
    for (let tenant = 0; tenant < 300; tenant += 1) await a.region(`tenant ${tenant}`).getOrLoad('1', () => 1);
    const text = await lines(registry);
    expect(text.filter((line) => line.startsWith('distributed_cache_loads_total'))).toHaveLength(101);
    expect(text).toContain('distributed_cache_loads_total{cache="shop",region="other"} 200');
    expect(text).toContain(
      'distributed_cache_load_duration_seconds_count{cache="shop",region="other",outcome="loaded"} 200',
    );
  });

  it('have the longest time of all processes of a cluster, and the sum of what is counted', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    bridge.cut(a);
    await clock.advance('1m');
    const registries = [a, b].map((cache) => {
      const registry = new Registry();
      collectCacheMetrics(cache, { registry });
      return registry;
    });
    const ofCluster = AggregatorRegistry.aggregate(
      await Promise.all(registries.map((each) => each.getMetricsAsJSON())),
    );
    const text = await lines(ofCluster);
    const age = (await lines(registries[0] ?? new Registry())).find((line) => line.includes('lease_age'));
    expect(age).toMatch(/ 60$/);
    expect(text).toContain(age);
    expect(text).toContain('distributed_cache_flushes_total{cache="shop",reason="first-sync"} 2');
  });

  it('tell caches of one process apart, also two applications with one namespace', async () => {
    const { a, b } = await instances(2).connected();
    const registry = new Registry();
    const stop = collectCacheMetrics(a, { registry });
    collectCacheMetrics(b, { registry });
    expect(await lines(registry)).toEqual(
      expect.arrayContaining([
        'distributed_cache_state{cache="shop",state="coherent"} 1',
        'distributed_cache_state{cache="shop-2",state="coherent"} 1',
      ]),
    );
    stop();
    expect((await lines(registry)).join('\n')).not.toContain('cache="shop"');
  });
});

describe('the module for Prometheus', () => {
  async function application(registry?: Registry): Promise<INestApplicationContext> {
    @Module({
      imports: [
        DistributedCacheModule.forRoot({ redisConnectionString: '', namespace: 'shop' }),
        DistributedCacheModule.forRoot({ redisConnectionString: '', name: 'sessions' }),
        DistributedCachePrometheusModule.forRoot({ registry }),
      ],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    onTestFinished(() => app.close());
    return app;
  }

  it('shows every cache of the application until it stops', async () => {
    const registry = new Registry();
    const app = await application(registry);
    await app.get(DistributedCache).region('r').set('1', 1);
    await app.get<DistributedCache>(getDistributedCacheToken('sessions')).region('s').set('1', 1);
    expect(await lines(registry)).toEqual(
      expect.arrayContaining([
        'distributed_cache_entries{cache="shop",region="r"} 1',
        'distributed_cache_entries{cache="shop:sessions",region="s"} 1',
      ]),
    );
    await app.close();
    expect((await lines(registry)).filter((line) => line.includes('cache="shop'))).toEqual([]);
  });

  it('takes the default registry, which two applications of a process share', async () => {
    onTestFinished(() => register.clear());
    const first = await application();
    const second = await application();
    await second.get(DistributedCache).region('r').set('1', 1);
    expect(await lines(register)).toContain('distributed_cache_entries{cache="shop-2",region="r"} 1');
    await first.close();
    expect(await lines(register)).toContain('distributed_cache_entries{cache="shop-2",region="r"} 1');
  });

  it('works again after the registry was cleared, as between two tests', async () => {
    const registry = new Registry();
    await (await application(registry)).close();
    registry.clear();
    await application(registry);
    expect(await lines(registry)).toContain('distributed_cache_state{cache="shop",state="local"} 1');
  });
});
