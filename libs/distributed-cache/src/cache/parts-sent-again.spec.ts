import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { heldBridge, later } from '../../../../test/support/bridges/held-bridge.js';
import { instances } from '../../../../test/support/instances/instances.js';
import { names, pageOfProduct } from '../../../../test/support/instances/page-of-product.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';

type Step = (send: () => Promise<string>) => Promise<string>;

/** Two instances, of which B holds a page. The publishes of A go as `plan` says, one after the other, and all further ones at once. */
async function shop() {
  const all = instances(2);
  const held = heldBridge(all);
  const { a, b, clock } = await all.with({ maxStaleness: '1h', ttl: '1d' }).connected();
  const plan: Step[] = [];
  let sent = 0;
  held.publish = (_, send) => plan[sent++]?.(send) ?? send();
  const atB = pageOfProduct(b);
  await atB.page();
  const accept = (): Step => (send) => send();
  const answer =
    (arrives: Promise<unknown>): Step =>
    async (send) => {
      const id = await send();
      await arrives;
      return id;
    };
  const refuse =
    (ms: number): Step =>
    async () => {
      await later(clock, ms);
      throw new BridgeRefusal('retry', 'BUSY');
    };
  /** Three messages: one with other names, one with the product, one with the page. */
  const evictPageLast = (): void => {
    void a.region('others').evictMany(names('x', 100));
    void a.region('products').evict('1');
    void a.region('others').evictMany(names('y', 120));
    void a.region('pages').evict('1');
  };
  const untilReadFor = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 5) {
      await atB.page();
      await clock.advance(5);
    }
  };
  return { a, clock, plan, sent: () => sent, atB, accept, answer, refuse, evictPageLast, untilReadFor };
}

describe('the parts of an eviction of which one was refused leave no page that is made of an evicted product', () => {
  it('when the answer of another part comes after the repetition', async () => {
    const { clock, plan, sent, atB, accept, answer, refuse, evictPageLast } = await shop();
    const arrives = deferred<void>();
    plan.push(accept(), refuse(0), answer(arrives.promise));
    atB.source.price = 'new';
    evictPageLast();
    await clock.advance(1);
    // The log has the first part and the third.
    await expect(atB.page()).resolves.toBe('page of old');
    await clock.advance(100);
    expect(sent()).toBeGreaterThan(3);
    arrives.resolve();
    await clock.advance('1m');
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it('when the cache is closed at that moment', async () => {
    const { a, clock, plan, atB, accept, answer, refuse, evictPageLast } = await shop();
    const arrives = deferred<void>();
    plan.push(accept(), refuse(0), answer(arrives.promise));
    atB.source.price = 'new';
    evictPageLast();
    await clock.advance(0);
    await expect(atB.page()).resolves.toBe('page of old');
    const closed = a.close();
    await clock.advance(0);
    arrives.resolve();
    await clock.advance('1m');
    await closed;
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it('when a second one is refused after the repetition of the first', async () => {
    const { a, clock, plan, atB, accept, refuse, untilReadFor } = await shop();
    plan.push(accept(), refuse(2), refuse(70));
    atB.source.price = 'new';
    void a.region('pages').evictMany(['1', ...names('x', 99)]);
    void a.region('products').evictMany([...names('y', 100), '1']);
    await clock.advance(0);
    await untilReadFor(5_000);
    await expect(atB.product()).resolves.toBe('new');
    await expect(atB.page()).resolves.toBe('page of new');
  });
});
