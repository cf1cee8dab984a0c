import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances, startedCache, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';
import type { LoadContext } from '../loading/load-context.js';

const POLICY = { ttl: '10s', staleWhileRevalidate: '1m', retryAfter: '1s' } as const;

/** An instance in local mode whose entry '1' has just expired. */
async function expired(options: DistributedCacheOptions = {}): Promise<InstancesInMemory> {
  const one = instances(1)
    .with({ ...POLICY, ...options })
    .local();
  await one.a.region('r').getOrLoad('1', () => 'old', { tags: 't' });
  await one.clock.advance('10s');
  return one;
}

describe('staleWhileRevalidate', () => {
  it('hands out the expired value at once, while one background load serves all readers', async () => {
    const { a, clock } = await expired();
    const source = deferred<string>();
    const load = vi.fn<() => Promise<string>>(() => source.promise);
    const readers = [1, 2, 3].map(() => a.region<string>('r').getOrLoad('1', load));
    await expect(Promise.all(readers)).resolves.toEqual(['old', 'old', 'old']);
    source.resolve('new');
    await clock.advance(0);
    await expect(a.region('r').getOrLoad('1', load)).resolves.toBe('new');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('ends with its window: then a reader waits for the load', async () => {
    const { a, clock } = await expired();
    await clock.advance(59_999);
    await expect(a.region('r').getOrLoad('1', () => new Promise(() => {}))).resolves.toBe('old');

    const other = await expired();
    await other.clock.advance('60s');
    await expect(other.a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
    expect(other.a.stats().regions['r']).toMatchObject({ staleServed: 0, expired: 1 });
  });

  it('counts what it serves, and tells of it', async () => {
    const { a, clock } = await expired();
    const hits = vi.fn<(event?: unknown) => void>();
    const loads = vi.fn<(event?: unknown) => void>();
    a.on('hit', hits);
    a.on('load', loads);
    await a.region('r').getOrLoad('1', () => 'new');
    await clock.advance(0);
    await a.region('r').getOrLoad('1', () => 'new');
    await a.region('r').getOrLoad('2', () => 'two');
    expect(hits.mock.calls).toEqual([[{ region: 'r', key: '1', stale: true }], [{ region: 'r', key: '1' }]]);
    expect(loads.mock.calls).toEqual([
      [{ region: 'r', key: '1', duration: 0, background: true }],
      [{ region: 'r', key: '2', duration: 0 }],
    ]);
    expect(a.stats().regions['r']).toMatchObject({ hits: 2, misses: 2, staleServed: 1, loads: 3 });
  });

  it('lets a reader load in the foreground for retryAfter once a background load has failed, and then goes on', async () => {
    const { a, clock } = await expired();
    const told = vi.fn<(event?: unknown) => void>();
    a.on('loadError', told);
    const region = a.region<string>('r');
    await expect(region.getOrLoad('1', () => Promise.reject(new Error('down')))).resolves.toBe('old');
    await clock.advance(999);
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatchObject({ background: true });
    expect(String(await failureOf(region.getOrLoad('1', () => Promise.reject(new Error('still down')))))).toMatch(
      'still',
    );
    await clock.advance(1);
    await expect(region.getOrLoad('1', () => 'new')).resolves.toBe('old');
    await clock.advance(0);
    await expect(region.getOrLoad('1', () => 'newer')).resolves.toBe('new');
    expect(a.stats().regions['r']).toMatchObject({ loadErrors: 2, staleServed: 2 });
  });

  it.each<[string, (one: InstancesInMemory) => Promise<unknown>]>([
    ['key', ({ a }) => a.region('r').evict('1')],
    ['tag', ({ a }) => a.evictTags('t')],
    ['region', ({ a }) => a.region('r').clear()],
    ['cache', ({ a }) => a.clear()],
  ])('serves nothing that an eviction of its %s covers', async (_, evict) => {
    const one = await expired();
    await evict(one);
    await expect(one.a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
    expect(one.a.stats().regions['r']).toMatchObject({ staleServed: 0 });
  });

  it("serves nothing that a peer's eviction covers", async () => {
    const { a, b, clock } = await instances(2).with(POLICY).connected();
    await b.region('r').getOrLoad('1', () => 'old');
    await clock.advance('10s');
    await a.region('r').evict('1');
    await clock.advance(0);
    await expect(b.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
  });

  it('does not store a background load that an eviction has overtaken', async () => {
    const { a, clock } = await expired();
    const source = deferred<string>();
    await a.region('r').getOrLoad('1', () => source.promise);
    await a.region('r').evict('1');
    source.resolve('overtaken');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ fenced: 1, entries: 0 });
  });

  it('serves no value again after a background load has found that there is none', async () => {
    const { a, clock } = await expired();
    await expect(a.region('r').getOrLoad('1', () => undefined)).resolves.toBe('old');
    await clock.advance(0);
    await expect(a.region('r').getOrLoad('1', () => undefined)).resolves.toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ entries: 0, expired: 1 });
  });

  it('serves no value again after a background load gave one that is not to be stored', async () => {
    const { a, clock } = await expired();
    const skipped = ({ skip }: LoadContext): string => (skip(), 'skipped');
    await expect(a.region('r').getOrLoad('1', skipped)).resolves.toBe('old');
    await clock.advance(0);
    await expect(a.region('r').getOrLoad('1', skipped)).resolves.toBe('skipped');
  });

  it('tells of a mistake in what a background load gave: the next reader gets the error', async () => {
    const { a, clock } = await expired();
    const told = vi.fn<(event?: unknown) => void>();
    a.on('loadError', told);
    const stream = (): unknown => new ReadableStream();
    await expect(a.region('r').getOrLoad('1', stream)).resolves.toBe('old');
    await clock.advance(0);
    expect(told).toHaveBeenCalledTimes(1);
    expect(String(await failureOf(a.region('r').getOrLoad('1', stream)))).toMatch(/web stream/);
  });

  it('is over with the lease: nobody knows what was evicted meanwhile', async () => {
    const { b, bridge, clock } = await instances(2)
      .with({ ...POLICY, maxStaleness: '10s', staleWhileRevalidate: '1h' })
      .connected();
    await b.region('r').getOrLoad('1', () => 'old');
    bridge.cut(b);
    await clock.advance('21s');
    await expect(b.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
    // Loaded since, and expired again: the lease has still lapsed.
    await clock.advance('10s');
    await expect(b.region('r').getOrLoad('1', () => 'newer')).resolves.toBe('newer');
    expect(b.stats().regions['r']).toMatchObject({ staleServed: 0 });
  });

  it('goes on without Redis when maxStaleness is Infinity', async () => {
    const { b, bridge, clock } = await instances(2)
      .with({ ...POLICY, maxStaleness: Infinity })
      .connected();
    await b.region('r').getOrLoad('1', () => 'old');
    bridge.cut(b);
    await clock.advance('30s');
    await expect(b.region('r').getOrLoad('1', () => 'new')).resolves.toBe('old');
  });

  it('does not make the load older in which an expired value was not asked for', async () => {
    const { a, clock } = await expired();
    const source = deferred<string>();
    let inner: Promise<unknown> | undefined;
    const outer = await a.region('outer').getOrLoad('o', async () => {
      inner = a.region('r').getOrLoad('1', () => source.promise);
      return inner;
    });
    expect(outer).toBe('old');
    source.resolve('new');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('new');
  });

  it('serves bulk reads: one call of the loader for all expired ids, another for the missing ones', async () => {
    const { a, clock } = await expired();
    const region = a.region<string>('r');
    await region.set('2', 'old 2');
    await clock.advance('10s');
    const calls: string[][] = [];
    const load = (ids: string[]): Map<string, string> => {
      calls.push(ids);
      return new Map(ids.map((id) => [id, `new ${id}`]));
    };
    const read = await region.getOrLoadMany(['1', '2', '3'], load);
    expect([...read]).toEqual([
      ['1', 'old'],
      ['2', 'old 2'],
      ['3', 'new 3'],
    ]);
    await clock.advance(0);
    expect(calls.map((ids) => ids.join()).toSorted()).toEqual(['1,2', '3']);
    expect(region.getSync('1')).toBe('new 1');
    expect(a.stats().regions['r']).toMatchObject({ staleServed: 2 });
  });

  it('serves methods with @Cacheable', async () => {
    const clock = new ManualClock();
    class Products {
      calls = 0;
      @Cacheable({ key: (id: string) => id, ttl: '10s', staleWhileRevalidate: '1m' })
      async find(_id: string): Promise<number> {
        return (this.calls += 1);
      }
    }
    const service = withTestCache(new Products(), startedCache({ clock, ttlJitter: 0 }));
    await service.find('1');
    await clock.advance('10s');
    expect(await service.find('1')).toBe(1);
    await clock.advance(0);
    expect(await service.find('1')).toBe(2);
    expect(service.calls).toBe(2);
  });
});

describe('an expired entry that is kept', () => {
  it('is not found by get and getSync, which leave it where it is', async () => {
    const { a } = await expired();
    expect(a.region('r').getSync('1')).toBeUndefined();
    await expect(a.region('r').get('1')).resolves.toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ entries: 1, expired: 0 });
    await expect(a.region('r').getOrLoad('1', () => new Promise(() => {}))).resolves.toBe('old');
  });

  it('is not given to cache-manager', async () => {
    const one = instances(1).with(POLICY).local();
    await one.a.cacheManager.set('1', 'old');
    await one.clock.advance('10s');
    await expect(one.a.cacheManager.get('1')).resolves.toBeUndefined();
  });

  it('is kept for other readers when one switches the policy off for its call', async () => {
    const { a, clock } = await expired();
    const source = deferred<string>();
    const strict = a.region<string>('r').getOrLoad('1', () => source.promise, { staleWhileRevalidate: 0 });
    await expect(a.region('r').getOrLoad('1', () => 'other')).resolves.toBe('old');
    source.resolve('new');
    await expect(strict).resolves.toBe('new');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('new');
  });

  it('is kept for the policy of the call under which it was stored, whoever meets it', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s' }).local();
    const stale = { staleWhileRevalidate: '1m' } as const;
    await a.region('r').getOrLoad('1', () => 'old', stale);
    await clock.advance('10s');
    expect(a.region('r').getSync('1')).toBeUndefined();
    await expect(a.region('r').getOrLoad('1', () => 'new', stale)).resolves.toBe('old');
  });

  it('leaves when it is met after its window', async () => {
    const { a, clock } = await expired();
    await clock.advance('1m');
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ entries: 0, expired: 1 });
  });

  it('counts against the bounds', async () => {
    const { a } = await expired({ maxEntries: 1 });
    await a.region('r').getOrLoad('2', () => 'two');
    expect(a.stats().regions['r']).toMatchObject({ entries: 1, evicted: 1 });
  });
});
