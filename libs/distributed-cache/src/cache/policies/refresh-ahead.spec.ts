import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { instances, startedCache, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { CachePut } from '../../decorators/cache-put.decorator.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';

/** An instance in local mode that holds '1' for 10 s, and refreshes it from the eighth second on. */
async function held(options: DistributedCacheOptions = {}): Promise<InstancesInMemory> {
  const one = instances(1)
    .with({ ttl: '10s', refreshAhead: 0.8, retryAfter: '1s', ...options })
    .local();
  await one.a.region('r').getOrLoad('1', () => 'old');
  return one;
}

describe('refreshAhead', () => {
  it('starts nothing before its share of the TTL', async () => {
    const { a, clock } = await held();
    await clock.advance(7_999);
    await expect(a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('old');
    await clock.advance(0);
    expect(a.stats().regions['r']).toMatchObject({ loads: 1 });
  });

  it('serves the hits after it, and starts one background load for all of them', async () => {
    const { a, clock } = await held();
    await clock.advance('8s');
    const told = vi.fn<(event?: unknown) => void>();
    a.on('load', told);
    for (let hit = 0; hit < 3; hit += 1) expect(a.region('r').getSync('1')).toBe('old');
    await clock.advance(0);
    expect(told.mock.calls).toEqual([[{ region: 'r', key: '1', duration: 0, background: true }]]);
    expect(a.stats().regions['r']).toMatchObject({ loads: 2, hits: 3, staleServed: 0 });
  });

  it('serves the old value while the load runs, and starts the next share with the new one', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.8 }).local();
    const sources = [deferred<string>(), deferred<string>()];
    let calls = 0;
    const load = (): Promise<string> => sources[calls++]?.promise ?? Promise.resolve('third');
    sources[0]?.resolve('first');
    await a.region('r').getOrLoad('1', load);
    await clock.advance('8s');
    for (let hit = 0; hit < 3; hit += 1) await expect(a.region('r').getOrLoad('1', load)).resolves.toBe('first');
    expect(calls).toBe(2);
    sources[1]?.resolve('second');
    await clock.advance(0);
    await clock.advance(7_999);
    await expect(a.region('r').getOrLoad('1', load)).resolves.toBe('second');
    expect(calls).toBe(2);
  });

  it('waits for retryAfter after a load has failed', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.5, retryAfter: '2s' }).local();
    let calls = 0;
    const load = (): string => {
      calls += 1;
      if (calls > 1) throw new Error('down');
      return 'old';
    };
    await a.region('r').getOrLoad('1', load);
    await clock.advance('5s');
    for (let elapsed = 0; elapsed < 4_000; elapsed += 500) {
      expect(a.region('r').getSync('1')).toBe('old');
      await clock.advance(500);
    }
    expect(calls).toBe(3);
  });

  it('starts no load per hit when the result is not to be stored: the entry is gone', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.5 }).local();
    let calls = 0;
    const load = (): string | undefined => (calls++ === 0 ? 'old' : undefined);
    await a.region('r').getOrLoad('1', load);
    await clock.advance('5s');
    expect(a.region('r').getSync('1')).toBe('old');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(calls).toBe(2);
  });

  it('never comes with ttl Infinity', async () => {
    const { a, clock } = await held({ ttl: Infinity });
    await clock.advance('365d');
    expect(a.region('r').getSync('1')).toBe('old');
    expect(a.stats().regions['r']).toMatchObject({ loads: 1 });
  });

  it('loads what a set has put as the entry was loaded that it replaced', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.8 }).local();
    await a.region('r').getOrLoad('1', () => 'loaded');
    await a.region('r').set('1', 'set');
    await clock.advance('8s');
    expect(a.region('r').getSync('1')).toBe('set');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('loaded');
  });

  it('has nothing to do for a value that was set and never loaded', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.8 }).local();
    await a.region('r').set('1', 'set');
    await clock.advance('9s');
    expect(a.region('r').getSync('1')).toBe('set');
    expect(a.stats().regions['r']).toMatchObject({ loads: 0 });
  });

  it('loads the ids of a bulk read one by one', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s', refreshAhead: 0.8 }).local();
    const calls: string[][] = [];
    const load = (ids: string[]): Map<string, string> => {
      calls.push(ids);
      return new Map(ids.map((id) => [id, `${id}/${calls.length}`]));
    };
    await a.region('r').getOrLoadMany(['1', '2'], load);
    await clock.advance('8s');
    await a.region('r').getOrLoadMany(['1', '2'], load);
    await clock.advance(0);
    expect(calls).toEqual([['1', '2'], ['1'], ['2']]);
    expect(a.region('r').getSync('1')).toBe('1/2');
  });

  it('calls a method with @Cacheable again, also for what @CachePut has put in between', async () => {
    const clock = new ManualClock();
    class Products {
      calls = 0;
      @Cacheable({ region: 'products', key: (id: string) => id, refreshAhead: 0.8 })
      async find(_id: string): Promise<string> {
        return `found ${(this.calls += 1)}`;
      }
      @CachePut({ region: 'products', key: (id: string) => id })
      async save(_id: string): Promise<string> {
        return 'saved';
      }
    }
    const service = withTestCache(new Products(), startedCache({ clock, ttl: '10s', ttlJitter: 0 }));
    await service.find('1');
    await service.save('1');
    await clock.advance('8s');
    expect(await service.find('1')).toBe('saved');
    await clock.advance(0);
    expect(await service.find('1')).toBe('found 2');
  });
});
