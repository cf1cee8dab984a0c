import { expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';

it('a load that waits for an older one is as old as that one, so a reader joins neither beyond maxStaleness', async () => {
  const { a, b, bridge, clock } = await instances(2).with({ maxStaleness: 1_000 }).connected();
  bridge.cut(a);
  // So long that nothing is left of the lease, and every load stands on its own start.
  await clock.advance('2s');

  let price = 1;
  const products = a.region<number>('products');
  const inner = (): Promise<number> =>
    products.getOrLoad('inner', () => {
      const read = price;
      return new Promise((resolve) => clock.schedule(() => resolve(read), 1_500));
    });
  const outer = (): Promise<number> => products.getOrLoad('outer', inner);

  const first = inner();
  await clock.advance(100);
  price = 2;
  await b.region('products').evictMany(['inner', 'outer']);
  await clock.advance(800);
  const joinsInner = outer();
  await clock.advance(550);
  // 1 350 ms after the invalidation entered the log; the load of "outer" is 550 ms old, what it waits for 1 450 ms.
  const tooLateToJoin = outer();
  await clock.advance('3s');

  expect([await first, await joinsInner, await tooLateToJoin]).toEqual([1, 1, 2]);
});
