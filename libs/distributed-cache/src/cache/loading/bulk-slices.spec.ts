import { describe, expect, it } from 'vitest';
import { startedCache } from '../../../../../test/support/instances/instances.js';

interface Product {
  readonly id: number;
}

const MANY = 5_500;
const idsUpTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const rows = (ids: readonly number[]): Product[] => ids.map((id) => ({ id }));
const idOf = ({ id }: Product): number => id;

/** Counts the turns of the event loop until it is stopped. */
class Turns {
  count = 0;
  #isCounting = true;

  constructor() {
    setImmediate(this.#next);
  }

  stop(): void {
    this.#isCounting = false;
  }

  readonly #next = (): void => {
    if (!this.#isCounting) return;
    this.count += 1;
    setImmediate(this.#next);
  };
}

describe('getOrLoadMany of very many ids', () => {
  it('gives the event loop turns while it reads a generator and asks for the ids of a list', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const turns = new Turns();
    const turnsAt = { items: new Set<number>(), ids: new Set<number>() };
    function* made(ids: readonly number[]): Iterable<Product> {
      for (const id of ids) {
        turnsAt.items.add(turns.count);
        yield { id };
      }
    }
    const found = await region.getOrLoadMany(idsUpTo(MANY), made, {
      idOf: ({ id }) => (turnsAt.ids.add(turns.count), id),
    });
    turns.stop();
    expect([...found.keys()]).toEqual(idsUpTo(MANY));
    expect(turnsAt.items.size).toBeGreaterThanOrEqual(9);
    expect(turnsAt.ids.size).toBeGreaterThanOrEqual(9);
  });

  it('gives the event loop turns while it makes the Map of what it has found', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    for (const id of idsUpTo(MANY)) await region.set(id, { id });
    const turns = new Turns();
    const found = await region.getOrLoadMany(idsUpTo(MANY), () => expect.unreachable());
    turns.stop();
    expect(found.size).toBe(MANY);
    // Nine while it looks for the ids, and nine while it makes the Map.
    expect(turns.count).toBeGreaterThanOrEqual(18);
  });

  it('runs a generator and idOf inside of the load in each slice: a read of an id that it loads does not wait for it', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const own: number[] = [];
    const nested: Promise<Product>[] = [];
    const readOwn = (id: number): void => {
      if (id % 1_000 === 0) nested.push(region.getOrLoad(id, () => (own.push(id), { id })));
    };
    function* made(ids: readonly number[]): Iterable<Product> {
      for (const id of ids) {
        readOwn(id);
        yield { id };
      }
    }
    await region.getOrLoadMany(idsUpTo(3_001), made, { idOf: ({ id }) => (readOwn(id), id) });
    await Promise.all(nested);
    expect(own).toEqual([0, 1_000, 2_000, 3_000, 0, 1_000, 2_000, 3_000]);
  });

  it('takes the list of the loader as it was returned: what is put into it later is not stored', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const list = rows(idsUpTo(3_000));
    const found = await region.getOrLoadMany(
      idsUpTo(3_000),
      () => {
        setImmediate(() => list.splice(0));
        return list;
      },
      { idOf: 'position' },
    );
    expect([found.size, region.getSync(2_999)]).toEqual([3_000, { id: 2_999 }]);
  });

  it('begins the first thousand reads with the call, repeated ids aside: an eviction right after it fences them', async () => {
    const region = startedCache({ maxEntries: 100_000 }).region<Product>('products');
    const ids = [...idsUpTo(1_000).map(() => 0), ...idsUpTo(1_500)];
    const reading = region.getOrLoadMany(ids, rows, { idOf });
    void region.evict(999);
    await reading;
    expect([region.getSync(998), region.getSync(999)]).toEqual([{ id: 998 }, undefined]);
  });
});
