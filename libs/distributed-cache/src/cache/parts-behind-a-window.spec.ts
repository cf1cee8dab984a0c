import { describe, expect, it } from 'vitest';
import { heldBridge } from '../../../../test/support/bridges/held-bridge.js';
import { instances } from '../../../../test/support/instances/instances.js';
import { names, pageOfProduct } from '../../../../test/support/instances/page-of-product.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';

/** How many messages an instance sends before it waits for an answer. */
const WINDOW = 1_000;

/** Two instances. Messages of A enter the log at once, and are answered one by one. B holds a page, and reads it while answers come. */
async function busyShop() {
  const all = instances(2).with({ maxStaleness: '1h', ttl: '1d', commandTimeout: '1h' });
  const held = heldBridge(all);
  const { a, b, clock } = await all.connected();
  const answers: (() => void)[] = [];
  let refusals = 0;
  held.publish = async (_, send) => {
    refusals -= 1;
    const id = refusals >= 0 ? undefined : await send();
    await new Promise<void>((resolve) => answers.push(resolve));
    if (id === undefined) throw new BridgeRefusal('retry', 'BUSY');
    return id;
  };
  const atB = pageOfProduct(b);
  await atB.page();
  return {
    a,
    clock,
    atB,
    refuseNext: () => (refusals = 1),
    sendMessages: async (count: number): Promise<void> => {
      for (const key of names('busy', count)) {
        void a.region('others').evict(key);
        await clock.advance(0);
      }
    },
    /** The page leaves in the first of several messages, the product in the last. */
    evictPageFirst: async (count = 99): Promise<void> => {
      void a.region('pages').evictMany(['1', ...names('p', count)]);
      void a.region('products').evictMany([...names('q', 250), '1']);
      await clock.advance(0);
    },
    answer: async (index = 0): Promise<void> => {
      answers.splice(index, 1)[0]?.();
      await clock.advance(0);
    },
    answerAll: async (): Promise<void> => {
      for (let count = 0; answers.length > 0; count += 1) {
        answers.shift()?.();
        await clock.advance(0);
        if (count < 20 || answers.length < 20) await atB.page();
      }
    },
  };
}

describe('an eviction of which parts wait behind 1 000 messages without an answer takes effect as one', () => {
  it('when nothing comes in between', async () => {
    const { atB, sendMessages, evictPageFirst, answerAll } = await busyShop();
    await sendMessages(WINDOW - 1);
    atB.source.price = 'new';
    await evictPageFirst();
    await answerAll();
    await expect(atB.product()).resolves.toBe('new');
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it('when a wider target replaces some of the parts', async () => {
    const { a, clock, atB, sendMessages, evictPageFirst, answer, answerAll } = await busyShop();
    await sendMessages(WINDOW - 1);
    atB.source.price = 'new';
    void a.region('products').evict('x');
    await evictPageFirst(98);
    await answer();
    void a.region('others').evictMany(names('z', 450));
    await clock.advance(0);
    void a.region('products').clear();
    await clock.advance(0);
    await answerAll();
    await expect(atB.product()).resolves.toBe('new');
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it('when a refused message is put back in front of them', async () => {
    const { a, clock, atB, refuseNext, sendMessages, evictPageFirst, answer, answerAll } = await busyShop();
    refuseNext();
    void a.region('others').evictMany(names('refused', 100));
    await clock.advance(0);
    await sendMessages(WINDOW - 2);
    atB.source.price = 'new';
    await evictPageFirst();
    // The second part is sent in the place of another message, before the refusal is known.
    await answer(1);
    await answer();
    await clock.advance(100);
    await answerAll();
    await expect(atB.product()).resolves.toBe('new');
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it('when its first name has waited there already', async () => {
    const { a, clock, atB, sendMessages, answer, answerAll } = await busyShop();
    await sendMessages(WINDOW);
    void a.region('pages').evict('1');
    void a.region('others').evictMany(names('y', 350));
    await clock.advance(0);
    await answer();
    atB.source.price = 'new';
    void a.region('pages').evict('1');
    void a.region('others').evictMany(names('z', 150));
    void a.region('products').evict('1');
    await clock.advance(0);
    await answerAll();
    await expect(atB.page()).resolves.toBe('page of new');
  });
});
