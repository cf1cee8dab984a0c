import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred, type Deferred } from '../../../../../test/support/common/deferred.js';
import {
  instances,
  LONGEST_BACK_OFF,
  startedCache,
  type InstancesInMemory,
} from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { CachePut } from '../../decorators/cache-put.decorator.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';

/** Two instances; the second has loaded '1' and hit it. */
async function hot(options: DistributedCacheOptions = {}): Promise<InstancesInMemory & { loads(): number }> {
  const both = await instances(2)
    .with({ ttl: '1h', refreshOnInvalidate: true, ...options })
    .connected();
  let loads = 0;
  const read = (): Promise<string> => both.b.region('r').getOrLoad('1', () => `v${(loads += 1)}`, { tags: 't' });
  await read();
  await read();
  return Object.assign(both, { loads: () => loads });
}

/** Random delays are this share of `within`. */
function withDelay(share: number): void {
  const random = vi.spyOn(Math, 'random').mockReturnValue(share);
  onTestFinished(() => random.mockRestore());
}

const INVALIDATIONS: readonly (readonly [string, (both: InstancesInMemory) => Promise<unknown>])[] = [
  ["a peer's eviction of its key", ({ a }) => a.region('r').evict('1')],
  ["a peer's eviction of its tag", ({ a }) => a.evictTags('t')],
  ["a peer's eviction of its region", ({ a }) => a.region('r').clear()],
  ["a peer's eviction of everything", ({ a }) => a.clear()],
  ["a peer's set", ({ a }) => a.region('r').set('1', 'set')],
  ["a peer's update", ({ a }) => a.region('r').update('1', () => 'updated')],
  ['an eviction of its key here', ({ b }) => b.region('r').evict('1')],
  ['an eviction of its tag here', ({ b }) => b.evictTags('t')],
  ['an eviction of its region here', ({ b }) => b.region('r').clear()],
  ['a flush', async ({ bridge, clock }) => (bridge.restart(), clock.advance(LONGEST_BACK_OFF))],
];

describe('refreshOnInvalidate', () => {
  it.each(INVALIDATIONS)('loads an entry again after %s, so that the next read hits', async (_, invalidate) => {
    const both = await hot();
    await invalidate(both);
    await both.clock.advance('1s');
    expect(both.b.region('r').getSync('1')).toBe('v2');
    expect(both.loads()).toBe(2);
  });

  it('leaves alone what was not hit since it was loaded', async () => {
    const { a, b, clock } = await instances(2).with({ refreshOnInvalidate: true }).connected();
    const load = vi.fn<() => string>(() => 'one');
    await b.region('r').getOrLoad('1', load);
    await a.region('r').evict('1');
    await clock.advance('2s');
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('is off by default', async () => {
    const { a, b, clock, loads } = await hot({ refreshOnInvalidate: false });
    await a.region('r').evict('1');
    await clock.advance('2s');
    expect(b.region('r').getSync('1')).toBeUndefined();
    expect(loads()).toBe(1);
  });

  it('waits for a random moment within the time given', async () => {
    withDelay(0.5);
    const { a, clock, loads } = await hot({ refreshOnInvalidate: { within: '10s' } });
    await a.region('r').evict('1');
    await clock.advance(4_999);
    expect(loads()).toBe(1);
    await clock.advance(1);
    expect(loads()).toBe(2);
  });

  it('gives up when a newer eviction covers the key', async () => {
    withDelay(0.5);
    const { a, clock, loads } = await hot();
    await a.region('r').evict('1');
    await clock.advance(100);
    await a.evictTags('t');
    await clock.advance('2s');
    expect(loads()).toBe(1);
  });

  it('gives up when a reader has loaded the key meanwhile, or is loading it', async () => {
    withDelay(0.5);
    const { a, b, clock, loads } = await hot();
    await a.region('r').evict('1');
    await clock.advance(100);
    await b.region('r').getOrLoad('1', () => 'of a reader');
    await clock.advance('2s');
    expect(b.region('r').getSync('1')).toBe('of a reader');

    await a.region('r').evict('1');
    await clock.advance(100);
    const source = deferred<string>();
    const reader = b.region('r').getOrLoad('1', () => source.promise);
    await clock.advance('2s');
    source.resolve('slow');
    await expect(reader).resolves.toBe('slow');
    expect(loads()).toBe(1);
  });

  it('gives up at shutdown', async () => {
    withDelay(0.5);
    const { a, b, clock, loads } = await hot();
    await a.region('r').evict('1');
    await clock.advance(100);
    await b.close();
    await clock.advance('2s');
    expect(loads()).toBe(1);
  });

  it('runs at most `concurrency` loads at a time', async () => {
    withDelay(0);
    const { a, b, clock } = await instances(2)
      .with({ refreshOnInvalidate: { concurrency: 2 } })
      .connected();
    const sources: Deferred<string>[] = [];
    let isWarm = false;
    const load = (): string | Promise<string> => {
      if (!isWarm) return 'old';
      const source = deferred<string>();
      sources.push(source);
      return source.promise;
    };
    for (const key of ['1', '2', '3', '1', '2', '3']) await b.region('r').getOrLoad(key, load);
    isWarm = true;
    await a.region('r').evictMany(['1', '2', '3']);
    await clock.advance('1s');
    expect(sources).toHaveLength(2);
    sources[0]?.resolve('new');
    await clock.advance(0);
    expect(sources).toHaveLength(3);
    for (const source of sources) source.resolve('new');
    await clock.advance(0);
    expect(b.region('r').getSync('3')).toBe('new');
  });

  it('loads the hottest again, at most `maxRefresh`, when a region is cleared', async () => {
    const { a, b, clock } = await instances(2)
      .with({ refreshOnInvalidate: { maxRefresh: 2 } })
      .connected();
    const region = b.region<string>('r');
    for (const [key, reads] of [
      ['cold', 2],
      ['hot', 9],
      ['warm', 5],
    ] as const) {
      for (let read = 0; read < reads; read += 1) await region.getOrLoad(key, ({ key: loaded }) => loaded);
    }
    await a.region('r').clear();
    await clock.advance('1s');
    expect(['cold', 'warm', 'hot'].filter((key) => region.getSync(key))).toEqual(['warm', 'hot']);
  });

  it('refreshes all keys of an eviction that names them, whatever maxRefresh', async () => {
    const { a, b, clock } = await instances(2)
      .with({ refreshOnInvalidate: { maxRefresh: 1 } })
      .connected();
    for (const key of ['1', '2', '1', '2']) await b.region('r').getOrLoad(key, () => 'x');
    await a.region('r').evictMany(['1', '2']);
    await clock.advance('1s');
    expect(b.stats().regions['r']).toMatchObject({ entries: 2 });
  });

  it('runs outside of the context of the reader that has loaded the entry, and of the one that evicts', async () => {
    const request = new AsyncLocalStorage<string>();
    const { b, clock } = await instances(2).with({ refreshOnInvalidate: true }).connected();
    const seen: unknown[] = [];
    const load = (): string => (seen.push(request.getStore()), 'x');
    await request.run('reader', async () => {
      await b.region('r').getOrLoad('1', load);
      await b.region('r').getOrLoad('1', load);
    });
    await request.run('writer', () => b.region('r').evict('1'));
    await clock.advance('1s');
    expect(seen).toEqual(['reader', undefined]);
  });

  it('tells of its loads as background loads, whose failure is nobody’s', async () => {
    const { a, b, clock } = await instances(2).with({ refreshOnInvalidate: true }).connected();
    const told = vi.fn<(event?: unknown) => void>();
    b.on('loadError', told);
    let isDown = false;
    const load = (): string => {
      if (isDown) throw new Error('down');
      return 'x';
    };
    await b.region('r').getOrLoad('1', load);
    await b.region('r').getOrLoad('1', load);
    isDown = true;
    await a.region('r').evict('1');
    await clock.advance('1s');
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatchObject({ key: '1', background: true });
  });

  it('calls a method with @Cacheable again, also for what @CachePut has put in between', async () => {
    const clock = new ManualClock();
    class Products {
      calls = 0;
      @Cacheable({ region: 'products', key: (id: string) => id, refreshOnInvalidate: true })
      async find(_id: string): Promise<string> {
        return `found ${(this.calls += 1)}`;
      }
      @CachePut({ region: 'products', key: (id: string) => id })
      async save(_id: string): Promise<string> {
        return 'saved';
      }
    }
    const cache = startedCache({ clock });
    const service = withTestCache(new Products(), cache);
    await service.find('1');
    await service.save('1');
    expect(await service.find('1')).toBe('saved');
    await cache.region('products').evict('1');
    await clock.advance('1s');
    expect(cache.region('products').getSync('1')).toBe('found 2');
  });

  it('remembers of a bulk read the loader and the id alone', async () => {
    const { a, b, clock } = await instances(2).with({ refreshOnInvalidate: true }).connected();
    const calls: string[][] = [];
    const load = (ids: string[]): Map<string, string> => {
      calls.push(ids);
      return new Map(ids.map((id) => [id, 'x']));
    };
    await b.region('r').getOrLoadMany(['1', '2', '3'], load);
    await b.region('r').getOrLoadMany(['2'], load);
    await a.region('r').clear();
    await clock.advance('1s');
    expect(calls).toEqual([['1', '2', '3'], ['2']]);
  });
});
