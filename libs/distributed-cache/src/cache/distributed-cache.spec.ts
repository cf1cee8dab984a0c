import { describe, expect, it } from 'vitest';
import { instances, logOf } from '../../../../test/support/instances/instances.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import { CacheClosedError } from '../errors.js';
import { DistributedCache, isDistributedCache } from './distributed-cache.js';

describe('an instance in local mode', () => {
  it("has the state 'local' and a lease that never lapses", async () => {
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

  it('drops from the outbox the evictions that were made before it started', async () => {
    const shop = instances(1);
    await shop.a.region('r').evict('1');
    expect(shop.a.status().outbox).toBe(1);
    expect(shop.local().a.status().outbox).toBe(0);
  });
});

describe('an instance before its first sync', () => {
  it('serves loads and stores nothing', async () => {
    const { a } = instances(1);
    await expect(a.region('r').getOrLoad('1', () => 'loaded')).resolves.toBe('loaded');
    await a.region('r').set('2', 'set');
    await a.region('r').update('3', () => 'put');
    expect(a.stats().regions['r']).toMatchObject({ entries: 0 });
    expect(a.status()).toMatchObject({ state: 'connecting', leaseAge: null });
  });

  it('does not store a load that began before it: invalidations may have been missed', async () => {
    const shop = instances(1);
    const asked = deferred<string>();
    const reader = shop.a.region<string>('r').getOrLoad('1', () => asked.promise);
    await shop.connected();
    asked.resolve('read before');
    await reader;
    expect(shop.a.region('r').getSync('1')).toBeUndefined();
  });

  it('stores nothing until the sync has failed, and then keeps entries for maxStaleness', async () => {
    const shop = instances(1);
    const { a, bridge, clock } = shop;
    bridge.cut(a);
    await shop.connected();
    await a.region('r').getOrLoad('1', () => 'loaded');
    expect(a.region('r').getSync('1')).toBe('loaded');
    await clock.advance(10_001);
    expect(a.region('r').getSync('1')).toBeUndefined();
  });

  it('keeps evictions in the outbox', async () => {
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

describe('an instance that shuts down', () => {
  it('stores nothing any more; its reads load', async () => {
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

  it('refuses evictions with an error that says what to do', async () => {
    const { a } = await instances(1).connected();
    await a.close();
    await expect(a.region('r').evict('1')).rejects.toThrow(CacheClosedError);
    await expect(a.region('r').set('1', 1)).rejects.toThrow(/shut down/);
    await expect(a.region('r').update('1', () => 1)).rejects.toThrow(CacheClosedError);
    await expect(a.clear()).rejects.toThrow(CacheClosedError);
  });

  it('delivers its outbox first', async () => {
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

  it('gives up after drainTimeout, and logs how many targets were not delivered', async () => {
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

  it('says at its start how many targets wait and for how long it tries, once, and nothing when none waits', async () => {
    const { a, b, bridge, clock } = await instances(2).connected();
    bridge.cut(a);
    await clock.advance(0);
    await a.region('r').evictMany(['1', '2']);
    const said = (): unknown[] =>
      logOf(a)
        .at('log')
        .filter(({ message }) => message.startsWith('Shutting down'));
    const closing = [a.close(), a.close()];
    expect(said()).toEqual([
      {
        level: 'log',
        message: 'Shutting down: delivering the invalidations that wait, for at most drainTimeout',
        parameters: { namespace: 'shop', target: bridge.target, waiting: 2, drainTimeout: 1_000 },
      },
    ]);
    await clock.advance('1s');
    await Promise.all(closing);
    expect(said()).toHaveLength(1);

    await b.close();
    expect(
      logOf(b)
        .at('log')
        .map(({ message }) => message),
    ).not.toContainEqual(expect.stringContaining('Shutting down'));
  });

  it('dials and receives nothing any more; close() may be called twice', async () => {
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

describe('status()', () => {
  it('gives the instance id, the state and the age of the lease', async () => {
    const { a, b, clock } = await instances(2).connected();
    await clock.advance(100);
    expect(a.status()).toEqual({
      state: 'coherent',
      delivering: true,
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
  it('tells a cache of this library from an object with the same methods', () => {
    const { a } = instances(1);
    expect(isDistributedCache(a)).toBe(true);
    for (const other of [undefined, null, {}, 'cache', new Proxy({}, {}), Object.create(DistributedCache.prototype)]) {
      expect(isDistributedCache(other)).toBe(false);
    }
  });
});
