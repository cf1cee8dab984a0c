import { describe, expect, it } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../test/support/instances/instances.js';

/** Two instances that hold '1' and '2' of two regions, '1' tagged 'odd'. */
async function filled(): Promise<InstancesInMemory> {
  const both = await instances(2).connected();
  for (const instance of both.all) {
    for (const region of ['r', 'other']) {
      await instance.region(region).getOrLoad('1', () => 'one', { tags: ['odd'] });
      await instance.region(region).getOrLoad('2', () => 'two');
    }
  }
  return both;
}

/** What the other instance still holds, once the message has arrived. */
async function heldElsewhere({ b, clock }: InstancesInMemory): Promise<string[]> {
  await clock.advance(0);
  const held = (region: string): string[] => ['1', '2'].filter((key) => b.region(region).getSync(key) !== undefined);
  return ['r', 'other'].flatMap((region) => held(region).map((key) => `${region}/${key}`));
}

describe('an eviction', () => {
  it('of one key reaches every instance', async () => {
    const both = await filled();
    await both.a.region('r').evict('1');
    expect(await heldElsewhere(both)).toEqual(['r/2', 'other/1', 'other/2']);
  });

  it('of many keys reaches every instance in one message', async () => {
    const both = await filled();
    await both.a.region('r').evictMany(['1', 2]);
    expect(await heldElsewhere(both)).toEqual(['other/1', 'other/2']);
    expect(both.a.stats().bridge.published).toBe(1);
  });

  it('of tags reaches across regions', async () => {
    const both = await filled();
    await both.a.evictTags(['odd', 'unknown']);
    expect(await heldElsewhere(both)).toEqual(['r/2', 'other/2']);
  });

  it('of a region removes that region only, in every instance', async () => {
    const both = await filled();
    await both.a.region('r').clear();
    expect(await heldElsewhere(both)).toEqual(['other/1', 'other/2']);
  });

  it('of everything removes every entry, in every instance', async () => {
    const both = await filled();
    await both.a.clear();
    expect(await heldElsewhere(both)).toEqual([]);
  });

  it('is applied in its own instance synchronously', async () => {
    const { a } = await filled();
    void a.region('r').evict('1');
    expect(a.region('r').getSync('1')).toBeUndefined();
    void a.evictTags('odd');
    expect(a.region('other').getSync('1')).toBeUndefined();
    void a.clear();
    expect(a.region('r').getSync('2')).toBeUndefined();
  });

  it('is published also when its own instance holds no copy', async () => {
    const both = await filled();
    const c = await both.joinedBy();
    await c.region('r').evict('1');
    expect(await heldElsewhere(both)).not.toContain('r/1');
  });

  it('of no keys publishes nothing', async () => {
    const both = await filled();
    await both.a.region('r').evictMany([]);
    await both.a.evictTags([]);
    await both.clock.advance(0);
    expect(both.a.stats().bridge.published).toBe(0);
  });
});

describe('an instance publishes only evictions and puts,', () => {
  it('never a load, an expiry, a removal by a bound or an invalidation of a peer', async () => {
    const { a, b, clock } = await instances(2).with({ maxEntries: 5, ttl: 2_000 }).connected();
    for (let key = 0; key < 20; key += 1) await b.region('r').getOrLoad(key, () => key);
    await a.region('r').evict(19);
    await clock.advance('3s');
    expect(b.region('r').getSync(18)).toBeUndefined();
    await clock.advance('1m');

    expect(b.stats().bridge.published).toBe(0);
    expect(a.stats().bridge).toMatchObject({ published: 1, received: 0 });
    expect(b.stats().bridge.received).toBe(1);
  });
});

describe('region.set', () => {
  it('stores here and evicts in every other instance', async () => {
    const both = await filled();
    await both.a.region('r').set('1', 'new', { tags: 'fresh', ttl: '1h' });
    expect(both.a.region('r').getSync('1')).toBe('new');
    expect(await heldElsewhere(both)).toEqual(['r/2', 'other/1', 'other/2']);

    await both.a.evictTags('fresh');
    expect(both.a.region('r').getSync('1')).toBeUndefined();
  });

  it('stores synchronously: its caller reads what it wrote', async () => {
    const { a } = await filled();
    void a.region('r').set('1', 'new');
    expect(a.region('r').getSync('1')).toBe('new');
  });

  it('with a computed TTL of 0 or less evicts and stores nothing', async () => {
    const both = await filled();
    await both.a.region('r').set('1', 'new', { ttl: -1 });
    expect(both.a.region('r').getSync('1')).toBeUndefined();
    expect(await heldElsewhere(both)).not.toContain('r/1');
  });
});

describe('an instance that is cut off', () => {
  it('keeps evictions in the outbox, covered by wider ones, and delivers them when it is back', async () => {
    const both = await filled();
    const { a, bridge, clock } = both;
    bridge.cut(a);
    await clock.advance(0);
    await a.region('r').evict('1');
    await a.region('r').clear();
    expect(a.status().outbox).toBe(1);
    expect(await heldElsewhere(both)).toHaveLength(4);

    bridge.heal(a);
    await clock.advance(2_000);
    expect(a.status().outbox).toBe(0);
    expect(await heldElsewhere(both)).toEqual(['other/1', 'other/2']);
  });

  it('widens its outbox beyond outboxLimit to regions, and then to everything', async () => {
    const both = await instances(2).with({ outboxLimit: 3 }).connected();
    const { a, b, bridge, clock } = both;
    await b.region('r').getOrLoad('never named', () => 1);
    bridge.cut(a);
    await clock.advance(0);
    for (let key = 0; key < 4; key += 1) await a.region('r').evict(key);
    expect(a.status().outbox).toBe(1);
    bridge.heal(a);
    await clock.advance(2_000);
    expect(b.region('r').getSync('never named')).toBeUndefined();
  });
});
