import DataLoader from 'dataloader';
import { describe, expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';
import type { ManualClock } from '../../testing/manual-clock.js';
import type { Region } from '../region.js';

/** A service as applications write it: single reads go through a batcher, which reads many at once through the cache. */
interface Shop {
  readonly find: (id: string) => Promise<string | undefined>;
  readonly calls: string[][];
}

function shopOf(region: Region<string | undefined>, schedule?: (run: () => void) => void): Shop {
  const calls: string[][] = [];
  const load = async (ids: string[]): Promise<Map<string, string>> => {
    calls.push(ids);
    return new Map(ids.map((id) => [id, `product ${id}`]));
  };
  const batcher = new DataLoader<string, string | undefined>(
    async (ids) => {
      const found = await region.getOrLoadMany(ids, load);
      return ids.map((id) => found.get(id));
    },
    schedule && { batchScheduleFn: schedule },
  );
  return { find: (id) => region.getOrLoad<string | undefined>(id, () => batcher.load(id)), calls };
}

/** Settles what waits for a turn of the event loop, and moves the clock on. */
async function pass(clock: ManualClock, time: `${number}s`): Promise<void> {
  await new Promise(setImmediate);
  await clock.advance(time);
  await new Promise(setImmediate);
}

describe('A batcher between cached reads and a bulk read of the same keys', () => {
  it('holds up one read not at all, and several for a second at most', async () => {
    const { a, clock } = instances(1).local();
    const shop = shopOf(a.region<string | undefined>('products'));
    await expect(shop.find('1')).resolves.toBe('product 1');
    const several = Promise.all(['2', '3', '4'].map((id) => shop.find(id)));
    await pass(clock, '1s');
    await expect(several).resolves.toEqual(['product 2', 'product 3', 'product 4']);
  });

  it('holds up nobody who comes afterwards', async () => {
    const { a, clock } = instances(1).local();
    const shop = shopOf(a.region<string | undefined>('products'));
    const first = Promise.all(['1', '2'].map((id) => shop.find(id)));
    const joined = shop.find('2');
    await pass(clock, '1s');
    await Promise.all([first, joined]);
    const { length } = shop.calls;
    await expect(Promise.all(['1', '2'].map((id) => shop.find(id)))).resolves.toEqual(['product 1', 'product 2']);
    expect(shop.calls).toHaveLength(length);
  });

  it('holds up reads for five seconds at most when it loses their context', async () => {
    const { a, clock } = instances(1).local();
    let run: () => void = () => {};
    const shop = shopOf(a.region<string | undefined>('products'), (batch) => (run = batch));
    const several = Promise.all(['1', '2', '3'].map((id) => shop.find(id)));
    await new Promise(setImmediate);
    run();
    await pass(clock, '5s');
    await expect(several).resolves.toEqual(['product 1', 'product 2', 'product 3']);
  });
});
