import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import type { DistributedCache } from '../distributed-cache.js';
import { CACHE_METRICS, REGION_METRICS } from './metrics.js';

/** The values of a cache's metrics by name, with the label behind it. */
function measured(cache: DistributedCache, region?: string): Record<string, number> {
  const figures = cache.figures();
  const ofRegion = region === undefined ? undefined : figures.regions.get(region);
  const values = [
    ...CACHE_METRICS.map((metric) => ({ name: metric.name, samples: metric.samples(figures) })),
    ...(ofRegion ? REGION_METRICS.map((metric) => ({ name: metric.name, samples: metric.samples(ofRegion) })) : []),
  ];
  return Object.fromEntries(
    values.flatMap(({ name, samples }) =>
      samples.map(({ label, value }) => [label === undefined ? name : `${name}/${label}`, value]),
    ),
  );
}

describe('the metrics of a region', () => {
  it('are its statistics, with the sum of the sizes', async () => {
    const { a } = await instances(1)
      .with({ maxSize: 100, sizeOf: () => 2.5 })
      .connected();
    const region = a.region('r');
    await region.getOrLoad('1', () => 'one');
    await region.getOrLoad('2', () => 'two');
    await region.getOrLoad('2', () => 'two');
    await region.getOrLoad('3', () => Promise.reject(new Error('away'))).catch(() => {});
    await region.evict('1');
    expect(measured(a, 'r')).toMatchObject({
      hits: 1,
      misses: 3,
      loads: 3,
      load_errors: 1,
      entries: 1,
      size: 2.5,
      'removals/invalidated': 1,
      'removals/evicted': 0,
    });
  });
});

describe('the metrics of a cache', () => {
  it('tell the state, what waits and for how long', async () => {
    const { a, bridge, clock } = await instances(2).with({ maxStaleness: '2s' }).connected();
    expect(measured(a)).toMatchObject({ 'state/coherent': 1, 'state/disconnected': 0, outbox: 0, outbox_age: 0 });
    bridge.cut(a);
    await clock.advance('3s');
    void a.region('r').evictMany(['1', '2']);
    await clock.advance('4s');
    expect(measured(a)).toMatchObject({
      'state/coherent': 0,
      'state/disconnected': 1,
      outbox: 2,
      outbox_age: 4,
      lease_age: 7,
    });
  });

  it('tell how many instances are listed, while that is known', async () => {
    const shop = await instances(2).connected();
    const { a, bridge, clock } = shop;
    await clock.advance('61s');
    await clock.advance('5s');
    expect(measured(a)['members']).toBe(2);
    await shop.joinedBy({});
    await clock.advance('66s');
    expect(measured(a)['members']).toBe(3);
    bridge.cut(a);
    await clock.advance('30s');
    expect(measured(a)).not.toHaveProperty('members');
  });

  it('tell nothing of a list in local mode', () => {
    const { a } = instances(1).local();
    expect(measured(a)).not.toHaveProperty('members');
  });

  it('tell why everything was dropped', async () => {
    const { a, bridge, clock } = await instances(2).connected();
    expect(measured(a)).toMatchObject({ 'flushes/first-sync': 1, 'flushes/other-server': 0 });
    bridge.restart();
    await clock.advance('30s');
    expect(measured(a)['flushes/other-server']).toBe(1);
  });

  it('tell how long its messages take, once there was one', async () => {
    const { a } = await instances(2).connected();
    expect(measured(a)).not.toHaveProperty('propagation/1');
    await a.region('r').evict('1');
    expect(measured(a)).toMatchObject({ 'propagation/0.5': 0, 'propagation/1': 0, messages_published: 1 });
    expect(a.stats().bridge.propagation).toEqual({ p50: 0, p99: 0, max: 0 });
  });
});
