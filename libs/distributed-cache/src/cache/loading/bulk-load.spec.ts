import { describe, expect, it } from 'vitest';
import { instances, startedCache } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { InvalidOptionsError } from '../../errors.js';
import type { Region } from '../region.js';

interface Product {
  readonly id: number;
  readonly category?: string;
}

async function products(): Promise<Region<Product>> {
  const { a } = await instances(1).connected();
  return a.region<Product>('products');
}

const rows = (ids: readonly (string | number)[]): Product[] => ids.map((id) => ({ id: Number(id) }));
const idOf = ({ id }: Product): number => id;

describe('getOrLoadMany', () => {
  it('gives a Map keyed by the ids as given, in their order', async () => {
    const region = await products();
    const found = await region.getOrLoadMany([3, '1', 2], (ids) => rows(ids).toReversed(), { idOf });
    expect([...found]).toEqual([
      [3, { id: 3 }],
      ['1', { id: 1 }],
      [2, { id: 2 }],
    ]);
  });

  it('calls the loader once, with the missing ids only', async () => {
    const region = await products();
    await region.getOrLoad('2', () => ({ id: 2 }));
    const asked: unknown[] = [];
    const load = (ids: number[]): Product[] => {
      asked.push(ids);
      return rows(ids);
    };
    await region.getOrLoadMany([1, 2, 3], load, { idOf });
    await region.getOrLoadMany([1, 2, 3], load, { idOf });
    expect(asked).toEqual([[1, 3]]);
  });

  it('of very many ids calls the loader once, and gives the event loop turns while it asks and stores', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const ids = Array.from({ length: 5_500 }, (_, index) => index);
    let turns = 0;
    let isReading = true;
    const count = (): void => {
      turns += 1;
      if (isReading) setImmediate(count);
    };
    setImmediate(count);
    const calls: number[][] = [];
    const turnsAtCall: number[] = [];
    const load = (missing: number[]): Product[] => {
      calls.push(missing);
      turnsAtCall.push(turns);
      return rows(missing);
    };
    const found = await region.getOrLoadMany(ids, load, { idOf });
    isReading = false;
    expect([...found.keys()]).toEqual(ids);
    expect(calls).toEqual([ids]);
    expect(turnsAtCall[0]).toBeGreaterThanOrEqual(5);
    expect(turns - (turnsAtCall[0] ?? 0)).toBeGreaterThanOrEqual(5);
    expect(ids.filter((id) => region.getSync(id) === undefined)).toEqual([]);
  });

  it('of very many ids is not stored where an eviction comes while it asks or stores', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const ids = Array.from({ length: 3_000 }, (_, index) => index);
    const reading = region.getOrLoadMany(
      ids,
      async (missing) => {
        setImmediate(() => void region.evict(2_999));
        return rows(missing);
      },
      { idOf },
    );
    setImmediate(() => void region.evict(0));
    await reading;
    expect([0, 1, 2_998, 2_999].map((id) => region.getSync(id)?.id)).toEqual([undefined, 1, 2_998, undefined]);
  });

  it('rejects when a joined load fails while it still asks for other ids, without an unhandled rejection', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const joined = region.getOrLoad(0, () => Promise.reject(new Error('away')));
    const ids = Array.from({ length: 3_000 }, (_, index) => index);
    const reading = region.getOrLoadMany(ids, rows, { idOf });
    await expect(joined).rejects.toThrow('away');
    await expect(reading).rejects.toThrow('away');
  });

  it('loads an id that is given twice once', async () => {
    const region = await products();
    const asked: unknown[] = [];
    const found = await region.getOrLoadMany(
      [1, '1', 1],
      (ids) => {
        asked.push(ids);
        return rows(ids);
      },
      { idOf },
    );
    expect(asked).toEqual([[1]]);
    expect([...found.keys()]).toEqual([1, '1']);
  });

  it('gives an empty Map for no ids, without calling the loader', async () => {
    const region = await products();
    await expect(region.getOrLoadMany([], () => expect.unreachable())).resolves.toEqual(new Map());
  });

  it('takes a Map or pairs from the loader', async () => {
    const region = await products();
    const one = { id: 1 };
    const two = { id: 2 };
    await expect(region.getOrLoadMany([1], () => new Map([[1, one]]))).resolves.toEqual(new Map([[1, one]]));
    await expect(region.getOrLoadMany([2], async () => [[2, two] as const])).resolves.toEqual(new Map([[2, two]]));
  });

  it('leaves out ids for which the loader gives nothing, and stores nothing for them', async () => {
    const region = await products();
    const found = await region.getOrLoadMany([1, 2], () => rows([2]), { idOf });
    expect([...found.keys()]).toEqual([2]);
    expect(region.getSync(1)).toBeUndefined();
  });

  it('takes null in a list of the loader as not found', async () => {
    const region = await products();
    const load = (): Product[] => JSON.parse('[null,{"id":2}]');
    const found = await region.getOrLoadMany([1, 2], load, { idOf });
    expect([...found.keys()]).toEqual([2]);
  });

  it('stores nothing under an id that was not missing', async () => {
    const region = await products();
    await region.getOrLoadMany([1], () => rows([1, 99]), { idOf });
    expect(region.getSync(99)).toBeUndefined();
  });

  it('rejects for every joined caller when the loader fails, and caches nothing', async () => {
    const region = await products();
    const asked = deferred<Product[]>();
    const bulk = region.getOrLoadMany([1, 2], () => asked.promise, { idOf });
    const joined = region.getOrLoad(2, () => expect.unreachable());
    asked.reject(new Error('away'));
    const outcomes = await Promise.allSettled([bulk, joined]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(region.getOrLoadMany([1, 2], (ids) => rows(ids), { idOf })).resolves.toHaveProperty('size', 2);
  });
});

describe('a list that the loader of getOrLoadMany gives', () => {
  it('without idOf is refused: rows may come in another order, or not at all', async () => {
    const region = await products();
    const load = (): Map<number, Product> => JSON.parse('[{"id":1},{"id":2}]');
    await expect(region.getOrLoadMany([1, 2], load)).rejects.toThrow(InvalidOptionsError);
    expect(region.getSync(1)).toBeUndefined();
  });

  it("is read by position with idOf: 'position'", async () => {
    const region = await products();
    const found = await region.getOrLoadMany([7, 3], (ids) => rows(ids), { idOf: 'position' });
    expect(found.get(3)).toEqual({ id: 3 });
  });

  it("of another length rejects with idOf: 'position', and stores nothing", async () => {
    const region = await products();
    const short = region.getOrLoadMany([3, 7], () => rows([7]), { idOf: 'position' });
    await expect(short).rejects.toThrow(/gave 1 values for 2 ids.*Nothing was stored/);
    expect([region.getSync(3), region.getSync(7)]).toEqual([undefined, undefined]);
  });

  it('is refused when it is no list', async () => {
    const region = await products();
    const load = (): Map<number, Product> => JSON.parse('{"id":1}');
    await expect(region.getOrLoadMany([1], load)).rejects.toThrow(/nothing that can be iterated/);
  });
});

describe('every id of getOrLoadMany', () => {
  it('is a load that can be joined by getOrLoad, and joins one', async () => {
    const region = await products();
    const bulk = deferred<Product[]>();
    const single = deferred<Product>();
    const one = region.getOrLoad(1, () => single.promise);
    const many = region.getOrLoadMany([1, 2], (ids) => (expect(ids).toEqual([2]), bulk.promise), { idOf });
    const two = region.getOrLoad(2, () => expect.unreachable());
    bulk.resolve(rows([2]));
    await expect(two).resolves.toEqual({ id: 2 });
    single.resolve({ id: 1 });
    await one;
    await expect(many).resolves.toEqual(
      new Map([
        [1, { id: 1 }],
        [2, { id: 2 }],
      ]),
    );
  });

  it('has its own fence', async () => {
    const region = await products();
    const asked = deferred<Product[]>();
    const many = region.getOrLoadMany([1, 2], () => asked.promise, { idOf });
    await region.evict(1);
    asked.resolve(rows([1, 2]));
    await expect(many).resolves.toHaveProperty('size', 2);
    expect([region.getSync(1), region.getSync(2)]).toEqual([undefined, { id: 2 }]);
  });

  it('has a fence that begins before the loader', async () => {
    const region = await products();
    const many = region.getOrLoadMany([1], (ids) => rows(ids), { idOf });
    // The loader is called in a later turn of the promises: this comes before it, and must not be forgotten.
    void region.evict(1);
    await many;
    expect(region.getSync(1)).toBeUndefined();
  });

  it('has the common tags or its own, for evictions and the fence', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<Product>('products');
    const asked = deferred<Product[]>();
    const tags = ({ category }: Product): string => `category:${category}`;
    const many = region.getOrLoadMany([1, 2], () => asked.promise, { idOf, tags });
    await a.evictTags('category:a');
    asked.resolve([
      { id: 1, category: 'a' },
      { id: 2, category: 'b' },
    ]);
    await many;
    expect([region.getSync(1), region.getSync(2)]).toEqual([undefined, { id: 2, category: 'b' }]);

    await region.getOrLoadMany([3], (ids) => rows(ids), { idOf, tags: ['all'] });
    await a.evictTags(['category:b', 'all']);
    expect([region.getSync(2), region.getSync(3)]).toEqual([undefined, undefined]);
  });

  it('has the time to live of the call', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region<Product>('products');
    await region.getOrLoadMany([1], (ids) => rows(ids), { idOf, ttl: '1s' });
    await clock.advance('1s');
    expect(region.getSync(1)).toBeUndefined();
  });
});
