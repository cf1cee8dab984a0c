import { describe, expect, it } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import { CacheClosedError } from '../errors.js';
import { DistributedCache, isDistributedCache } from './distributed-cache.js';

describe('local mode', () => {
  it('is an instance without others: it says so, and its lease never lapses', async () => {
    const { a, clock } = instances(1).local();
    await a.region('r').getOrLoad('1', () => 'kept', { ttl: Infinity });
    await clock.advance('10d');
    expect(a.region('r').getSync('1')).toBe('kept');
    expect(a.status()).toMatchObject({ state: 'local', leaseAge: 0, outbox: 0, position: undefined });
  });

  it('evicts at once and keeps no outbox', async () => {
    const { a } = instances(1).with({ onUndelivered: 'throw' }).local();
    await a.region('r').getOrLoad('1', () => 1);
    await expect(a.region('r').evict('1')).resolves.toEqual({ delivered: true, instances: 0, waited: 0 });
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.status().outbox).toBe(0);
  });

  it('forgets what was evicted before it was known that there is nobody to tell', async () => {
    const shop = instances(1);
    await shop.a.region('r').evict('1');
    expect(shop.a.status().outbox).toBe(1);
    expect(shop.local().a.status().outbox).toBe(0);
  });
});

describe('before the first sync', () => {
  it('loads are served but nothing is stored', async () => {
    const { a } = instances(1);
    await expect(a.region('r').getOrLoad('1', () => 'loaded')).resolves.toBe('loaded');
    await a.region('r').set('2', 'set');
    await a.region('r').update('3', () => 'put');
    expect(a.stats().regions['r']).toMatchObject({ entries: 0 });
    expect(a.status()).toMatchObject({ state: 'connecting', leaseAge: Infinity });
  });

  it('a load that began is fenced by it: what it read may have been invalidated unheard', async () => {
    const shop = instances(1);
    const asked = deferred<string>();
    const reader = shop.a.region<string>('r').getOrLoad('1', () => asked.promise);
    await shop.connected();
    asked.resolve('read before');
    await reader;
    expect(shop.a.region('r').getSync('1')).toBeUndefined();
  });

  it('nothing is stored until it has failed, and then for maxStaleness', async () => {
    const shop = instances(1);
    const { a, bridge, clock } = shop;
    bridge.cut(a);
    await shop.connected();
    await a.region('r').getOrLoad('1', () => 'loaded');
    expect(a.region('r').getSync('1')).toBe('loaded');
    await clock.advance(10_001);
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('evictions wait for it', async () => {
    const shop = instances(2);
    const { a, b, bridge, clock } = shop;
    b.start(bridge);
    await clock.advance(0);
    await b.region('r').getOrLoad('1', () => 'old');
    await a.region('r').evict('1');
    a.start(bridge);
    await clock.advance(0);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });
});

describe('enabled: false', () => {
  it('loads for every read, and evictions still reach the peers', async () => {
    const both = await instances(1).connected();
    const off = await both.joinedBy({ enabled: false });
    await both.a.region('r').getOrLoad('1', () => 'old');
    let loads = 0;
    for (let reads = 0; reads < 2; reads += 1) {
      await off.region('r').getOrLoad('1', () => (loads += 1));
      await off.region('r').getOrLoadMany([2], () => new Map([[2, (loads += 1)]]));
    }
    expect(loads).toBe(4);
    await off.region('r').set('1', 'new');
    expect(off.region('r').getSync('1')).toBeUndefined();
    await both.clock.advance(0);
    expect(both.a.region('r').getSync('1')).toBeUndefined();
  });
});

describe('shutting down', () => {
  it('stops serving and storing; reads load', async () => {
    const { a } = await instances(1).connected();
    await a.region('r').getOrLoad('1', () => 'kept');
    const asked = deferred<string>();
    const running = a.region<string>('r').getOrLoad('2', () => asked.promise);
    await a.close();
    asked.resolve('two');
    await expect(running).resolves.toBe('two');
    await expect(a.region('r').getOrLoad('1', () => 'loaded')).resolves.toBe('loaded');
    expect(['1', '2'].map((key) => a.region('r').getSync(key))).toEqual([undefined, undefined]);
  });

  it('refuses evictions, which could reach nobody, with the way out', async () => {
    const { a } = await instances(1).connected();
    await a.close();
    await expect(a.region('r').evict('1')).rejects.toThrow(CacheClosedError);
    await expect(a.region('r').set('1', 1)).rejects.toThrow(/shut down/);
    await expect(a.region('r').update('1', () => 1)).rejects.toThrow(CacheClosedError);
    await expect(a.clear()).rejects.toThrow(CacheClosedError);
  });

  it('delivers what waits in the outbox first', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    await b.region('r').getOrLoad('1', () => 'old');
    bridge.cut(a);
    await clock.advance(0);
    await a.region('r').evict('1');
    const closing = a.close();
    bridge.heal(a);
    await clock.advance('1s');
    await closing;
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('has a deadline, and says as an error how many could not be sent', async () => {
    const { a, bridge, clock, log } = await instances(1).connected();
    bridge.cut(a, { silently: true });
    void a.region('r').evictMany(['1', '2']);
    let isClosed = false;
    const closing = a.close().then(() => (isClosed = true));
    await clock.advance(999);
    expect(isClosed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(log.at('error')).toEqual([expect.objectContaining({ parameters: { namespace: 'shop', undelivered: 2 } })]);
  });

  it('leaves: nothing is dialled or heard any more, and it may be asked for twice', async () => {
    const { a, b, clock } = await instances(2).connected();
    await a.close();
    await a.close();
    const heard: unknown[] = [];
    a.on('invalidation', (event) => heard.push(event));
    await b.clear();
    await clock.advance('1m');
    expect(heard).toEqual([]);
    expect(a.status().state).toBe('disconnected');
  });
});

describe('status', () => {
  it('tells who the instance is and how fresh it is', async () => {
    const { a, b, clock } = await instances(2).connected();
    await clock.advance(100);
    expect(a.status()).toEqual({
      state: 'coherent',
      instanceId: expect.stringMatching(/^.+:\d+:[0-9a-f]+$/),
      namespace: 'shop',
      leaseAge: 100,
      outbox: 0,
      position: expect.stringMatching(/^\d+-\d+$/),
    });
    expect(a.status().instanceId).not.toBe(b.status().instanceId);
  });
});

describe('isDistributedCache', () => {
  it('knows a cache of ours from what only answers to its names', () => {
    const { a } = instances(1);
    expect(isDistributedCache(a)).toBe(true);
    for (const other of [undefined, null, {}, 'cache', new Proxy({}, {}), Object.create(DistributedCache.prototype)]) {
      expect(isDistributedCache(other)).toBe(false);
    }
  });
});
