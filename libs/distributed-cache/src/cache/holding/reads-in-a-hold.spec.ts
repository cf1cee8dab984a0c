import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances } from '../../../../../test/support/instances/instances.js';
import type { DistributedCache } from '../distributed-cache.js';
import type { Region } from '../region.js';

const FAILURE = new Error('rolled back');

/** A table with one row for each key, and a transaction on it that only its owner sees before it is committed. */
class Table {
  readonly #rows = new Map<string, string>();
  readonly #written = new Map<string, string>();
  loads = 0;

  constructor(...keys: string[]) {
    for (const key of keys) this.#rows.set(key, `old ${key}`);
  }

  write(key: string, value: string): void {
    this.#written.set(key, value);
  }

  commit(): void {
    for (const [key, value] of this.#written) this.#rows.set(key, value);
    this.#written.clear();
  }

  rollBack(): void {
    this.#written.clear();
  }

  readonly inside = async ({ key }: { readonly key: string }): Promise<string | undefined> => {
    this.loads += 1;
    return this.#written.get(key) ?? this.#rows.get(key);
  };

  readonly outside = async ({ key }: { readonly key: string }): Promise<string | undefined> => {
    this.loads += 1;
    return this.#rows.get(key);
  };
}

async function shop(
  options = {},
): Promise<{ cache: DistributedCache; region: Region<string | undefined>; table: Table }> {
  const { a } = await instances(1).with(options).connected();
  const table = new Table('1', '2', '3');
  return { cache: a, region: a.region('r'), table };
}

describe('A read of what was evicted in its hold', () => {
  it.each([
    ['by its key', (cache: DistributedCache) => cache.region('r').evict('1')],
    ['by its tag', (cache: DistributedCache) => cache.evictTags('numbers')],
    ['with its region', (cache: DistributedCache) => cache.region('r').clear()],
    ['with everything', (cache: DistributedCache) => cache.clear()],
  ])('%s loads and stores nothing, however it reads, and others read the old value', async (_, evict) => {
    const { cache, region, table } = await shop();
    const tagged = { tags: 'numbers' };
    await region.getOrLoad('1', table.outside, tagged);
    await cache.holdEvictions(async () => {
      table.write('1', 'new 1');
      await evict(cache);
      expect(region.getSync('1')).toBeUndefined();
      await expect(region.get('1')).resolves.toBeUndefined();
      for (const loads of [2, 3]) {
        await expect(region.getOrLoad('1', table.inside, tagged)).resolves.toBe('new 1');
        expect(table.loads).toBe(loads);
      }
      const many = await region.getOrLoadMany(['1'], async () => new Map([['1', 'many']]), tagged);
      expect(many.get('1')).toBe('many');
      expect(region.getSync('1')).toBeUndefined();
      table.commit();
    });
    expect(region.getSync('1')).toBeUndefined();
  });

  it('is served to nobody else, who read the old value meanwhile', async () => {
    const { cache, region, table } = await shop();
    await region.getOrLoad('1', table.outside);
    const [written, end] = [deferred<undefined>(), deferred<undefined>()];
    const held = cache.holdEvictions(async () => {
      table.write('1', 'new 1');
      await region.evict('1');
      await region.getOrLoad('1', table.inside);
      written.resolve(undefined);
      await end.promise;
      table.commit();
    });
    await written.promise;
    expect(region.getSync('1')).toBe('old 1');
    end.resolve(undefined);
    await held;
    await expect(region.getOrLoad('1', table.outside)).resolves.toBe('new 1');
  });

  it('does not join a load that somebody else has begun', async () => {
    const { cache, region, table } = await shop();
    const outside = deferred<string>();
    const other = region.getOrLoad('1', () => outside.promise);
    await cache.holdEvictions(async () => {
      table.write('1', 'new 1');
      await region.evict('1');
      await expect(region.getOrLoad('1', table.inside)).resolves.toBe('new 1');
    });
    outside.resolve('old 1');
    await expect(other).resolves.toBe('old 1');
    expect(region.getSync('1')).toBeUndefined();
  });

  it('is not joined by a further read, which may come after a further write', async () => {
    const { cache, region } = await shop();
    await cache.holdEvictions(async () => {
      await region.evict('1');
      const first = deferred<string>();
      const early = region.getOrLoad('1', () => first.promise);
      await expect(region.getOrLoad('1', () => 'after another write')).resolves.toBe('after another write');
      first.resolve('before it');
      await expect(early).resolves.toBe('before it');
    });
  });

  it('is given no previous value, which is from before the write', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region('r');
    await region.set('1', 'old', { ttl: '1s' });
    await clock.advance('2s');
    await a.holdEvictions(async () => {
      await region.evict('1');
      await region.getOrLoad('1', ({ previous }) => expect(previous).toBeUndefined());
    });
  });

  it('finds nothing through cacheManager', async () => {
    const { a } = await instances(1).connected();
    const { cacheManager } = a;
    await cacheManager.set('1', 'old');
    await a.holdEvictions(async () => {
      await expect(cacheManager.get('1')).resolves.toBe('old');
      await cacheManager.del('1');
      await expect(cacheManager.get('1')).resolves.toBeUndefined();
      await expect(cacheManager.wrap('1', () => 'new')).resolves.toBe('new');
      await expect(cacheManager.get('1')).resolves.toBeUndefined();
    });
    await expect(cacheManager.get('1')).resolves.toBeUndefined();
  });
});

describe('A read of anything else in a hold', () => {
  it('is served from memory', async () => {
    const { cache, region, table } = await shop();
    await region.getOrLoad('2', table.outside);
    await cache.holdEvictions(async () => {
      await region.evict('1');
      await expect(region.getOrLoad('2', table.inside)).resolves.toBe('old 2');
    });
    expect([table.loads, cache.stats().regions.r?.hits]).toEqual([1, 1]);
  });

  it('is loaded once in the hold, and becomes a copy of the instance at its end', async () => {
    const { cache, region, table } = await shop();
    const [loaded, end] = [deferred<undefined>(), deferred<undefined>()];
    const held = cache.holdEvictions(async () => {
      await region.evict('1');
      await Promise.all([region.getOrLoad('2', table.inside), region.getOrLoad('2', table.inside)]);
      await region.getOrLoad('2', table.inside);
      expect(region.getSync('2')).toBe('old 2');
      expect(table.loads).toBe(1);
      loaded.resolve(undefined);
      await end.promise;
    });
    await loaded.promise;
    // It may be made of what is never committed, and the cache cannot know.
    expect(region.getSync('2')).toBeUndefined();
    end.resolve(undefined);
    await held;
    expect(region.getSync('2')).toBe('old 2');
  });

  it('leaves nothing behind when the hold is dropped, also when its write was evicted by nobody', async () => {
    const { cache, region, table } = await shop();
    await failureOf(
      cache.holdEvictions(async () => {
        table.write('2', 'never committed');
        await expect(region.getOrLoad('2', table.inside)).resolves.toBe('never committed');
        throw FAILURE;
      }),
    );
    table.rollBack();
    expect(region.getSync('2')).toBeUndefined();
    await expect(region.getOrLoad('2', table.outside)).resolves.toBe('old 2');
  });

  it('is not joined by readers outside', async () => {
    const { cache, region, table } = await shop();
    const inside = deferred<string>();
    const failing = failureOf(
      cache.holdEvictions(async () => {
        await region.getOrLoad('2', () => inside.promise);
        throw FAILURE;
      }),
    );
    await expect(region.getOrLoad('2', table.outside)).resolves.toBe('old 2');
    inside.resolve('never committed');
    await failing;
    expect(region.getSync('2')).toBe('old 2');
  });

  it('that runs while its key is evicted in the hold is not stored', async () => {
    const { cache, region } = await shop();
    await cache.holdEvictions(async () => {
      const loaded = deferred<string>();
      const read = region.getOrLoad('2', () => loaded.promise);
      await region.evict('2');
      loaded.resolve('before the write');
      await expect(read).resolves.toBe('before the write');
    });
    expect(region.getSync('2')).toBeUndefined();
  });

  it('that was loaded before its key was evicted in the hold is not stored', async () => {
    const { cache, region, table } = await shop();
    await cache.holdEvictions(async () => {
      await region.getOrLoad('2', table.inside);
      table.write('2', 'new 2');
      await region.evict('2');
      await expect(region.getOrLoad('2', table.inside)).resolves.toBe('new 2');
    });
    expect(region.getSync('2')).toBeUndefined();
  });

  it('whose tags, which only the result reveals, were evicted in the hold, is not stored', async () => {
    const { cache, region } = await shop();
    await cache.holdEvictions(async () => {
      await cache.evictTags('numbers');
      await region.getOrLoad('2', ({ setTags }) => {
        setTags('numbers');
        return 'old 2';
      });
      expect(region.getSync('2')).toBeUndefined();
    });
    expect(region.getSync('2')).toBeUndefined();
  });

  it('that a peer has invalidated since the hold began is not stored: the transaction may read from a snapshot', async () => {
    const { a, b, clock } = await instances(2).connected();
    await a.holdEvictions(async () => {
      await a.region('r').getOrLoad('2', () => 'loaded before');
      await b.region('r').evictMany(['2', '3']);
      await clock.advance(0);
      await a.region('r').getOrLoad('3', () => 'of the snapshot');
    });
    expect([a.region('r').getSync('2'), a.region('r').getSync('3')]).toEqual([undefined, undefined]);
  });

  it('is dropped when the instance starts empty meanwhile', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    await a.holdEvictions(async () => {
      await a.region('r').getOrLoad('2', () => 'v');
      bridge.restart();
      await clock.advance('1m');
    });
    expect(a.stats().bridge.flushes).toBeGreaterThan(0);
    expect(a.region('r').getSync('2')).toBeUndefined();
  });

  it('is not served after the cache was shut down', async () => {
    const { cache, region, table } = await shop();
    await cache.holdEvictions(async () => {
      await region.getOrLoad('2', table.inside);
      await cache.close();
      expect(region.getSync('2')).toBeUndefined();
      await region.getOrLoad('2', table.inside);
      expect(region.getSync('2')).toBeUndefined();
    });
  });

  it('keeps to the bounds of the cache', async () => {
    const { cache, region, table } = await shop({ maxEntries: 2 });
    await cache.holdEvictions(async () => {
      for (const key of ['1', '2', '3']) await region.getOrLoad(key, table.inside);
      expect(['1', '2', '3'].map((key) => region.getSync(key))).toEqual([undefined, 'old 2', 'old 3']);
    });
    expect(['1', '2', '3'].map((key) => region.getSync(key))).toEqual([undefined, 'old 2', 'old 3']);
  });

  it('through getOrLoadMany is loaded once in the hold, without the ids that were evicted', async () => {
    const { cache, region } = await shop();
    const asked: string[] = [];
    const load = async (ids: string[]): Promise<Map<string, string>> => {
      asked.push(...ids);
      return new Map(ids.map((id) => [id, `v${id}`]));
    };
    await cache.holdEvictions(async () => {
      await region.evict('1');
      await region.getOrLoadMany(['1', '2'], load);
      await region.getOrLoadMany(['1', '2'], load);
    });
    expect(asked).toHaveLength(3);
    expect(new Set(asked)).toEqual(new Set(['1', '2']));
    expect([region.getSync('1'), region.getSync('2')]).toEqual([undefined, 'v2']);
  });
});

describe('A load that runs when a hold ends', () => {
  it('is not stored when it is of the hold: nobody knows whether it has read before the commit', async () => {
    const { cache, region } = await shop();
    const loaded = deferred<string>();
    let read: Promise<unknown> | undefined;
    await cache.holdEvictions(async () => {
      read = region.getOrLoad('2', () => loaded.promise);
    });
    loaded.resolve('v');
    await expect(read).resolves.toBe('v');
    expect(region.getSync('2')).toBeUndefined();
  });

  it('is fenced when it is of somebody else, and the hold has evicted its key', async () => {
    const { cache, region } = await shop();
    const loaded = deferred<string>();
    const read = region.getOrLoad('1', () => loaded.promise);
    await cache.holdEvictions(() => region.evict('1'));
    loaded.resolve('old 1');
    await read;
    expect(region.getSync('1')).toBeUndefined();
  });
});
