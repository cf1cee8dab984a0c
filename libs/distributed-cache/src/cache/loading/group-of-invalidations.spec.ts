import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { heldBridge } from '../../../../../test/support/bridges/held-bridge.js';
import { instances } from '../../../../../test/support/instances/instances.js';
import { names, pageOfProduct } from '../../../../../test/support/instances/page-of-product.js';

/** Two instances. After `holdAllButNext()` one more message of A reaches the log, and the others do with `letThrough()`. */
async function shop(settings = {}) {
  const all = instances(2).with({ maxStaleness: '1h', ttl: '1d', commandTimeout: '1h', publishTimeout: '1m' });
  const held = heldBridge(all);
  const { a, b, bridge, clock } = await all.with(settings).connected();
  let gate = deferred<void>();
  let remaining = Infinity;
  held.publish = async (_, send) => {
    remaining -= 1;
    if (remaining < 0) await gate.promise;
    return send();
  };
  return {
    a,
    b,
    bridge,
    clock,
    held,
    atB: pageOfProduct(b),
    holdAllButNext: () => (remaining = 1),
    letThrough: async () => {
      remaining = Infinity;
      gate.resolve();
      gate = deferred<void>();
      await clock.advance(1);
    },
  };
}

describe('between two messages of one eviction', () => {
  it.each([1_000, 6_000])(
    'a list is not stored that is made of a page, which is made of an evicted product, %d ms later',
    async (ms) => {
      const { a, b, clock, atB, holdAllButNext, letThrough } = await shop();
      const query = deferred<void>();
      const list = (): Promise<string> =>
        b.region<string>('lists').getOrLoad('1', async () => {
          await query.promise;
          return `list of ${await atB.page()}`;
        });
      await atB.product();
      atB.source.price = 'new';
      holdAllButNext();
      void a.region('lists').evictMany(['1', ...names('x', 99)]);
      void a.region('pages').evict('1');
      void a.region('products').evict('1');
      await clock.advance(1);
      const reading = list();
      // After six seconds there was a heartbeat.
      await clock.advance(ms);
      await atB.page();
      query.resolve();
      await expect(reading).resolves.toBe('list of page of old');
      await letThrough();
      await expect(list()).resolves.toBe('list of page of new');
    },
  );

  it('a page is not stored whose load has waited for its turn, and is made of a product that was loaded meanwhile', async () => {
    const { a, clock, atB, holdAllButNext, letThrough } = await shop();
    const slow = deferred<string>();
    // Three loads in a row are overtaken while they run; the fourth waits for the end of the third.
    for (let count = 0; count < 3; count += 1) {
      void atB.pages.getOrLoad('1', () => slow.promise);
      await a.region('pages').evict('1');
      await clock.advance(10);
    }
    const fourth = atB.page();
    await clock.advance(10);
    await atB.product();
    await clock.advance(10);
    atB.source.price = 'new';
    holdAllButNext();
    void a.region('pages').evictMany(['1', ...names('x', 99)]);
    void a.region('products').evict('1');
    await clock.advance(10);
    slow.resolve('overtaken');
    await clock.advance(10);
    await fourth;
    await letThrough();
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it('a page is not stored that is made of an evicted product, although the late reply to an earlier sync arrives', async () => {
    const { a, b, bridge, clock, held, atB, holdAllButNext, letThrough } = await shop();
    const reply = deferred<void>();
    const handled: string[] = [];
    await atB.page();
    // The sync brings a message of A again, whose doorbell is on its way.
    bridge.delay(50);
    await clock.advance(4_990);
    void a.region('others').evict('1');
    held.sync = async ({ instanceId }, send) => {
      const answer = await send();
      if (instanceId !== b.status().instanceId) return answer;
      handled.push(instanceId);
      await reply.promise;
      return answer;
    };
    for (let ms = 0; handled.length === 0 && ms < 6_000; ms += 1) await clock.advance(1);
    expect(handled).toHaveLength(1);
    bridge.delay(0);
    await clock.advance(60);
    atB.source.price = 'new';
    holdAllButNext();
    void a.region('pages').evictMany(['1', ...names('x', 99)]);
    void a.region('products').evict('1');
    await clock.advance(1);
    reply.resolve();
    await clock.advance(1);
    await atB.page();
    await letThrough();
    await expect(atB.page()).resolves.toBe('page of new');
  });
});

it('a page is not stored that began between two messages of one eviction, and is served something between two of the next before it gets the old product', async () => {
  const { a, b, clock, atB, holdAllButNext, letThrough } = await shop();
  const others = b.region<string>('others');
  await others.getOrLoad('1', () => 'other');
  const slow = deferred<string>();
  const product = atB.products.getOrLoad('1', () => slow.promise);
  const nextEviction = deferred<void>();
  holdAllButNext();
  void a.region('pages').evictMany(['1', ...names('x', 99)]);
  void a.region('products').evict('1');
  await clock.advance(1);
  const reading = atB.pages.getOrLoad('1', async () => {
    const old = atB.product();
    await nextEviction.promise;
    await others.getOrLoad('1', () => expect.unreachable());
    return `page of ${await old}`;
  });
  await letThrough();
  holdAllButNext();
  void a.region('lists').evictMany(names('x', 150));
  await clock.advance(1);
  nextEviction.resolve();
  await clock.advance(1);
  await letThrough();
  slow.resolve('old');
  await product;
  await expect(reading).resolves.toBe('page of old');
  atB.source.price = 'new';
  await expect(atB.page()).resolves.toBe('page of new');
});

describe('after the last message of an eviction', () => {
  it('a reader shares a load that the eviction does not concern, though another eviction overtakes it later', async () => {
    const { a, clock, atB, holdAllButNext, letThrough } = await shop();
    await atB.product();
    holdAllButNext();
    void a.region('others').evictMany(names('x', 150));
    await clock.advance(1);
    let loads = 0;
    const query = deferred<void>();
    const page = (): Promise<string> =>
      atB.pages.getOrLoad('1', async () => {
        loads += 1;
        const price = await atB.product();
        await query.promise;
        return `page of ${price}`;
      });
    const first = page();
    await letThrough();
    const second = page();
    await a.region('pages').evict('1');
    await clock.advance(1);
    query.resolve();
    await Promise.all([first, second]);
    expect(loads).toBe(1);
  });
});
