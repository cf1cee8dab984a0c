import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import { detached } from '../../common/detached.js';
import type { Duration } from '../../common/duration.js';

/** B is cut off, and has a copy of a product that A evicts a second later. By default, its lease ends meanwhile, and the copy is still served. */
async function cutOff(options?: { readonly ttl: '2s' }, rest: Duration = '8s') {
  const { a, b, bridge, clock } = await instances(2).with({ maxStaleness: '10s' }).connected();
  const products = b.region<string>('products');
  bridge.cut(b);
  await clock.advance('5s');
  await products.getOrLoad('1', () => 'old', options);
  await clock.advance('1s');
  await a.region('products').evict('1');
  await clock.advance(rest);
  return { b, products, clock };
}

describe('a result is as old as what it is made of', () => {
  it('when a bulk loader gives it by an iterable that is computed while it is read', async () => {
    const { b, products, clock } = await cutOff();
    const pages = b.region<string>('pages');
    function* made<Id extends string>(ids: readonly Id[]): Iterable<[Id, string]> {
      for (const id of ids) yield [id, `page of ${products.getSync(id)}`];
    }
    const found = await pages.getOrLoadMany(['1'], (ids) => made(ids));
    expect(found.get('1')).toBe('page of old');
    await clock.advance('6s');
    expect(pages.getSync('1')).toBeUndefined();
  });

  it('when its loader looks at `previous` in a callback that has lost the async context', async () => {
    const { products, clock } = await cutOff({ ttl: '2s' }, '2s');
    const price = products.getOrLoad(
      '1',
      (context) =>
        new Promise<string>((resolve) => detached(() => setImmediate(() => resolve(context.previous ?? 'new')))),
    );
    await expect(price).resolves.toBe('old');
    await clock.advance('8s');
    expect(products.getSync('1')).toBeUndefined();
  });
});

it('an instance that is cut off stores what it makes of its copies, also after more evictions of its own than it records', async () => {
  const { a, bridge, clock } = await instances(1).with({ maxStaleness: '1m' }).connected();
  const pages = a.region<string>('pages');
  const products = a.region<string>('products');
  await products.getOrLoad('1', () => 'old');
  bridge.cut(a, { silently: true });
  await clock.advance('10s');
  for (let key = 0; key < 10_001; key += 1) void a.region('others').evict(key);
  await clock.advance('10s');
  let loads = 0;
  for (let read = 0; read < 5; read += 1) {
    await pages.getOrLoad('1', async () => {
      loads += 1;
      return `page of ${await products.getOrLoad('1', () => 'old')}`;
    });
    await clock.advance(100);
  }
  expect(loads).toBe(1);
});
