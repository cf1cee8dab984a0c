import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { heldBridge, later } from '../../../../test/support/bridges/held-bridge.js';
import { instances, LONGEST_BACK_OFF } from '../../../../test/support/instances/instances.js';
import { names, pageOfProduct } from '../../../../test/support/instances/page-of-product.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';
import { encodeInvalidation } from '../protocol/invalidation-message.js';

describe('an eviction everywhere that needs several messages resolves when no instance serves the old page', () => {
  it('although one of them was refused, and another was answered after the repetition', async () => {
    const all = instances(2);
    const held = heldBridge(all);
    const { a, b, clock } = await all.connected();
    const atB = pageOfProduct(b);
    await atB.page();
    const arrives = deferred<void>();
    let sent = 0;
    held.publishToMembers = async (_, send) => {
      sent += 1;
      if (sent === 2) throw new BridgeRefusal('retry', 'BUSY');
      const isThird = sent === 3;
      const reply = await send();
      if (isThird) await arrives.promise;
      return reply;
    };
    atB.source.price = 'new';
    const everywhere = { everywhere: true } as const;
    const evicted = Promise.all([
      a.region('others').evictMany(names('x', 100), everywhere),
      a.region('products').evict('1', everywhere),
      a.region('others').evictMany(names('y', 120), everywhere),
      a.region('pages').evict('1', everywhere),
    ]);
    await clock.advance(1);
    await atB.page();
    await clock.advance(100);
    arrives.resolve();
    await clock.advance('1s');
    await evicted;
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it.each([10, 70])('although one of them took %d s to the log', async (seconds) => {
    const all = instances(2).with({ maxStaleness: '1h', ttl: '1d', commandTimeout: '5m' });
    const held = heldBridge(all);
    const { a, b, clock } = await all.connected();
    const atB = pageOfProduct(b);
    await atB.page();
    let sent = 0;
    held.publishToMembers = async (_, send) => {
      sent += 1;
      if (sent === 2) await later(clock, seconds * 1_000);
      return send();
    };
    // What is sent again takes a second.
    held.publish = async (_, send) => {
      await later(clock, 1_000);
      return send();
    };
    atB.source.price = 'new';
    const outcome = { isResolved: false };
    const everywhere = { timeout: '10m' } as const;
    void a.region('pages').evictMany(['1', ...names('x', 99)], { everywhere });
    const evicted = a
      .region('products')
      .evict('1', { everywhere })
      .then(() => (outcome.isResolved = true));
    for (let second = 0; second < 100 && !outcome.isResolved; second += 1) {
      await clock.advance(500);
      await atB.page();
      await clock.advance(500);
    }
    await expect(evicted).resolves.toBe(true);
    await expect(atB.page()).resolves.toBe('page of new');
  });
});

describe('an instance acknowledges an eviction everywhere at once', () => {
  it('although evictions of two other instances, of several messages each, overlap all the time', async () => {
    const { a, bridge, clock } = await instances(2).connected();
    const part = (from: string, hasMore: boolean): void =>
      bridge.publishPlain(
        a.status().namespace,
        encodeInvalidation(from, [{ kind: 'key', region: 'others', key: '1' }], undefined, hasMore),
      );
    part('x', true);
    const evicted = a.region('products').evict('1', { everywhere: true });
    await clock.advance(1);
    for (let turn = 0; turn < 600; turn += 1) {
      part('y', true);
      part('x', false);
      await clock.advance(10);
      part('x', true);
      part('y', false);
      await clock.advance(10);
    }
    expect((await evicted).waited).toBeLessThan(1_000);
  });

  it('when it has started over, although it had applied one part of another eviction', async () => {
    const all = instances(3).with({ maxStaleness: '50s' });
    const held = heldBridge(all);
    const { a, b, c, bridge, clock } = await all.connected();
    // The list of members is complete.
    await clock.advance('11m');
    let sent = 0;
    held.publish = async ({ instanceId }, send) => {
      if (instanceId === a.status().instanceId && (sent += 1) === 2) {
        await later(clock, 100);
        bridge.cut(b);
      }
      return send();
    };
    void a.region('others').evictMany(names('x', 150));
    await clock.advance(1_000);
    bridge.wipe(b.status().namespace);
    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    expect(b.status().state).toBe('coherent');
    const evicted = c.region('products').evict('1', { everywhere: true });
    await clock.advance('52s');
    expect((await evicted).waited).toBe(0);
  });
});
