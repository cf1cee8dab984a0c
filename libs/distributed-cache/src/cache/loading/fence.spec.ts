import { describe, expect, it } from 'vitest';
import {
  instances,
  LONGEST_BACK_OFF,
  type InstancesInMemory,
} from '../../../../../test/support/instances/instances.js';
import { deferred, type Deferred } from '../../../../../test/support/common/deferred.js';
import type { StoreOptions } from '../store-options.js';

interface Overtaken {
  readonly both: InstancesInMemory;
  readonly asked: Deferred<string>;
  /** The reader whose load was running before the invalidation. */
  readonly reader: Promise<string>;
}

/** A load on the second instance that an invalidation overtakes before it ends. */
async function overtakenBy(
  invalidate: (both: InstancesInMemory) => Promise<unknown>,
  options?: StoreOptions,
): Promise<Overtaken> {
  const both = await instances(2).connected();
  const asked = deferred<string>();
  const reader = both.b.region<string>('r').getOrLoad('1', () => asked.promise, options);
  await invalidate(both);
  await both.clock.advance(0);
  return { both, asked, reader };
}

const INVALIDATIONS: readonly (readonly [string, (both: InstancesInMemory) => Promise<unknown>])[] = [
  ["a peer's eviction of its key", ({ a }) => a.region('r').evict('1')],
  ["a peer's eviction of its region", ({ a }) => a.region('r').clear()],
  ["a peer's eviction of a tag it was given", ({ a }) => a.evictTags('sale')],
  ["a peer's eviction of everything", ({ a }) => a.clear()],
  ["a peer's set of its key", ({ a }) => a.region('r').set('1', 'newer')],
  ["a peer's update of its key", ({ a }) => a.region('r').update('1', () => 'newer')],
  ['an eviction by this instance', ({ b }) => b.region('r').evict('1')],
  ['a put by this instance', ({ b }) => b.region('r').update('1', () => 'newer')],
  ['a set by this instance', ({ b }) => b.region('r').set('1', 'newer')],
  ['a message that is published plainly', async ({ bridge }) => bridge.publishPlain('shop', '{"v":1,"k":[["r","1"]]}')],
  ['a message of a newer version', async ({ bridge }) => bridge.publishPlain('shop', '{"v":2}')],
  ['a flush', async ({ bridge, clock }) => (bridge.restart(), clock.advance(LONGEST_BACK_OFF))],
  [
    'an eviction that only a sync brings',
    async ({ a, bridge, clock }) => {
      bridge.drop();
      await a.region('r').evict('1');
      await clock.advance('5s');
    },
  ],
];

describe('a load overtaken by', () => {
  it.each(INVALIDATIONS)('%s resolves for its caller and is not stored', async (_, invalidate) => {
    const { both, asked, reader } = await overtakenBy(invalidate, { tags: 'sale' });
    asked.resolve('overtaken');
    await expect(reader).resolves.toBe('overtaken');
    expect(both.b.region('r').getSync('1')).not.toBe('overtaken');
  });

  it.each(INVALIDATIONS)('%s is not joined by later callers, who start a new load', async (_, invalidate) => {
    const { both, asked, reader } = await overtakenBy(invalidate, { tags: 'sale' });
    const later = both.b.region<string>('r').getOrLoad('1', () => 'newer');
    await expect(later).resolves.toBe('newer');
    asked.resolve('overtaken');
    await reader;
    expect(both.b.region('r').getSync('1')).toBe('newer');
  });

  it.each<[string, (both: InstancesInMemory) => Promise<unknown>]>([
    ['another key', ({ a }) => a.region('r').evict('2')],
    ['another region', ({ a }) => a.region('other').clear()],
    ['another tag', ({ a }) => a.evictTags('new')],
    ['nothing that can be understood', async ({ bridge }) => bridge.publishPlain('shop', 'garbage')],
  ])('an invalidation of %s is stored', async (_, invalidate) => {
    const { both, asked, reader } = await overtakenBy(invalidate, { tags: 'sale' });
    asked.resolve('current');
    await reader;
    expect(both.b.region('r').getSync('1')).toBe('current');
  });

  it('an invalidation of its key is counted as fenced', async () => {
    const { both, asked, reader } = await overtakenBy(({ a }) => a.region('r').evict('1'));
    asked.resolve('overtaken');
    await reader;
    expect(both.b.stats().regions['r']).toMatchObject({ fenced: 1, entries: 0 });
  });
});

describe('a load that sets its tags by its result', () => {
  const tagged = async (): Promise<{
    both: InstancesInMemory;
    asked: Deferred<string>;
    read: (mine: string) => Promise<string>;
    loads: string[];
  }> => {
    const both = await instances(2).connected();
    const asked = deferred<string>();
    const loads: string[] = [];
    const read = (mine: string): Promise<string> =>
      both.b.region<string>('r').getOrLoad('1', async (context) => {
        loads.push(mine);
        const value = loads.length === 1 ? await asked.promise : `loaded by ${mine}`;
        context.setTags('sale');
        return value;
      });
    return { both, asked, read, loads };
  };

  it('is not stored when one of them was evicted meanwhile', async () => {
    const { both, asked, read } = await tagged();
    const reader = read('before');
    await both.a.evictTags('sale');
    await both.clock.advance(0);
    asked.resolve('overtaken');
    await expect(reader).resolves.toBe('overtaken');
    expect(both.b.region('r').getSync('1')).toBeUndefined();
  });

  it('resolves for callers that joined before that eviction, and is loaded anew for those after it', async () => {
    const { both, asked, read, loads } = await tagged();
    const before = read('first');
    const joined = read('joined before');
    await both.a.evictTags('sale');
    await both.clock.advance(0);
    const after = read('joined after');
    asked.resolve('overtaken');

    await expect(before).resolves.toBe('overtaken');
    await expect(joined).resolves.toBe('overtaken');
    await expect(after).resolves.toBe('loaded by joined after');
    expect(loads).toEqual(['first', 'joined after']);
    expect(both.b.region('r').getSync('1')).toBe('loaded by joined after');
  });
});

describe('a load that evicts its own key', () => {
  it('resolves for its caller after one try, and is not stored', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<string>('r');
    let loads = 0;
    const reader = region.getOrLoad('1', () => {
      loads += 1;
      if (loads > 1) throw new Error('sent to load again, and again');
      void region.evict('1');
      return 'loaded';
    });
    await expect(reader).resolves.toBe('loaded');
    expect(region.getSync('1')).toBeUndefined();
  });
});

describe('a load that runs while very many other keys are evicted', () => {
  it('is stored, and fenced by an eviction of its own key before or after them', async () => {
    const { a, b, clock } = await instances(2).connected();
    const asked = deferred<string>();
    const readers = ['before', 'unrelated', 'after'].map((key) => b.region('r').getOrLoad(key, () => asked.promise));
    void a.region('r').evict('before');
    for (let slice = 0; slice < 20; slice += 1) {
      for (let key = 0; key < 1_000; key += 1) void a.region('other').evict(slice * 1_000 + key);
      await clock.advance(0);
    }
    void a.region('r').evict('after');
    await clock.advance(0);
    asked.resolve('loaded');
    await Promise.all(readers);
    const held = ['before', 'unrelated', 'after'].map((key) => b.region('r').getSync(key));
    expect(held).toEqual([undefined, 'loaded', undefined]);
  });
});

describe('the fence is asked last, so a result is not stored', () => {
  it('when sizeOf evicts it', async () => {
    const { a } = await instances(1)
      .with({ maxSize: 10, sizeOf: () => (void a.region('r').evict('1'), 1) })
      .connected();
    await expect(a.region('r').getOrLoad('1', () => 'loaded')).resolves.toBe('loaded');
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ fenced: 1 });
  });

  it('when the function that tells its tags evicts one of them, and it is called once', async () => {
    const { a } = await instances(1).connected();
    let calls = 0;
    const tags = (): string => {
      calls += 1;
      void a.evictTags('sale');
      return 'sale';
    };
    await a.region<string>('r').getOrLoadMany(['1'], () => new Map([['1', 'loaded']]), { tags });
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(calls).toBe(1);
  });

  it('when it evicts while it is cloned', async () => {
    const { a } = await instances(1).with({ values: 'cloned' }).connected();
    const evicting = Object.defineProperty({}, 'name', {
      enumerable: true,
      get: () => (void a.region('r').evict('1'), 'chair'),
    });
    await a.region('r').getOrLoad('1', () => evicting);
    expect(a.region('r').getSync('1')).toBeUndefined();
  });
});

describe('a load that is fenced by a tag given with the call', () => {
  it('is counted', async () => {
    const { a } = await instances(1).connected();
    const asked = deferred<string>();
    const reader = a.region<string>('r').getOrLoad(
      '1',
      ({ setTags }) => {
        setTags('another');
        return asked.promise;
      },
      { tags: 'sale' },
    );
    await a.evictTags('sale');
    asked.resolve('loaded');
    await reader;
    expect(a.stats().regions['r']).toMatchObject({ fenced: 1, entries: 0 });
  });
});

describe('an id of a bulk load that is loaded again', () => {
  it('counts one miss', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<string>('r');
    const first = deferred<string>();
    const single = region.getOrLoad('1', ({ setTags }) => {
      setTags('sale');
      return first.promise;
    });
    await a.evictTags('sale');
    const bulk = region.getOrLoadMany(['1'], (ids) => ids.map((id) => [id, 'again'] as const));
    first.resolve('old');
    await Promise.all([single, bulk]);
    expect((await bulk).get('1')).toBe('again');
    expect(a.stats().regions['r']).toMatchObject({ misses: 2, loads: 2, fenced: 1 });
  });
});

describe('invalidations while very many loads run', () => {
  it('are found without a comparison with each load', async () => {
    const { a } = await instances(1).connected();
    const rows = deferred<Map<number, string>>();
    const ids = Array.from({ length: 2_000 }, (_, index) => index);
    const bulk = a.region<string>('r').getOrLoadMany(ids, () => rows.promise, { tags: 'row' });
    for (let index = 0; index < 500; index += 1) void a.evictTags(`other-${index}`);
    for (let index = 0; index < 500; index += 1) void a.region('r').evict(`other-${index}`);
    void a.region('r').evict(7);
    rows.resolve(new Map(ids.map((id) => [id, `row ${id}`])));
    await bulk;
    expect(a.stats().regions['r']).toMatchObject({ entries: 1_999, fenced: 1 });
  });
});
