import type { DistributedCache, LoadEvent } from 'nestjs-distributed-cache';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const KEY = 'hot';

/** The source of truth, which all instances load from. */
class Source {
  version = 1;
  isDown = false;

  readonly load = async (): Promise<number> => {
    const { version, isDown } = this;
    await new Promise((resolve) => setImmediate(resolve));
    if (isDown) throw new Error('The source is down.');
    return version;
  };
}

/** The loads of `cache` that have ended well since now. */
function loadsOf(cache: DistributedCache): LoadEvent[] {
  const loads: LoadEvent[] = [];
  cache.on('load', (event) => loads.push(event));
  return loads;
}

function hitsOf(cache: DistributedCache): number {
  return cache.stats().regions['products']?.hits ?? 0;
}

describe('load policies on Redis', () => {
  const redis = usingRedis();

  it('refreshOnInvalidate: after an eviction on one of three instances, each loads the hot key once in the background, and the next reads are hits', async () => {
    const { all, a } = await instances(3)
      .on(redis)
      .with({ refreshOnInvalidate: { within: '50ms' } })
      .connected();
    const source = new Source();
    const read = (cache: DistributedCache): Promise<number> =>
      cache.region<number>('products').getOrLoad(KEY, source.load);
    for (let round = 1; round <= 5; round += 1) {
      // The second read is a hit, without which the entry is not refreshed.
      for (const cache of [...all, ...all]) await read(cache);
      const loads = all.map(loadsOf);
      source.version += 1;
      await a.region('products').evict(KEY);

      await eventually(() => expect(loads.map(({ length }) => length)).toEqual([1, 1, 1]));
      expect(loads.flat()).toEqual(all.map(() => expect.objectContaining({ key: KEY, background: true })));
      const hits = all.map(hitsOf);
      expect(await Promise.all(all.map(read))).toEqual(all.map(() => source.version));
      expect(all.map(hitsOf)).toEqual(hits.map((before) => before + 1));
      expect(loads.map(({ length }) => length)).toEqual([1, 1, 1]);
    }
  });

  it('refreshOnInvalidate: an instance that has not read the key since it was loaded does not load it after an eviction', async () => {
    const { a, b } = await instances(2)
      .on(redis)
      .with({ refreshOnInvalidate: { within: 0 } })
      .connected();
    const { load } = new Source();
    const [ofA, ofB] = [a.region('products'), b.region('products')];
    await ofA.getOrLoad(KEY, load);
    await ofB.getOrLoad(KEY, load);
    await ofB.getOrLoad(KEY, load);
    const loads = loadsOf(b);
    await ofA.evict(KEY);

    await eventually(() => expect(loads).toHaveLength(1));
    expect(a.stats().regions['products']).toMatchObject({ loads: 1, entries: 0 });
  });

  it('staleIfError: while the source is down, every instance serves the expired value, and tries each key once within retryAfter', async () => {
    const { all } = await instances(3)
      .on(redis)
      .with({ ttl: '50ms', staleIfError: '1h', retryAfter: '1h' })
      .connected();
    const source = new Source();
    const read = (cache: DistributedCache): Promise<number> =>
      cache.region<number>('products').getOrLoad(KEY, source.load);
    await Promise.all(all.map(read));
    source.isDown = true;
    await eventually(async () => {
      await Promise.all(all.map(read));
      for (const cache of all) expect(cache.stats().regions['products']).toMatchObject({ loadErrors: 1 });
    });

    for (const cache of all) for (let reads = 0; reads < 20; reads += 1) expect(await read(cache)).toBe(1);
    for (const cache of all) {
      const stats = cache.stats().regions['products'];
      expect(stats).toMatchObject({ loads: 2, loadErrors: 1 });
      expect(stats?.staleServed).toBeGreaterThanOrEqual(20);
    }
  });

  it('staleIfError: after an eviction there is no value to hand out, and an instance that cannot load gives the error', async () => {
    const { a, b } = await instances(2).on(redis).with({ staleIfError: '1h' }).connected();
    const source = new Source();
    const read = (cache: DistributedCache): Promise<number> =>
      cache.region<number>('products').getOrLoad(KEY, source.load);
    await Promise.all([read(a), read(b)]);
    source.isDown = true;
    await a.region('products').evict(KEY);

    await eventually(() => expect(b.region('products').getSync(KEY)).toBeUndefined());
    await expect(read(b)).rejects.toThrow('The source is down.');
  });
});
