import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { heldBridge } from '../../../../../test/support/bridges/held-bridge.js';
import { instances } from '../../../../../test/support/instances/instances.js';
import { names, pageOfProduct } from '../../../../../test/support/instances/page-of-product.js';

/**
 * A has evicted a page, a product and something else with one call: three messages. After the first, B was served the old product, which
 * it still held, for a page, whose load takes long, and for a list that is made of the page. The second has evicted the product; the third
 * is on its way.
 */
async function loadingInAGroup(whenDisconnected: 'reload' | 'bypass' = 'reload') {
  const all = instances(2).with({ maxStaleness: '2s', whenDisconnected, commandTimeout: '1h', publishTimeout: '1m' });
  const held = heldBridge(all);
  const { a, b, clock } = await all.connected();
  const waiting: (() => void)[] = [];
  held.publish = async (_, send) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return send();
  };
  const letNextThrough = async (): Promise<void> => {
    waiting.shift()?.();
    await clock.advance(1);
  };

  const atB = pageOfProduct(b);
  const query = deferred<void>();
  const page = (): Promise<string> =>
    atB.pages.getOrLoad('1', async () => {
      const product = await atB.product();
      if (product === 'old') await query.promise;
      return `page of ${product}`;
    });
  const list = (): Promise<string> => b.region<string>('lists').getOrLoad('1', async () => `list of ${await page()}`);

  await atB.product();
  atB.source.price = 'new';
  void a.region('lists').evict('1');
  void a.region('pages').evictMany(['1', ...names('x', 98)]);
  void a.region('products').evictMany(['1', ...names('y', 99)]);
  void a.region('others').evict('1');
  await clock.advance(1);
  await letNextThrough();
  const readings = [list(), page()];
  await letNextThrough();
  return { clock, query, page, list, readings };
}

describe.each(['reload', 'bypass'] as const)("while more messages of an eviction are to follow, in '%s'", (mode) => {
  it('a load that was served a copy which one of them has evicted is joined for at most maxStaleness, however often a sync succeeds', async () => {
    const { clock, page, readings, query } = await loadingInAGroup(mode);
    await clock.advance(2_001);
    await expect(page()).resolves.toBe('page of new');
    query.resolve();
    await expect(Promise.all(readings)).resolves.toEqual(['list of page of old', 'page of old']);
  });

  it('a load that waits for such a load is joined for at most maxStaleness', async () => {
    const { clock, list, readings, query } = await loadingInAGroup(mode);
    await clock.advance(2_001);
    const reading = list();
    await clock.advance(0);
    query.resolve();
    await expect(reading).resolves.toBe('list of page of new');
    await expect(Promise.all(readings)).resolves.toEqual(['list of page of old', 'page of old']);
  });
});

it('such a load is joined until then', async () => {
  const { clock, page, query } = await loadingInAGroup();
  await clock.advance(1_000);
  const reading = page();
  await clock.advance(0);
  query.resolve();
  await expect(reading).resolves.toBe('page of old');
});
