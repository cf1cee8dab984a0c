import { describe, expect, it } from 'vitest';
import { instances, LONGEST_BACK_OFF, type InstancesInMemory } from '../../../../test/support/instances/instances.js';
import { holdToContract } from '../../../../test/support/bridges/hold-to-contract.js';
import { InMemoryInvalidationBridge } from './in-memory-invalidation-bridge.js';

holdToContract('InMemoryInvalidationBridge', async () => {
  const bridge = new InMemoryInvalidationBridge();
  return {
    bridge,
    restart: async () => bridge.restart(),
    wipe: async (namespace) => bridge.wipe(namespace),
    close: async () => {},
  };
});

describe('InMemoryInvalidationBridge', () => {
  const cached = async (size = 2): Promise<InstancesInMemory> => {
    const shop = await instances(size).connected();
    for (const instance of shop.all) await instance.region('r').getOrLoad('1', () => 'old');
    return shop;
  };

  it('drops the next messages from the channel, not from the log', async () => {
    const { a, b, bridge, clock } = await cached();
    bridge.drop();
    await a.region('r').evict('1');
    await clock.advance(0);
    expect(b.region('r').getSync('1')).toBe('old');

    await clock.advance('5s');
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('delays messages by the given time', async () => {
    const { a, b, bridge, clock } = await cached();
    bridge.delay(200);
    await a.region('r').evict('1');

    await clock.advance(199);
    expect(b.region('r').getSync('1')).toBe('old');
    await clock.advance(1);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('delivers messages twice, which the instances count as duplicates', async () => {
    const { a, b, bridge, clock } = await cached();
    bridge.duplicate(2);
    await a.region('r').evict('1');
    await a.region('r').evict('2');
    await clock.advance(0);

    expect(b.stats().bridge).toMatchObject({ duplicates: 2, gaps: 0 });
  });

  it('delivers messages in reverse, which opens a gap and closes it', async () => {
    const { a, b, bridge, clock } = await cached();
    bridge.reorder(2);
    await a.region('r').evict('1');
    await a.region('r').evict('2');
    await clock.advance(0);

    expect(b.stats().bridge).toMatchObject({ gaps: 1 });
    expect(b.status().position).toBe(a.status().position);
  });

  it('cuts an instance off with a broken link until it is healed', async () => {
    const { a, b, bridge, clock } = await cached();
    bridge.cut(b);
    await clock.advance(0);
    expect(b.status().state).toBe('disconnected');
    expect(a.status().state).toBe('coherent');

    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    expect(b.status().state).toBe('coherent');
  });

  it('cuts an instance off silently: no message, no answer, no broken link', async () => {
    const { a, b, bridge, clock } = await cached();
    bridge.cut(b.status().instanceId, { silently: true });
    await a.region('r').evict('1');
    await clock.advance('2s');

    expect(b.status().state).toBe('coherent');
    expect(b.region('r').getSync('1')).toBe('old');
  });

  it('ends every fault with heal()', async () => {
    const { a, b, c, bridge, clock } = await cached(3);
    bridge.cut(b);
    bridge.cut(c);
    bridge.drop(5);
    bridge.refuse('retry');
    bridge.heal();
    await clock.advance(LONGEST_BACK_OFF);
    await a.region('r').evict('1');
    await clock.advance(0);

    expect([b, c].map((instance) => instance.status().state)).toEqual(['coherent', 'coherent']);
    expect([b, c].map((instance) => instance.region('r').getSync('1'))).toEqual([undefined, undefined]);
  });

  it('keeps caches of different namespaces apart', async () => {
    const { b, bridge, clock } = await cached();
    const shop = instances(1).with({ namespace: 'another' });
    shop.a.start(bridge);
    await clock.advance(0);
    await shop.a.clear();
    await clock.advance(0);

    expect(b.region('r').getSync('1')).toBe('old');
  });
});
