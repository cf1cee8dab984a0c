import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import type { Region } from '../region.js';

async function region(): Promise<Region<string>> {
  const { a } = await instances(1).connected();
  return a.region<string>('r');
}

describe('a load that reads its own key', () => {
  it('does not wait for itself: an override that calls its overridden method', async () => {
    const products = await region();
    const inherited = (): Promise<string> => products.getOrLoad('1', () => 'chair');
    const overriding = (): Promise<string> => products.getOrLoad('1', async () => `${await inherited()}, oak`);
    await expect(overriding()).resolves.toBe('chair, oak');
    expect(products.getSync('1')).toBe('chair, oak');
  });

  it('does not wait for itself through a load of another key', async () => {
    const products = await region();
    const one = (): Promise<string> =>
      products.getOrLoad('1', () => products.getOrLoad('2', () => products.getOrLoad('1', () => 'innermost')));
    await expect(one()).resolves.toBe('innermost');
  });

  it('does not wait for itself through a bulk load, nor the other way round', async () => {
    const products = await region();
    const loader = (ids: string[]): Promise<Map<string, string>> =>
      Promise.all(ids.map(async (id) => [id, await products.getOrLoad(id, () => `row ${id}`)] as const)).then(
        (rows) => new Map(rows),
      );
    await expect(products.getOrLoadMany(['1', '2'], loader)).resolves.toEqual(
      new Map([
        ['1', 'row 1'],
        ['2', 'row 2'],
      ]),
    );

    const nested = products.getOrLoad('3', async () => {
      const rows = await products.getOrLoadMany(['3', '4'], (ids) => ids.map((id) => [id, `row ${id}`] as const));
      return [...rows.values()].join(', ');
    });
    await expect(nested).resolves.toBe('row 3, row 4');
  });

  it('does not wait for itself in a put', async () => {
    const products = await region();
    const put = products.update('1', async () => {
      await products.update('1', () => 'inner');
      return products.getOrLoad('2', () => 'read within');
    });
    await expect(put).resolves.toBe('read within');
  });
});

describe('two loads that read each other', () => {
  it('do not wait for each other', async () => {
    const products = await region();
    const bothBegan = deferred<void>();
    const one = products.getOrLoad('1', async () => {
      await bothBegan.promise;
      return `1(${await products.getOrLoad('2', () => 'two')})`;
    });
    const two = products.getOrLoad('2', async () => {
      await bothBegan.promise;
      return `2(${await products.getOrLoad('1', () => 'one')})`;
    });
    bothBegan.resolve();
    await expect(Promise.all([one, two])).resolves.toEqual(['1(2(one))', '2(one)']);
  });

  it('do not wait for each other around a ring of three', async () => {
    const products = await region();
    const allBegan = deferred<void>();
    const load = (key: string, next: string): Promise<string> =>
      products.getOrLoad(key, async () => {
        await allBegan.promise;
        return `${key}${await products.getOrLoad(next, () => next)}`;
      });
    const ring = [load('1', '2'), load('2', '3'), load('3', '1')];
    allBegan.resolve();
    await expect(Promise.all(ring)).resolves.toEqual(['1231', '231', '31']);
  });

  it('do not wait for each other in bulk', async () => {
    const products = await region();
    const bothBegan = deferred<void>();
    const load = (id: string, next: string): Promise<Map<string, string>> =>
      products.getOrLoadMany([id], async () => {
        await bothBegan.promise;
        const other = await products.getOrLoadMany([next], () => new Map([[next, 'direct']]));
        return new Map([[id, `${id}(${other.get(next)})`]]);
      });
    const loads = [load('1', '2'), load('2', '1')];
    bothBegan.resolve();
    const [one] = await Promise.all(loads);
    expect(one?.get('1')).toBe('1(2(direct))');
  });
});

describe('a call that a loader does not await', () => {
  it('counts as outside of the load once the loader is done', async () => {
    const products = await region();
    const later = deferred<void>();
    let reading: Promise<string> | undefined;
    await products.getOrLoad('1', () => {
      reading = later.promise.then(() => products.getOrLoad('1', () => 'not asked: there is an entry'));
      return 'loaded';
    });
    await products.evict('1');
    const asked = deferred<string>();
    const again = products.getOrLoad('1', () => asked.promise);
    later.resolve();
    await Promise.resolve();
    asked.resolve('loaded again');
    await again;
    await expect(reading).resolves.toBe('loaded again');
  });
});
