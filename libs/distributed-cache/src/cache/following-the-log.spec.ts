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
  it('is applied the moment its doorbell rings', async () => {
    const both = await filled();
    await both.a.region('r').evict('1');
    await both.clock.advance(0);
    expect(held(both)).toEqual(['2', '3']);
    expect(both.b.stats().bridge).toMatchObject({ received: 1, replayed: 0 });
  });

  it('whose doorbell is lost is replayed because of the gap that the next one shows', async () => {
    const both = await filled();
    both.bridge.drop();
    await both.a.region('r').evict('1');
    await both.a.region('r').evict('2');
    await both.clock.advance(0);
    expect(held(both)).toEqual(['3']);
    expect(both.b.stats().bridge).toMatchObject({ gaps: 1, flushes: 1 });
    expect(both.b.status().position).toBe(both.a.status().position);
  });

  it('whose doorbell is lost and that no other follows is found by the heartbeat, counted, and makes it subscribe again', async () => {
    const both = await filled();
    both.bridge.drop();
    await both.a.region('r').evict('1');
    await both.clock.advance('5s');
    expect(held(both)).toEqual(['2', '3']);
    expect(both.b.stats().bridge).toMatchObject({ missed: 1, reconnects: 1, flushes: 1 });
  });

  it('that was published plainly is applied at once, and moves no position', async () => {
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
  ])('%s means everything', async (_, payload) => {
    const both = await filled();
    both.bridge.publishPlain('shop', payload);
    await both.clock.advance(0);
    expect(held(both)).toEqual([]);
  });

  it('made while this instance was away is replayed when it is back, and the rest is kept', async () => {
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
  it('because the position was trimmed away, flushes', async () => {
    const both = await instances(2).with({ invalidationLogLength: 5 }).connected();
    await both.b.region('r').getOrLoad('1', () => 'old');
    both.bridge.cut(both.b);
    for (let key = 0; key < 20; key += 1) await both.a.region('other').evict(key);
    both.bridge.heal(both.b);
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(both.b.region('r').getSync('1')).toBeUndefined();
    expect(both.b.stats().bridge.flushes).toBe(2);
  });

  it('because it was wiped, flushes within a heartbeat, and leaves something to hold', async () => {
    const both = await filled();
    both.bridge.wipe('shop');
    await both.clock.advance('5s');
    expect(held(both)).toEqual([]);
    expect(both.b.stats().bridge.flushes).toBe(2);
    await both.clock.advance('1m');
    expect(both.b.stats().bridge.flushes).toBe(2);
  });

  it('because the server was restarted, flushes even when our position is still there', async () => {
    const both = await filled();
    both.bridge.restart();
    await both.clock.advance(LONGEST_BACK_OFF);
    expect(held(both)).toEqual([]);
    expect(both.b.stats().bridge).toMatchObject({ flushes: 2, reconnects: 1 });
  });

  it('because an echoed doorbell moved the position past what the log holds, flushes', async () => {
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

  it('because our id stands there with other content, flushes', async () => {
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

describe('an instance', () => {
  it('flushes because of its own absence only: nobody tells others to', async () => {
    const { a, b, c, bridge, clock } = await filled(3);
    bridge.cut(b);
    bridge.wipe('shop');
    await a.region('other').evict('1');
    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    expect(b.stats().bridge.published).toBe(0);
    expect([a, c].map((instance) => instance.stats().bridge.received)).toEqual([0, 1]);
  });

  it('that is healthy flushes once, at its start, however long it runs', async () => {
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

  it('behind a dead link dials again and is coherent with no help', async () => {
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

  it('under write load syncs before it sends what waits', async () => {
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
