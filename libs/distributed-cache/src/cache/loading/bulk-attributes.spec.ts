import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import { InvalidOptionsError } from '../../errors.js';

interface Product {
  readonly id: number;
  readonly lifetime?: number;
}

const rows = (ids: readonly number[]): Product[] => ids.map((id) => ({ id, lifetime: id * 1_000 }));
const idOf = ({ id }: Product): number => id;

describe('An option of getOrLoadMany that is a function', () => {
  it('ttl gives the time to live of each value; undefined means that of the region, 0 or less that it is not stored', async () => {
    const { a, clock } = await instances(1)
      .with({ regions: { products: { ttl: '1h' } } })
      .connected();
    const region = a.region<Product>('products');
    const ttl = (product: Product): number | undefined => (product.id === 7 ? undefined : product.lifetime);
    await region.getOrLoadMany([-1, 0, 1, 2, 7], rows, { idOf, ttl });
    const stored = (): number[] => [-1, 0, 1, 2, 7].filter((id) => region.getSync(id) !== undefined);
    expect(stored()).toEqual([1, 2, 7]);
    await clock.advance('1s');
    expect(stored()).toEqual([2, 7]);
    await clock.advance('1s');
    expect(stored()).toEqual([7]);
    await clock.advance('1h');
    expect(stored()).toEqual([]);
  });

  it('ttl is refused when it gives nonsense: the reader gets the error, and the value is not stored', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<Product>('products');
    const ttl = (): '1s' => JSON.parse('"soon"');
    const failure = region.getOrLoadMany([1], rows, { idOf, ttl });
    await expect(failure).rejects.toThrow(InvalidOptionsError);
    await expect(failure).rejects.toThrow(/^Region 'products': ttl: a text is not a duration/);
    expect(region.getSync(1)).toBeUndefined();
  });

  it('unless says which values are given but not stored; nothing else is asked about those', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<Product>('products');
    const asked: unknown[] = [];
    const found = await region.getOrLoadMany([1, 2], rows, {
      idOf,
      unless: ({ id }) => id === 1,
      ttl: ({ id }) => void asked.push(['ttl', id]),
      tags: ({ id }) => (asked.push(['tags', id]), []),
    });
    expect([...found.keys()]).toEqual([1, 2]);
    expect([region.getSync(1), region.getSync(2)]).toEqual([undefined, { id: 2, lifetime: 2_000 }]);
    expect(asked).toEqual([
      ['tags', 2],
      ['ttl', 2],
    ]);
  });

  it('takes the value and the id as given, also of null except for tags, and is not called for an id without a value', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<Product | null>('products');
    const asked: unknown[] = [];
    const note = (what: string, value: Product | null, id: string): void => void asked.push([what, value, id]);
    await region.getOrLoadMany(['1', '2'], () => new Map([['1', null]]), {
      cacheUndefined: true,
      unless: (value, id) => (note('unless', value, id), false),
      ttl: (value, id) => (note('ttl', value, id), undefined),
      tags: (value, id) => (note('tags', value, id), 'nothing'),
    });
    expect(asked).toEqual([
      ['unless', null, '1'],
      ['ttl', null, '1'],
    ]);
  });
});
