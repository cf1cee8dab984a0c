import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { instances, startedCache } from '../../../../test/support/instances/instances.js';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { withTestCache } from '../testing/test-cache.js';
import { Cacheable } from './cacheable.decorator.js';
import { CacheableMany } from './cacheable-many.decorator.js';
import { CacheEvict } from './cache-evict.decorator.js';

interface Product {
  readonly id: string;
}

const row = (id: string): Product => ({ id });

/** Ids from 'x' on do not exist. Rows come in another order than they were asked for. */
const query = (ids: Iterable<string>): Product[] =>
  [...new Set(ids)]
    .filter((id) => id < 'x')
    .toReversed()
    .map(row);

class Products {
  readonly calls: unknown[] = [];

  @CacheableMany({ region: 'products', idOf: (product) => product.id })
  async rows(ids: readonly string[]): Promise<Product[]> {
    this.calls.push(ids);
    return query(ids);
  }

  @CacheableMany({ region: 'positions', idOf: 'position' })
  async positions(ids: string[]): Promise<(Product | null)[]> {
    this.calls.push(ids);
    return ids.map((id) => (id < 'x' ? row(id) : null));
  }

  @CacheableMany({ region: 'map' })
  async map(ids: string[]): Promise<Map<string, Product>> {
    this.calls.push(ids);
    return new Map(query(ids).map((product) => [product.id, product]));
  }

  @CacheableMany({ region: 'pairs' })
  async pairs(ids: string[]): Promise<Iterable<readonly [string, Product]>> {
    this.calls.push(ids);
    return query(ids).map((product) => [product.id, product] as const);
  }

  @CacheableMany({ region: 'set', idOf: (product) => product.id })
  async set(ids: ReadonlySet<string>): Promise<Product[]> {
    this.calls.push(ids);
    return query(ids);
  }

  @CacheableMany({ region: 'iterable', idOf: (product) => product.id })
  async iterable(ids: Iterable<string>): Promise<Product[]> {
    this.calls.push(ids);
    return query(ids);
  }

  @CacheableMany({ region: 'localized', key: (id, locale) => [locale, id] })
  async localized(ids: string[], locale: string, ...flags: boolean[]): Promise<Map<string, string>> {
    this.calls.push([ids, locale, ...flags]);
    return new Map(ids.map((id) => [id, `${id} ${locale}`]));
  }
}

describe('@CacheableMany', () => {
  it('calls the method once, with the missing ids in place of the first argument and the other arguments unchanged', async () => {
    const service = withTestCache(new Products());
    await service.localized(['2'], 'de');
    await service.localized(['1', '2', '3'], 'de', true, false);
    await service.localized(['3', '2', '1'], 'de', true);
    expect(service.calls).toEqual([
      [['2'], 'de'],
      [['1', '3'], 'de', true, false],
    ]);
  });

  it('does not call the method for an empty list, and gives an empty list or Map', async () => {
    const service = withTestCache(new Products());
    expect(await service.rows([])).toEqual([]);
    expect(await service.positions([])).toEqual([]);
    expect(await service.map([])).toEqual(new Map());
    expect(service.calls).toEqual([]);
  });

  it('loads an id that is repeated in the list once', async () => {
    const service = withTestCache(new Products());
    await service.positions(['1', '2', '1', '1']);
    expect(service.calls).toEqual([['1', '2']]);
  });

  it('with an idOf function gives the rows in the order of the ids, each once, without those that do not exist', async () => {
    const service = withTestCache(new Products());
    await service.rows(['3']);
    const asked = ['1', '9', 'x', '3', '1', '2'];
    const expected = ['1', '9', '3', '2'].map(row);
    expect(await service.rows(asked)).toEqual(expected);
    expect(await service.rows(asked)).toEqual(expected);
    expect(service.calls).toEqual([['3'], ['1', '9', 'x', '2'], ['x']]);
  });

  it('with an idOf function leaves out a null that another reader of the region has cached', async () => {
    const cache = startedCache();
    const service = withTestCache(new Products(), cache);
    await cache.region('products').set('1', null);
    expect(await service.rows(['1', '2'])).toEqual([row('2')]);
    expect(service.calls).toEqual([['2']]);
  });

  it(`with idOf: 'position' gives an item for each id as given, null and repeats included`, async () => {
    const service = withTestCache(new Products());
    const asked = ['2', 'x', '1', '2', 'x'];
    const expected = [row('2'), null, row('1'), row('2'), null];
    expect(await service.positions(asked)).toEqual(expected);
    expect(await service.positions(asked)).toEqual(expected);
    expect(service.calls).toEqual([['2', 'x', '1']]);
  });

  it(`with idOf: 'position' rejects a list of another length and stores nothing`, async () => {
    class Short {
      @CacheableMany({ region: 'products', idOf: 'position' })
      async find(ids: string[]): Promise<Product[]> {
        return ids.slice(1).map(row);
      }
    }
    const cache = startedCache();
    const failure = withTestCache(new Short(), cache).find(['1', '2']);
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(
      /^Short\.find: the method gave 1 values for 2 ids; needed: with idOf: 'position', exactly one item per id/,
    );
    expect(['1', '2'].map((id) => cache.region('products').getSync(id))).toEqual([undefined, undefined]);
  });

  it.each(['map', 'pairs'] as const)(
    'gives a Map in the order of the ids, without those that have no value, for a method that gives a %s',
    async (method) => {
      const service = withTestCache(new Products());
      await service[method](['3']);
      const expected = ['1', '3', '2'].map((id) => [id, row(id)]);
      const found = await service[method](['1', 'x', '3', '2']);
      expect(found).toBeInstanceOf(Map);
      expect([...found]).toEqual(expected);
      expect([...(await service[method](['1', 'x', '3', '2']))]).toEqual(expected);
      expect(service.calls).toEqual([['3'], ['1', 'x', '2'], ['x']]);
    },
  );

  it('hands the missing ids on as a Set where it was given one, and as a list where it was given anything else', async () => {
    const service = withTestCache(new Products());
    expect(await service.set(new Set(['1', '2']))).toEqual([row('1'), row('2')]);
    const once = ['1', '2'].values();
    expect(await service.iterable(once)).toEqual([row('1'), row('2')]);
    expect(service.calls).toEqual([new Set(['1', '2']), ['1', '2']]);
  });

  it('reads the list when it is called: a caller that changes it later changes nothing', async () => {
    const service = withTestCache(new Products());
    const ids = ['1', '2'];
    const found = service.positions(ids);
    ids.length = 0;
    expect(await found).toEqual([row('1'), row('2')]);
  });

  it('takes a number and its decimal string for one id, of the row too', async () => {
    class Numbered {
      @CacheableMany({ idOf: (product) => product.id })
      async find(ids: string[], _locale?: string): Promise<{ id: number }[]> {
        return ids.map((id) => ({ id: Number(id) }));
      }
    }
    const service = withTestCache(new Numbered());
    expect(await service.find(['7'])).toEqual([{ id: 7 }]);
    expect(await service.find(['7'], 'de')).toEqual([{ id: 7 }]);
  });

  it('shares the entries of a region with @Cacheable, and an eviction of one id loads that one again', async () => {
    class Shop extends Products {
      @Cacheable({ region: 'products', key: (id) => id })
      async one(id: string): Promise<Product> {
        this.calls.push(id);
        return row(id);
      }
      @CacheEvict({ region: 'products', key: (id) => id })
      async change(_id: string): Promise<void> {}
    }
    const service = withTestCache(new Shop());
    await service.one('1');
    await service.rows(['1', '2']);
    await service.one('2');
    await service.change('1');
    await service.rows(['1', '2']);
    expect(service.calls).toEqual(['1', ['2'], ['1']]);
  });

  it('does not deadlock when a method calls the one that it overrides, and keeps the regions of both apart', async () => {
    class Base {
      @CacheableMany()
      async find(ids: string[]): Promise<Map<string, string>> {
        return new Map(ids.map((id) => [id, `base ${id}`]));
      }
    }
    class Derived extends Base {
      @CacheableMany()
      override async find(ids: string[]): Promise<Map<string, string>> {
        return new Map(Array.from(await super.find(ids), ([id, value]) => [id, `derived of ${value}`]));
      }
    }
    const cache = startedCache();
    expect(await withTestCache(new Derived(), cache).find(['1'])).toEqual(new Map([['1', 'derived of base 1']]));
    expect(cache.region('Derived.find').getSync('1')).toBe('derived of base 1');
    expect(cache.region('Derived.find(Base)').getSync('1')).toBe('base 1');
  });

  it.each([
    ['one id', '12'],
    ['nothing', undefined],
    ['a number', 7],
  ])('rejects %s in place of the list, and does not call the method', async (_what, ids) => {
    const service = withTestCache(new Products());
    const failure = Reflect.apply(service.rows, service, [ids]);
    await expect(failure).rejects.toThrow(InvalidKeyError);
    await expect(failure).rejects.toThrow(
      /^@CacheableMany on Products\.rows: the first argument is .*; allowed: a list/,
    );
    expect(service.calls).toEqual([]);
  });
});

describe('Calls of @CacheableMany that overlap', () => {
  class Slow {
    readonly calls: { readonly ids: string[]; readonly answer: ReturnType<typeof deferred<Product[]>> }[] = [];

    @CacheableMany({ region: 'products', idOf: (product) => product.id })
    find(ids: string[]): Promise<Product[]> {
      const answer = deferred<Product[]>();
      this.calls.push({ ids, answer });
      return answer.promise;
    }

    answer(call: number): void {
      this.calls[call]?.answer.resolve(this.calls[call].ids.map(row));
    }
  }

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('share one load of each id: the later call loads only what the earlier one does not', async () => {
    const service = withTestCache(new Slow());
    const first = service.find(['1', '2']);
    const second = service.find(['2', '3']);
    await turn();
    expect(service.calls.map(({ ids }) => ids)).toEqual([['1', '2'], ['3']]);
    service.answer(1);
    service.answer(0);
    expect(await first).toEqual([row('1'), row('2')]);
    expect(await second).toEqual([row('2'), row('3')]);
    expect(service.calls).toHaveLength(2);
  });

  it('share an error of the method where they share an id; it is not cached', async () => {
    const service = withTestCache(new Slow());
    const outcomes = Promise.allSettled([service.find(['1', '2']), service.find(['2']), service.find(['3'])]);
    await turn();
    service.calls[0]?.answer.reject(new RangeError('away'));
    service.answer(1);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    const again = service.find(['1', '2', '3']);
    await turn();
    service.answer(2);
    expect(await again).toEqual(['1', '2', '3'].map(row));
    expect(service.calls.map(({ ids }) => ids)).toEqual([['1', '2'], ['3'], ['1', '2']]);
  });

  it('are fenced per id: of what is evicted while the method runs, here or by a peer, nothing is stored; the others are', async () => {
    const { a, b } = await instances(2).connected();
    const service = withTestCache(new Slow(), a);
    const found = service.find(['1', '2', '3']);
    await turn();
    await a.region('products').evict('1');
    await b.region('products').evict('2', { everywhere: true });
    service.answer(0);
    expect(await found).toEqual(['1', '2', '3'].map(row));
    expect(['1', '2', '3'].map((id) => a.region('products').getSync(id))).toEqual([undefined, undefined, row('3')]);
  });
});

describe('An error of a method with @CacheableMany', () => {
  it('goes to the caller, thrown at once or later, and is not cached', async () => {
    class Failing {
      calls = 0;
      @CacheableMany()
      find(ids: string[]): Promise<Map<string, string>> {
        this.calls += 1;
        if (this.calls === 1) throw new RangeError('at once');
        if (this.calls === 2) return Promise.reject(new TypeError('later'));
        return Promise.resolve(new Map(ids.map((id) => [id, id])));
      }
    }
    const service = withTestCache(new Failing());
    await expect(service.find(['1'])).rejects.toThrow(RangeError);
    await expect(service.find(['1'])).rejects.toThrow(TypeError);
    expect(await service.find(['1'])).toEqual(new Map([['1', '1']]));
  });

  it('in place of a value concerns that id alone: the others are stored', async () => {
    class Partly {
      @CacheableMany({ region: 'products', idOf: 'position' })
      async find(ids: string[]): Promise<(Product | Error)[]> {
        return ids.map((id) => (id === '1' ? new RangeError('of 1') : row(id)));
      }
    }
    const cache = startedCache();
    await expect(withTestCache(new Partly(), cache).find(['1', '2'])).rejects.toThrow(RangeError);
    expect(['1', '2'].map((id) => cache.region('products').getSync(id))).toEqual([undefined, row('2')]);
  });

  it('tells a list without idOf from pairs, and what cannot be iterated from both', async () => {
    class Wrong {
      @CacheableMany()
      async list(_ids: string[]): Promise<Map<string, Product>> {
        return JSON.parse('[{"id":"1"}]');
      }
      @CacheableMany({ idOf: (product) => product.id })
      async nothing(_ids: string[]): Promise<Product[]> {
        return JSON.parse('null');
      }
    }
    const service = withTestCache(new Wrong());
    await expect(service.list(['1'])).rejects.toThrow(/^Wrong\.list: the method gave a list of values; needed: idOf/);
    await expect(service.nothing(['1'])).rejects.toThrow(
      /^Wrong\.nothing: the method gave nothing that can be iterated/,
    );
  });
});
