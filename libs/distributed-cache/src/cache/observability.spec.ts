import { describe, expect, it } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../test/support/instances/instances.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import type { Evicted } from '../coherence/publish/evicted.js';
import type { DistributedCache } from './distributed-cache.js';
import type { CacheEvents } from './events.js';

const SECRET = 'a value that nobody but the reader may see';

function record<E extends keyof CacheEvents>(cache: DistributedCache, event: E): CacheEvents[E][] {
  const events: CacheEvents[E][] = [];
  cache.on(event, (details) => events.push(details));
  return events;
}

describe('stats', () => {
  it('count hits, misses, loads and removals per region', async () => {
    const { a, clock } = await instances(1).connected();
    const region = a.region('r');
    await region.getOrLoad('1', () => 1, { ttl: '1s' });
    await region.getOrLoad('1', () => 1);
    await region.get('2');
    await region.set('3', 3);
    await region.evict('3');
    await region.evict('not held');
    await clock.advance('1s');
    region.getSync('1');
    expect(a.stats().regions).toEqual({
      r: {
        entries: 0,
        hits: 1,
        misses: 3,
        loads: 1,
        loadErrors: 0,
        staleServed: 0,
        fenced: 0,
        invalidated: 1,
        expired: 1,
        replaced: 0,
        evicted: 0,
        rejected: 0,
        forgotten: 0,
      },
    });
  });

  it.each<[string, (cache: DistributedCache) => Promise<Evicted>]>([
    ['keys', (cache) => cache.region('r').evictMany(['1', '2'])],
    ['a tag', (cache) => cache.evictTags('t')],
    ['a region', (cache) => cache.region('r').clear()],
    ['everything', (cache) => cache.clear()],
  ])('count the entries removed by evicting %s as invalidated, here and in the other instance', async (_, evict) => {
    const { a, b, clock } = await instances(2).connected();
    for (const cache of [a, b])
      for (const key of ['1', '2']) await cache.region('r').getOrLoad(key, () => key, { tags: 't' });
    await evict(a);
    await clock.advance(0);
    expect([a, b].map((cache) => cache.stats().regions['r'])).toMatchObject([
      { entries: 0, invalidated: 2, evicted: 0 },
      { entries: 0, invalidated: 2, evicted: 0 },
    ]);
  });

  it('count a copy that a newer value took the place of as replaced, not as invalidated', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    await region.set('1', 'first');
    await region.set('1', 'second');
    await region.update('1', () => 'third');
    expect(a.stats().regions['r']).toMatchObject({ entries: 1, replaced: 2, invalidated: 0 });
  });

  it('count the copy as invalidated when a put stores nothing in its place', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    await region.set('1', 'first');
    await region.update('1', () => undefined);
    expect(a.stats().regions['r']).toMatchObject({ entries: 0, replaced: 0, invalidated: 1 });
  });

  it('count the copy as replaced when the value that is put in its place is too large to be stored', async () => {
    const { a } = await instances(1)
      .with({ maxSize: 10, sizeOf: (value) => Number(value) })
      .connected();
    const region = a.region('r');
    await region.set('1', 1);
    await region.set('1', 11);
    expect(region.getSync('1')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ entries: 0, replaced: 1, invalidated: 0 });
  });

  it('count a value that is too large to be stored as rejected', async () => {
    const { a } = instances(1)
      .with({ maxSize: 10, sizeOf: (value) => Number(value) })
      .local();
    await a.region('r').getOrLoad('1', () => 11);
    await a.region('r').getOrLoad('2', () => 10);
    expect(a.stats().regions['r']).toMatchObject({ entries: 1, rejected: 1, evicted: 0 });
  });

  it('count a large value that is put in place of a small copy as rejected, if it is not worth what is hit again and again', async () => {
    const { a } = instances(1)
      .with({ maxSize: 100, sizeOf: (value) => Number(value) })
      .local();
    const region = a.region('r');
    await region.set('large', 1);
    for (let round = 0; round < 5; round += 1)
      for (let key = 0; key < 9; key += 1) await region.getOrLoad(`hot ${key}`, () => 10);
    const stores = record(a, 'store');
    await region.set('large', 95);
    expect(stores).toEqual([]);
    expect(region.getSync('large')).toBeUndefined();
    expect(a.stats().regions['r']).toMatchObject({ entries: 9, replaced: 1, rejected: 1, evicted: 0 });
  });

  it('count a copy that was loaded again after the lease had ended as replaced', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const region = a.region('r');
    await region.getOrLoad('1', () => 'first');
    bridge.cut(a);
    await clock.advance('11s');
    await region.getOrLoad('1', () => 'second');
    expect(a.stats().regions['r']).toMatchObject({ entries: 1, replaced: 1, expired: 0, invalidated: 0 });
  });

  it('count the entries that a flush drops as invalidated', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    await a.region('r').getOrLoad('1', () => 1);
    bridge.restart();
    await clock.advance('1s');
    expect(a.stats().regions['r']).toMatchObject({ entries: 0, invalidated: 1 });
  });

  it('count a miss once a call, however often its load is fenced', async () => {
    const { a } = await instances(1).connected();
    const region = a.region<string>('r');
    const slow = deferred<string>();
    const first = region.getOrLoad('1', ({ setTags }) => {
      setTags('t');
      return slow.promise;
    });
    const late = region.getOrLoad('1', () => 'again');
    const lateMany = region.getOrLoadMany(['1'], () => new Map([['1', 'again']]));
    void a.evictTags('t');
    const afterwards = region.getOrLoadMany(['1', '2'], (ids) => new Map(ids.map((id) => [id, 'again'])));
    slow.resolve('first');
    await Promise.all([first, late, lateMany, afterwards]);
    expect(a.stats().regions['r']).toMatchObject({ hits: 0, misses: 5, fenced: 1 });
  });

  it('do not count a call whose options are refused as a miss', async () => {
    const { a } = await instances(1).connected();
    const region = a.region('r');
    await expect(region.getOrLoad('1', () => 1, { ttl: 0 })).rejects.toThrow('ttl 0 is not allowed');
    await expect(region.getOrLoad('1', () => 1, { tags: '' })).rejects.toThrow('The name of a tag');
    expect(a.stats().regions['r']).toMatchObject({ misses: 0 });
  });

  it('count entries that a bound removes as evicted, and no others', async () => {
    const { a } = await instances(1).with({ maxEntries: 2 }).connected();
    for (const key of ['1', '2', '3']) await a.region('r').getOrLoad(key, () => key);
    expect(a.stats().regions['r']).toMatchObject({ entries: 2, evicted: 1, invalidated: 0 });
  });

  it('count the messages between the instances', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    await a.region('r').evict('1');
    bridge.drop();
    await a.region('r').evict('2');
    await a.region('r').evict('3');
    bridge.publishPlain('shop', 'garbage');
    await clock.advance(0);
    expect(a.stats().bridge).toMatchObject({ published: 3, received: 0, gaps: 1, flushes: 1 });
    expect(b.stats().bridge).toMatchObject({ gaps: 1, replayed: 2, missed: 0, malformed: 1, reconnects: 0 });
  });

  it('are a copy: they do not change later', async () => {
    const { a } = await instances(1).connected();
    const before = a.stats();
    await a.region('r').getOrLoad('1', () => 1);
    expect(before.regions).toEqual({});
  });
});

describe('maxSize', () => {
  it('bounds the entries of all regions together by what sizeOf gives', async () => {
    const sizeOf = (value: unknown, key: string): number => String(value).length + key.length;
    const { a } = await instances(1).with({ maxSize: 10, sizeOf }).connected();
    await a.region('r').getOrLoad('a', () => '1234');
    await a.region('q').getOrLoad('b', () => '12345');
    expect([a.region('r').getSync('a'), a.region('q').getSync('b')]).toEqual([undefined, '12345']);
  });
});

describe('events', () => {
  it('are emitted for hits, misses, loads and stores within the call that reads', async () => {
    const { a, clock } = await instances(1).connected();
    const [hits, misses, loads, stores] = [record(a, 'hit'), record(a, 'miss'), record(a, 'load'), record(a, 'store')];
    const reader = a.region('r').getOrLoad('1', () => clock.advance(30).then(() => SECRET), { tags: 't', ttl: '1s' });
    expect(misses).toEqual([{ region: 'r', key: '1' }]);
    await reader;
    a.region('r').getSync('1');
    expect(loads).toEqual([{ region: 'r', key: '1', duration: 30 }]);
    expect(stores).toEqual([{ region: 'r', key: '1', ttl: 1_000, tags: ['t'] }]);
    expect(hits).toEqual([{ region: 'r', key: '1' }]);
  });

  it('are emitted for evictions, and for invalidations with the id of their publisher', async () => {
    const { a, b, clock } = await instances(2).connected();
    const [evicted, invalidated, echoed] = [record(a, 'evict'), record(b, 'invalidation'), record(a, 'invalidation')];
    await a.evictTags('t');
    await clock.advance(0);
    const invalidation = expect.objectContaining({ tags: new Set(['t']), everything: false });
    expect(evicted).toEqual([{ invalidation }]);
    expect(invalidated).toEqual([{ from: a.status().instanceId, invalidation }]);
    expect(echoed).toEqual([]);
  });

  it('are emitted for flushes and changes of state', async () => {
    const shop: InstancesInMemory = instances(1);
    const { a, bridge, clock } = shop;
    const [flushes, states] = [record(a, 'flush'), record(a, 'state')];
    await shop.connected();
    bridge.restart();
    await clock.advance('2s');
    expect(flushes).toEqual([
      { flushes: 1, reason: 'first-sync' },
      { flushes: 2, reason: 'other-server' },
    ]);
    expect(states).toEqual([
      { state: 'coherent', previous: 'connecting' },
      { state: 'disconnected', previous: 'coherent' },
      { state: 'coherent', previous: 'disconnected' },
    ]);
  });

  it('end when the function is called that on() returned', async () => {
    const { a } = await instances(1).connected();
    const heard: unknown[] = [];
    const remove = a.on('miss', (event) => heard.push(event));
    a.region('r').getSync('1');
    remove();
    remove();
    a.region('r').getSync('1');
    expect(heard).toHaveLength(1);
  });

  it('with a listener that throws disturb no read and no other listener', async () => {
    const { a, log } = await instances(1).connected();
    a.on('miss', () => {
      throw new Error('a broken listener');
    });
    const heard = record(a, 'miss');
    await expect(a.region('r').getOrLoad('1', () => 'loaded')).resolves.toBe('loaded');
    expect(heard).toHaveLength(1);
    expect(log.at('error')).toHaveLength(1);
  });

  it('never carry a value, nor does a log line', async () => {
    const shop = instances(1);
    const { a, bridge, clock, log } = shop;
    const names = ['hit', 'miss', 'load', 'loadError', 'store', 'evict', 'invalidation', 'flush', 'state'] as const;
    const heard: unknown[] = [];
    for (const name of names) a.on(name, (event) => heard.push(event));
    await shop.connected();
    await a.region('r').getOrLoad('1', () => SECRET);
    a.region('r').getSync('1');
    await a.region('r').set('1', SECRET);
    await a.region('r').update('1', () => SECRET);
    bridge.restart();
    await clock.advance('2s');
    expect(heard.length).toBeGreaterThan(8);
    expect(JSON.stringify([heard, log.lines])).not.toContain(SECRET);
  });
});

describe('a cache that is switched off', () => {
  it('counts the loads that it passes through, and their errors', async () => {
    const { a } = await instances(1).with({ enabled: false }).connected();
    await a.region('r').getOrLoad('1', () => 'loaded');
    await expect(a.region('r').getOrLoad('1', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    await a.region('r').getOrLoadMany(['1', '2'], (ids) => ids.map((id) => [id, 'row'] as const));
    expect(a.stats().regions['r']).toMatchObject({ misses: 4, loads: 4, loadErrors: 1 });
  });
});

describe('a listener of the state', () => {
  it('that evicts when the instance becomes coherent is told that the log has the eviction', async () => {
    const { a, bridge, clock } = await instances(2).with({ onUndelivered: 'throw' }).connected();
    const evictions: Promise<unknown>[] = [];
    a.on('state', ({ state }) => {
      if (state === 'coherent') evictions.push(a.region('r').evict('1'));
    });
    bridge.cut(a);
    await clock.advance('1s');
    bridge.heal(a);
    await clock.advance('3s');
    await expect(Promise.all(evictions)).resolves.toEqual([expect.objectContaining({ delivered: true })]);
  });
});

describe('a value of exactly maxSize', () => {
  it('is held, whatever fractions were added up and removed before', async () => {
    const { a } = await instances(1).with({ maxSize: 1, sizeOf: Number }).connected();
    const region = a.region<number>('r');
    for (const [key, size] of [0.1, 0.2, 0.3].entries()) await region.getOrLoad(key, () => size);
    for (const key of [2, 0, 1]) await region.evict(key);
    await region.getOrLoad('whole', () => 1);
    expect(region.getSync('whole')).toBe(1);
  });
});
