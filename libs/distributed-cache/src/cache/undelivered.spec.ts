import { describe, expect, it } from 'vitest';
import { heldBridge } from '../../../../test/support/bridges/held-bridge.js';
import { instances } from '../../../../test/support/instances/instances.js';
import { BridgeRefusal } from '../protocol/invalidation-bridge.js';
import type { CacheEvents } from './events.js';

/** Two instances, of which `a` may not write to the log until `permit()`. */
async function withoutPermission(settings = {}) {
  const all = instances(2).with({ publishTimeout: '1s', ...settings });
  const held = heldBridge(all);
  const { a, b, clock, bridge } = await all.connected();
  const states: CacheEvents['state'][] = [];
  a.on('state', (change) => states.push(change));
  held.publish = async () => {
    throw new BridgeRefusal('report', 'this user has no permission to run the script');
  };
  const permit = (): void => void (held.publish = (_, send) => send());
  return { a, b, clock, bridge, held, states, permit };
}

describe('While nothing that is evicted here gets out, the state', () => {
  it("is 'undelivered' once something has waited longer than publishTimeout, and 'coherent' when it was delivered", async () => {
    const { a, clock, states, permit } = await withoutPermission();
    void a.region('products').evict('1');
    await clock.advance(999);
    expect(a.status()).toMatchObject({ state: 'coherent', delivering: true, outbox: 1 });
    await clock.advance(1);
    expect(a.status()).toMatchObject({ state: 'undelivered', delivering: false, outbox: 1 });
    permit();
    await clock.advance('1m');
    expect(a.status()).toMatchObject({ state: 'coherent', delivering: true, outbox: 0 });
    expect(states).toEqual([
      { state: 'undelivered', previous: 'coherent' },
      { state: 'coherent', previous: 'undelivered' },
    ]);
  });

  it("of an instance that evicts nothing stays 'coherent'", async () => {
    const { b, clock } = await withoutPermission();
    await clock.advance('1m');
    expect(b.status()).toMatchObject({ state: 'coherent', delivering: true });
  });

  it("stays 'coherent' while evictions come without end and each is delivered in time", async () => {
    const { a, clock, held, states } = await withoutPermission();
    held.publish = (_, send) =>
      new Promise((resolve, reject) => clock.schedule(() => void send().then(resolve, reject), 900));
    for (let count = 0; count < 100; count++) {
      void a.region('products').evict(count);
      await clock.advance(100);
      expect(a.status().delivering).toBe(true);
    }
    expect(states).toEqual([]);
  });

  it("is 'undelivered' also while other evictions are delivered", async () => {
    const { a, clock, held } = await withoutPermission();
    const refused = held.publish;
    void a.region('products').evict('1');
    await clock.advance(0);
    let refusals = 0;
    // The retries of the first one go on being refused.
    held.publish = (member, send, payload) => {
      if (!payload.includes('products')) return send();
      refusals += 1;
      return refused(member, send, payload);
    };
    for (let count = 0; count < 30; count++) {
      await a.region('orders').evict(count);
      await clock.advance(100);
    }
    expect(refusals).toBeGreaterThan(1);
    expect(a.status()).toMatchObject({ state: 'undelivered', delivering: false });
  });

  it("is 'disconnected' without a link, and what waits there counts as undelivered", async () => {
    const { a, bridge, clock, permit } = await withoutPermission();
    permit();
    bridge.cut(a);
    await clock.advance(0);
    expect(a.status()).toMatchObject({ state: 'disconnected', delivering: true });
    await a.region('products').evict('1');
    await clock.advance('2s');
    expect(a.status()).toMatchObject({ state: 'disconnected', delivering: false });
    bridge.heal();
    await clock.advance('1m');
    expect(a.status()).toMatchObject({ state: 'coherent', delivering: true });
  });

  it('does not flicker with publishTimeout 0, where callers do not wait', async () => {
    const { a, clock, held, states } = await withoutPermission({ publishTimeout: 0 });
    held.publish = (_, send) =>
      new Promise((resolve, reject) => clock.schedule(() => void send().then(resolve, reject), 50));
    void a.region('products').evict('1');
    await clock.advance('1s');
    expect(states).toEqual([]);
  });

  it("is 'local' in local mode, which delivers to nobody, and delivering", async () => {
    const { a } = instances(1).local();
    await a.region('products').evict('1');
    expect(a.status()).toMatchObject({ state: 'local', delivering: true });
  });
});
