import { describe, expect, it, vi } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances, startedCache, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { InvalidKeyError } from '../../errors.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';
import type { LoadContext } from '../loading/load-context.js';

const POLICY = { ttl: '10s', staleIfError: '1m', retryAfter: '1s' } as const;

/** An instance in local mode whose entry '1' has just expired. */
async function expired(options: DistributedCacheOptions = {}): Promise<InstancesInMemory> {
  const one = instances(1)
    .with({ ...POLICY, ...options })
    .local();
  await one.a.region('r').getOrLoad('1', () => 'old');
  await one.clock.advance('10s');
  return one;
}

const down = (): Promise<never> => Promise.reject(new Error('down'));

describe('staleIfError', () => {
  it('hands out the expired value in place of the error, and tells of the failure', async () => {
    const { a } = await expired();
    const errors = vi.fn<(event?: unknown) => void>();
    const hits = vi.fn<(event?: unknown) => void>();
    a.on('loadError', errors);
    a.on('hit', hits);
    await expect(a.region('r').getOrLoad('1', down)).resolves.toBe('old');
    expect(errors.mock.calls).toEqual([[{ region: 'r', key: '1', duration: 0, error: new Error('down') }]]);
    expect(hits.mock.calls).toEqual([[{ region: 'r', key: '1', stale: true }]]);
    expect(a.stats().regions['r']).toMatchObject({ loadErrors: 1, staleServed: 1 });
  });

  it('hands out the new value when the load succeeds', async () => {
    const { a } = await expired();
    await expect(a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
    expect(a.stats().regions['r']).toMatchObject({ staleServed: 0, replaced: 1 });
  });

  it('tries the source no more than once per retryAfter, and nobody waits meanwhile', async () => {
    const { a, clock } = await expired();
    const load = vi.fn<() => Promise<string>>(down);
    for (let elapsed = 0; elapsed < 3_000; elapsed += 100) {
      await expect(a.region('r').getOrLoad('1', load)).resolves.toBe('old');
      await clock.advance(100);
    }
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('takes the new value as soon as the source is back, after retryAfter', async () => {
    const { a, clock } = await expired({ retryAfter: '5s' });
    await a.region('r').getOrLoad('1', down);
    await clock.advance(4_999);
    await expect(a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('old');
    await clock.advance(1);
    await expect(a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
  });

  it('ends with its window: then the reader gets the error', async () => {
    const { a, clock } = await expired();
    await clock.advance(59_999);
    await expect(a.region('r').getOrLoad('1', down)).resolves.toBe('old');
    await clock.advance(1);
    expect(await failureOf(a.region('r').getOrLoad('1', down))).toEqual(new Error('down'));
  });

  it('is asked of each reader of a load by itself', async () => {
    const { a } = await expired();
    const source = deferred<string>();
    const starter = a.region<string>('r').getOrLoad('1', () => source.promise);
    const strict = failureOf(a.region('r').getOrLoad('1', () => 'x', { staleIfError: 0 }));
    const lenient = a.region<string>('r').getOrLoad('1', () => 'x');
    source.reject(new Error('down'));
    await expect(starter).resolves.toBe('old');
    await expect(lenient).resolves.toBe('old');
    expect(await strict).toEqual(new Error('down'));
    expect(a.stats().regions['r']).toMatchObject({ loads: 2, loadErrors: 1, staleServed: 2 });
  });

  it('hands out nothing that was evicted while the load ran', async () => {
    const { a } = await expired();
    const source = deferred<string>();
    const reader = failureOf(a.region('r').getOrLoad('1', () => source.promise));
    await a.region('r').evict('1');
    source.reject(new Error('down'));
    expect(await reader).toEqual(new Error('down'));
    expect(a.stats().regions['r']).toMatchObject({ staleServed: 0 });
  });

  it('hands out nothing once the lease is over', async () => {
    const { b, bridge, clock } = await instances(2)
      .with({ ...POLICY, staleIfError: '1h' })
      .connected();
    await b.region('r').getOrLoad('1', () => 'old');
    bridge.cut(b);
    await clock.advance('21s');
    expect(await failureOf(b.region('r').getOrLoad('1', down))).toEqual(new Error('down'));
  });

  it('does not hide what is wrong with the result: that is a mistake of the caller', async () => {
    const { a } = await expired();
    const stream = failureOf(a.region('r').getOrLoad('1', () => new ReadableStream()));
    expect(String(await stream)).toMatch(/web stream/);
    const badTags = ({ setTags }: LoadContext): string => (setTags(''), 'x');
    expect(await failureOf(a.region('r').getOrLoad('1', badTags))).toBeInstanceOf(InvalidKeyError);
  });

  it('hands out the expired value when the load takes longer than loadTimeout', async () => {
    const { a, clock } = await expired({ loadTimeout: '1s' });
    const reader = a.region('r').getOrLoad('1', () => new Promise(() => {}));
    await clock.advance('1s');
    await expect(reader).resolves.toBe('old');
    expect(a.stats().regions['r']).toMatchObject({ loadErrors: 1, staleServed: 1 });
  });

  it('hands out no value again after a load has found that there is none', async () => {
    const { a, clock } = await expired();
    await expect(a.region('r').getOrLoad('1', () => undefined)).resolves.toBeUndefined();
    await clock.advance('1s');
    expect(await failureOf(a.region('r').getOrLoad('1', down))).toEqual(new Error('down'));
  });

  it('keeps readers from the source, too, when a background load of staleWhileRevalidate has failed', async () => {
    const { a, clock } = await expired({ staleWhileRevalidate: '30s' });
    const load = vi.fn<() => Promise<string>>(down);
    for (let elapsed = 0; elapsed < 2_000; elapsed += 250) {
      await expect(a.region('r').getOrLoad('1', load)).resolves.toBe('old');
      await clock.advance(250);
    }
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('goes on when the window of staleWhileRevalidate is over', async () => {
    const { a, clock } = await expired({ staleWhileRevalidate: '20s' });
    await clock.advance('30s');
    await expect(a.region('r').getOrLoad('1', down)).resolves.toBe('old');
    await clock.advance('1s');
    await expect(a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
  });

  it('serves bulk reads, id by id: an id without an expired value passes on the error', async () => {
    const { a, clock } = await expired();
    const region = a.region<string>('r');
    const fail = (): Promise<Map<string, string>> => down();
    await expect(region.getOrLoadMany(['1'], fail)).resolves.toEqual(new Map([['1', 'old']]));
    await clock.advance('1s');
    expect(await failureOf(region.getOrLoadMany(['1', '2'], fail))).toEqual(new Error('down'));
  });

  it('serves an id whose place the bulk loader has filled with an Error', async () => {
    const { a } = await expired();
    const halfDown = (): Map<string, unknown> =>
      new Map<string, unknown>([
        ['1', new Error('down')],
        ['2', 'two'],
      ]);
    const read = await a.region('r').getOrLoadMany(['1', '2'], halfDown);
    expect([...read.values()]).toEqual(['old', 'two']);
  });

  it('serves methods with @Cacheable', async () => {
    const clock = new ManualClock();
    class Products {
      isDown = false;
      @Cacheable({ key: (id: string) => id, ttl: '10s', staleIfError: '1m' })
      async find(id: string): Promise<string> {
        if (this.isDown) throw new Error('down');
        return id;
      }
    }
    const service = withTestCache(new Products(), startedCache({ clock, ttlJitter: 0 }));
    await service.find('1');
    await clock.advance('10s');
    service.isDown = true;
    expect(await service.find('1')).toBe('1');
    await clock.advance('1m');
    expect(await failureOf(service.find('1'))).toEqual(new Error('down'));
  });
});
