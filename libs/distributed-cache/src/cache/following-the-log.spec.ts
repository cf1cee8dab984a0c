import { describe, expect, it } from 'vitest';
import { instances, LONGEST_BACK_OFF, type InstancesInMemory } from '../../../../test/support/instances/instances.js';

/** Instances that all hold '1' to '3'. */
async function filled(size = 2): Promise<InstancesInMemory> {
  const shop = await instances(size).connected();
  for (const instance of shop.all) {
    for (const key of ['1', '2', '3']) await instance.region('r').getOrLoad(key, () => 'old');
  }
  return shop;
}

const held = ({ b }: InstancesInMemory): string[] =>
  ['1', '2', '3'].filter((key) => b.region('r').getSync(key) !== undefined);

describe('an invalidation', () => {
  it('is applied when its doorbell arrives', async () => {
    const both = await filled();
    await both.a.region('r').evict('1');
    await both.clock.advance(0);
    expect(held(both)).toEqual(['2', '3']);
    expect(both.b.stats().bridge).toMatchObject({ received: 1, replayed: 0 });
  });

  it('whose doorbell is lost is replayed when the next doorbell shows a gap', async () => {
    const both = await filled();
    both.bridge.drop();
    await both.a.region('r').evict('1');
    await both.a.region('r').evict('2');
    await both.clock.advance(0);
    expect(held(both)).toEqual(['3']);
    expect(both.b.stats().bridge).toMatchObject({ gaps: 1, flushes: 1 });
    expect(both.b.status().position).toBe(both.a.status().position);
  });

  it('whose doorbell is lost and is the last is found by the heartbeat, counted as missed, and makes the link dial again', async () => {
    const both = await filled();
    both.bridge.drop();
    await both.a.region('r').evict('1');
    await both.clock.advance('5s');
    expect(held(both)).toEqual(['2', '3']);
    expect(both.b.stats().bridge).toMatchObject({ missed: 1, reconnects: 1, flushes: 1 });
  });

  it('that was published without the log is applied at once, and moves no position', async () => {
    const both = await filled();
    const { position } = both.b.status();
    both.bridge.publishPlain('shop', '{"v":1,"k":[["r","1","2"]]}');
    await both.clock.advance(0);
    expect(held(both)).toEqual(['3']);
    expect(both.b.status().position).toBe(position);
    expect(both.b.stats().bridge.gaps).toBe(0);
  });

  it.each([
    ['of a newer version', '{"v":2,"x":1}'],
    ['too large to be taken apart', JSON.stringify({ v: 1, k: [['r', 'x'.repeat(1 << 20)]] })],
  ])('that is %s counts as everything', async (_, payload) => {
    const both = await filled();
    both.bridge.publishPlain('shop', payload);
    await both.clock.advance(0);
    expect(held(both)).toEqual([]);
  });

  it('of the time in which an instance was cut off is replayed, and the other copies are kept', async () => {
    const both = await filled();
    both.bridge.cut(both.b);
    await both.a.region('r').evict('1');
    await both.clock.advance('1s');
    expect(held(both)).toEqual(['1', '2', '3']);
    both.bridge.heal(both.b);
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(held(both)).toEqual(['2', '3']);
    expect(both.b.stats().bridge).toMatchObject({ replayed: 1, missed: 0, flushes: 1 });
  });
});

describe('a log that cannot be proven to continue', () => {
  it('because the position was trimmed away makes the instance flush', async () => {
    const both = await instances(2).with({ invalidationLogLength: 5 }).connected();
    await both.b.region('r').getOrLoad('1', () => 'old');
    both.bridge.cut(both.b);
    for (let key = 0; key < 20; key += 1) await both.a.region('other').evict(key);
    both.bridge.heal(both.b);
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(both.b.region('r').getSync('1')).toBeUndefined();
    expect(both.b.stats().bridge.flushes).toBe(2);
  });

  it('because it was wiped makes the instance flush within a heartbeat, and is given a first entry', async () => {
    const both = await filled();
    both.bridge.wipe('shop');
    await both.clock.advance('5s');
    expect(held(both)).toEqual([]);
    expect(both.b.stats().bridge.flushes).toBe(2);
    await both.clock.advance('1m');
    expect(both.b.stats().bridge.flushes).toBe(2);
  });

  it('because the server was restarted makes the instance flush, also when the position is still there', async () => {
    const both = await filled();
    both.bridge.restart();
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(held(both)).toEqual([]);
    expect(both.b.stats().bridge).toMatchObject({ flushes: 2, reconnects: 1 });
  });

  it('because a doorbell moved the position beyond the log makes the instance flush', async () => {
    const both = await filled();
    const { position = '' } = both.b.status();
    both.bridge.publishForged('shop', {
      payload: '{"v":1,"n":"forged"}',
      entry: { id: '9999999-0', previousId: position },
    });
    await both.clock.advance('5s');
    expect(both.b.stats().bridge.flushes).toBe(2);
    expect(held(both)).toEqual([]);
  });

  it('because the id of the position has other content makes the instance flush', async () => {
    const both = await filled();
    const { position = '' } = both.b.status();
    await both.clock.advance(1);
    const next = `${both.clock.wallNow()}-0`;
    both.bridge.publishForged('shop', { payload: '{"v":1,"n":"other"}', entry: { id: next, previousId: position } });
    await both.clock.advance(0);
    await both.a.region('other').evict('1');
    await both.clock.advance(0);
    expect(both.b.status().position).toBe(next);
    expect(held(both)).toEqual(['1', '2', '3']);
    await both.clock.advance('5s');
    expect(both.b.stats().bridge.flushes).toBe(2);
    expect(held(both)).toEqual([]);
  });
});

describe('an instance that follows the log', () => {
  it('flushes because of its own absence only: no message makes others flush', async () => {
    const { a, b, c, bridge, clock } = await filled(3);
    bridge.cut(b);
    bridge.wipe('shop');
    await a.region('other').evict('1');
    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    expect(b.stats().bridge.published).toBe(0);
    expect([a, c].map((instance) => instance.stats().bridge.received)).toEqual([0, 1]);
  });

  it('flushes once, at its start, while it is connected', async () => {
    const { a, b, clock } = await filled();
    for (let rounds = 0; rounds < 30; rounds += 1) {
      await a.region('r').evict(rounds);
      await b.region('r').evict(rounds);
      await clock.advance('2s');
    }
    expect(b.stats().bridge).toMatchObject({
      flushes: 1,
      gaps: 0,
      missed: 0,
      duplicates: 0,
      replayed: 0,
      received: 30,
    });
  });

  it('dials again by itself when its link is dead', async () => {
    const both = await filled();
    both.bridge.cut(both.b, { silently: true });
    await both.a.region('r').evict('1');
    await both.clock.advance('8s');
    expect(both.b.status().state).toBe('disconnected');
    both.bridge.heal(both.b);
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(both.b.status().state).toBe('coherent');
    expect(held(both)).toEqual(['2', '3']);
  });

  it('syncs before it sends its outbox, also under writes', async () => {
    const both = await filled();
    both.bridge.cut(both.b);
    await both.clock.advance(0);
    for (let key = 0; key < 500; key += 1) await both.b.region('busy').evict(key);
    await both.a.region('r').evict('1');
    both.bridge.heal(both.b);
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(both.b.status()).toMatchObject({ state: 'coherent', outbox: 0 });
    expect(held(both)).toEqual(['2', '3']);
  });
});
