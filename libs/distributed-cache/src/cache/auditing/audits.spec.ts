import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { heldBridge } from '../../../../../test/support/bridges/held-bridge.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { instances, logOf, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { names } from '../../../../../test/support/instances/page-of-product.js';
import { LoadTimeoutError } from '../../errors.js';
import type { DistributedCache } from '../distributed-cache.js';
import type { CacheEvents } from '../events.js';

const SECRET = 'a value that nobody but the reader may see';
const ALL = { sample: 1 };

/** The source of truth, which counts how often it is asked. */
class Source {
  readonly rows = new Map<string, unknown>([
    ['1', 'old'],
    ['2', 'old'],
  ]);
  loads = 0;

  readonly load = ({ key }: { key: string }): unknown => {
    this.loads += 1;
    return this.rows.get(key);
  };
}

interface Shop {
  readonly source: Source;
  readonly found: CacheEvents['forgotten'][];
  read(key?: string): Promise<unknown>;
}

function shopOf(cache: DistributedCache, source = new Source()): Shop {
  const found: CacheEvents['forgotten'][] = [];
  cache.on('forgotten', (event) => found.push(event));
  return { source, found, read: (key = '1') => cache.region('r').getOrLoad(key, source.load) };
}

function forgottenOf(cache: DistributedCache): number | undefined {
  return cache.stats().regions['r']?.forgotten;
}

/** Longer than an audit runs. */
const AN_AUDIT = '11s';

describe('audit', () => {
  it('finds an eviction that the application forgot, in local mode', async () => {
    const { a, clock } = instances(1).with({ audit: ALL }).local();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    await clock.advance('20s');
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toEqual([{ region: 'r', key: '1', age: 30_000 }]);
    expect(forgottenOf(a)).toBe(1);
  });

  it('finds an eviction that an instance forgot which shares the log', async () => {
    const { a, b, clock } = await instances(2).with({ audit: ALL }).connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    await b.region('r').evict('another key');
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toMatchObject([{ region: 'r', key: '1' }]);
  });

  it.each(['1h', Infinity] as const)('waits for no longer than 10 s with maxStaleness %s', async (maxStaleness) => {
    const { a, clock } = await instances(1).with({ audit: ALL, maxStaleness }).connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    await read();
    await clock.advance('9s');
    expect(found).toEqual([]);
    await clock.advance('1s');
    expect(found).toHaveLength(1);
  });

  it('waits for no longer than a shorter maxStaleness', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL, maxStaleness: '300ms' }).connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    await read();
    await clock.advance('300ms');
    expect(found).toHaveLength(1);
  });

  it('finds a row that was deleted', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.delete('1');
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toHaveLength(1);
  });

  it('finds it by a bulk read, too', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, found } = shopOf(a);
    const read = (): Promise<unknown> =>
      a.region('r').getOrLoadMany(['1', '2'], (ids) => new Map(ids.map((id) => [id, source.rows.get(id)])));
    await read();
    source.rows.set('1', 'new');
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toMatchObject([{ key: '1' }]);
  });

  it('audits a value that was put, once a reader with a loader hits it', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, found, read } = shopOf(a);
    await a.region('r').set('1', 'old');
    source.rows.set('1', 'new');
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toHaveLength(1);
  });

  it('says nothing of a value that is still true', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, found, read } = shopOf(a);
    source.rows.set('1', { name: 'chair', sizes: new Set([1]) });
    await read();
    source.rows.set('1', { name: 'chair', sizes: new Set([1]) });
    await read();
    await clock.advance(AN_AUDIT);
    expect(source.loads).toBe(2);
    expect(found).toEqual([]);
  });

  it('stores nothing: the old value stays, so that the mistake is not hidden', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    const stored = vi.fn<() => void>();
    a.on('store', stored);
    await read();
    await clock.advance(AN_AUDIT);
    expect(stored).not.toHaveBeenCalled();
    expect(a.region('r').getSync('1')).toBe('old');
  });

  it('is counted as a load, and told as one in the background', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { read } = shopOf(a);
    await read();
    const loaded = vi.fn<() => void>();
    a.on('load', loaded);
    await read();
    await clock.advance(0);
    expect(loaded).toHaveBeenCalledExactlyOnceWith({ region: 'r', key: '1', duration: 0, background: true });
    expect(a.stats().regions['r']).toMatchObject({ loads: 2, hits: 1, misses: 1 });
  });

  it('calls the loader in the context of the reader whose hit was drawn', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const read = (): Promise<unknown> => a.region('r').getOrLoad('1', () => seen.push(context.getStore()));
    await context.run('first', read);
    await context.run('second', read);
    await clock.advance(0);
    expect(seen).toEqual(['first', 'second']);
  });

  it('does not hand the audited value to the loader as its previous one', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const previous: unknown[] = [];
    const read = (): Promise<unknown> => a.region('r').getOrLoad('1', (context) => previous.push(context.previous));
    await read();
    await read();
    await clock.advance(0);
    expect(previous).toEqual([undefined, undefined]);
  });

  it('never audits more than one entry of a region at a time', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, read } = shopOf(a);
    await read('1');
    await read('2');
    for (const key of ['1', '2', '1']) await read(key);
    await clock.advance('9s');
    await read('2');
    expect(source.loads).toBe(3);
    await clock.advance('2s');
    await read('2');
    await clock.advance(0);
    expect(source.loads).toBe(4);
  });

  it('audits another region meanwhile', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const load = vi.fn<() => number>(() => 1);
    for (const region of ['r', 's', 'r', 's']) await a.region(region).getOrLoad('1', load);
    await clock.advance(0);
    expect(load).toHaveBeenCalledTimes(4);
  });
});

describe('The options of an audit', () => {
  it('sample: a hit above the share is not drawn', async () => {
    const { a, clock } = await instances(1)
      .with({ audit: { sample: 0.3 } })
      .connected();
    const { source, read } = shopOf(a);
    await read();
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.31);
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(1);
    random.mockReturnValue(0.29);
    await read();
    await clock.advance(0);
    random.mockRestore();
    expect(source.loads).toBe(2);
  });

  it('olderThan: a younger value is not audited', async () => {
    const { a, clock } = await instances(1)
      .with({ audit: { sample: 1, olderThan: '30s' } })
      .connected();
    const { source, read } = shopOf(a);
    await read();
    await clock.advance('29s');
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(1);
    await clock.advance('1s');
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(2);
  });

  it('equals: decides in place of isDeepStrictEqual', async () => {
    const equals = vi.fn<(cached: unknown, loaded: unknown) => boolean>(
      (cached, loaded) => String(cached)[0] === String(loaded)[0],
    );
    const { a, clock } = await instances(1)
      .with({ audit: { sample: 1, equals } })
      .connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'other');
    await read();
    await clock.advance(AN_AUDIT);
    expect(equals).toHaveBeenCalledWith('old', 'other');
    expect(found).toEqual([]);
    source.rows.set('1', 'new');
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toHaveLength(1);
  });

  it.each([
    ['throws', () => expect.fail(SECRET)],
    ['returns a promise', () => Promise.resolve(false)],
  ])('equals: one that %s is reported once a minute, and nothing is called forgotten', async (_, equals) => {
    const mistake: object = { sample: 1, equals };
    const { a, clock } = await instances(1)
      .with({ audit: Object.assign({ sample: 1 }, mistake) })
      .connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    for (let times = 0; times < 3; times += 1) {
      await read();
      await clock.advance(AN_AUDIT);
    }
    expect(found).toEqual([]);
    expect(logOf(a).at('error')).toHaveLength(1);
    expect(JSON.stringify(logOf(a).at('error'))).not.toContain(SECRET);
  });

  it('a region without audit is not audited: false switches off what the module has', async () => {
    const { a, clock } = await instances(1)
      .with({ audit: ALL, regions: { r: { audit: false } } })
      .connected();
    const { source, read } = shopOf(a);
    await read();
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(1);
  });

  it('audit of a region is enough', async () => {
    const { a, clock } = await instances(1)
      .with({ regions: { r: { audit: ALL } } })
      .connected();
    const { source, read } = shopOf(a);
    await read();
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(2);
  });

  it.each(['shared', 'frozen', 'cloned'] as const)(
    'values: with %s, the values are compared in the form in which they are stored',
    async (values) => {
      class Product {
        constructor(readonly price: number) {}
      }
      const { a, clock } = await instances(1).with({ audit: ALL, values }).connected();
      const { source, found, read } = shopOf(a);
      source.rows.set('1', new Product(1));
      await read();
      source.rows.set('1', new Product(1));
      await read();
      await clock.advance(AN_AUDIT);
      expect(found).toEqual([]);
      source.rows.set('1', new Product(2));
      await read();
      await clock.advance(AN_AUDIT);
      expect(found).toHaveLength(1);
      expect(Object.isFrozen(source.rows.get('1'))).toBe(false);
    },
  );
});

/** Two instances of which `a` holds a value that its source does not have any more, and audits it. */
async function differing(options = {}): Promise<InstancesInMemory & Shop> {
  const both = instances(2).with({ audit: ALL, ...options });
  await both.connected();
  const shop = shopOf(both.a);
  await shop.read();
  shop.source.rows.set('1', 'new');
  await shop.read();
  await both.clock.advance(0);
  expect(shop.source.loads).toBe(2);
  return Object.assign(both, shop);
}

describe('An audit raises no false alarm', () => {
  it('when the eviction arrives before maxStaleness is over', async () => {
    const { b, clock, found } = await differing();
    await clock.advance('9s');
    await b.region('r').evict('1');
    await clock.advance('20s');
    expect(found).toEqual([]);
  });

  it('when the channel has lost the eviction, and only a sync brings it', async () => {
    const { b, bridge, clock, found } = await differing({ maxStaleness: '1h' });
    await clock.advance('9900ms');
    bridge.drop(1);
    await b.region('r').evict('1');
    await clock.advance('100ms');
    expect(found).toEqual([]);
  });

  it('when this instance evicts it meanwhile', async () => {
    const { a, clock, found } = await differing();
    await a.region('r').evict('1');
    await clock.advance('20s');
    expect(found).toEqual([]);
  });

  it('when it is evicted and loaded again meanwhile', async () => {
    const { a, clock, read, found } = await differing();
    await a.region('r').evict('1');
    await read();
    await clock.advance('20s');
    expect(found).toEqual([]);
  });

  it('when it is replaced meanwhile by a put', async () => {
    const { a, clock, found } = await differing();
    await a.region('r').set('1', 'newest');
    await clock.advance('20s');
    expect(found).toEqual([]);
  });

  it('when it expires meanwhile and is loaded again', async () => {
    const { clock, read, found } = await differing({ ttl: '5s' });
    await clock.advance('6s');
    await read();
    await clock.advance('20s');
    expect(found).toEqual([]);
  });

  it('when this instance is cut off meanwhile: nobody can tell', async () => {
    const { a, bridge, clock, found } = await differing();
    bridge.cut(a);
    await clock.advance('1m');
    expect(found).toEqual([]);
  });

  it('when it is cut off and its lease is longer than an audit: no sync is complete', async () => {
    const { a, bridge, clock, found } = await differing({ maxStaleness: '1h' });
    bridge.cut(a);
    await clock.advance('1m');
    expect(found).toEqual([]);
  });

  it('when it is cut off, evicted by another instance, and healed', async () => {
    const { a, b, bridge, clock, found } = await differing();
    bridge.cut(a);
    await clock.advance('1s');
    await b.region('r').evict('1');
    await clock.advance('7s');
    bridge.heal(a);
    await clock.advance('20s');
    expect(found).toEqual([]);
  });

  it('when an eviction is under way of which only a part has arrived', async () => {
    const both = instances(2).with({ audit: ALL, commandTimeout: '1h', publishTimeout: '1m' });
    const held = heldBridge(both);
    const { a, b, clock } = await both.connected();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    let parts = 0;
    held.publish = (_, send) => (++parts === 1 ? send() : new Promise(() => {}));
    void b.region('others').evictMany(names('x', 100));
    void b.region('r').evict('1');
    await clock.advance(1);
    expect(parts).toBe(2);
    await read();
    await clock.advance('20s');
    expect(source.loads).toBe(2);
    expect(found).toEqual([]);
  });

  it('when a transaction of this instance holds the eviction back', async () => {
    const { a, clock, found } = await differing();
    const committed = deferred<void>();
    const holding = a.holdEvictions(async () => {
      await a.region('r').evict('1');
      await committed.promise;
    });
    await clock.advance('20s');
    expect(found).toEqual([]);
    committed.resolve();
    await holding;
  });

  it('by a read inside of a transaction, whose loader must not be called after it', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, read } = shopOf(a);
    await read();
    await a.holdEvictions(read);
    await clock.advance(AN_AUDIT);
    expect(source.loads).toBe(1);
  });

  it('when the load fails, which is counted and tells nobody but loadError', async () => {
    const { a, clock } = await instances(1)
      .with({ audit: ALL, staleIfError: '1m', retryAfter: '1m', ttl: '5s' })
      .connected();
    const shop = shopOf(a);
    await shop.read();
    const failed = vi.fn<() => void>();
    a.on('loadError', failed);
    const failure = new Error('the source is down');
    await a.region('r').getOrLoad('1', () => Promise.reject(failure));
    await clock.advance('6s');
    expect(failed).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ key: '1', background: true, error: failure }),
    );
    expect(a.stats().regions['r']?.loadErrors).toBe(1);
    expect(logOf(a).at('warn')).toEqual([]);
    // Readers do not wait for retryAfter: none of theirs has failed.
    await shop.read();
    expect(shop.source.loads).toBe(2);
  });

  it('when loads fail: the source is asked no more often than one that answers', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL, maxStaleness: '5s' }).connected();
    let calls = 0;
    const load = (): string => {
      calls += 1;
      if (calls > 1) throw new Error('the source is down');
      return 'value';
    };
    for (let second = 0; second < 50; second += 1) {
      await a.region('r').getOrLoad('1', load);
      await clock.advance('1s');
    }
    expect(calls - 1).toBeLessThanOrEqual(10);
    expect(calls - 1).toBeGreaterThan(5);
  });

  it('when the load is too slow for loadTimeout; a later hit is audited', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL, loadTimeout: '1s' }).connected();
    const { source, read } = shopOf(a);
    await read();
    const failed = vi.fn<() => void>();
    a.on('loadError', failed);
    let signal: AbortSignal | undefined;
    await a.region('r').getOrLoad('1', (context) => {
      signal = context.signal;
      return new Promise(() => {});
    });
    await clock.advance('1s');
    expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ error: expect.any(LoadTimeoutError) }));
    expect(signal?.aborted).toBe(true);
    await clock.advance(AN_AUDIT);
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(2);
  });

  it('when the loader says that its result is not to be stored', async () => {
    const { a, clock } = await instances(1).with({ audit: ALL }).connected();
    const { found, read } = shopOf(a);
    await read();
    await a.region('r').getOrLoad('1', (context) => {
      context.skip();
      return 'in part';
    });
    await clock.advance(AN_AUDIT);
    expect(found).toEqual([]);
  });

  describe.each([
    { how: 'read by its loader', within: false },
    { how: 'read by a load that its loader waits for', within: true },
  ])('when a part is $how and', ({ within }) => {
    /** A list whose loader reads its part from the cache, where it is old: the list has the new part already. */
    async function listWithAnOldPart() {
      const { a, clock } = await instances(1)
        .with({ audit: ALL, regions: { parts: { audit: false }, between: { audit: false, ttl: 1 } } })
        .connected();
      const { found } = shopOf(a);
      const source = new Source();
      source.rows.set('1', 'old');
      const part = (): Promise<unknown> => a.region('parts').getOrLoad('1', source.load);
      const list = (): Promise<unknown> => (within ? a.region('between').getOrLoad('1', part) : part());
      await part();
      await clock.advance('2s');
      source.rows.set('1', 'new');
      await a.region('r').getOrLoad('1', () => 'new');
      await clock.advance('30s');
      return { a, clock, found, read: () => a.region('r').getOrLoad('1', list) };
    }

    it('is old, and is evicted only after the audit has begun', async () => {
      const { a, clock, found, read } = await listWithAnOldPart();
      await read();
      await clock.advance('1s');
      await a.region('parts').evict('1');
      await clock.advance(AN_AUDIT);
      await clock.advance(AN_AUDIT);
      expect(found).toEqual([]);
      expect(a.stats().regions['r']).toMatchObject({ forgotten: 0 });
    });

    it('is true, but it is the list that nobody has evicted: two audits find it', async () => {
      const { a, clock, found, read } = await listWithAnOldPart();
      await a.region('r').set('1', 'older still');
      await read();
      await clock.advance(AN_AUDIT);
      expect(found).toEqual([]);
      await clock.advance(AN_AUDIT);
      expect(found).toMatchObject([{ region: 'r', key: '1' }]);
    });

    it('is old in an audit of the whole region, and is evicted only after that has begun', async () => {
      const { a, clock, read } = await listWithAnOldPart();
      await read();
      await clock.advance(0);
      const report = a.region('r').auditAll();
      await clock.advance(0);
      await a.region('parts').evict('1');
      await clock.advance(AN_AUDIT);
      expect(await report).toMatchObject({ audited: 1, forgotten: [] });
    });
  });

  it('while the lease is over: nothing is audited', async () => {
    const { a, bridge, clock } = await instances(1).with({ audit: ALL }).connected();
    const { source, read } = shopOf(a);
    bridge.cut(a);
    await clock.advance('30s');
    await read();
    await read();
    await clock.advance(0);
    expect(source.loads).toBe(1);
  });
});

describe('What is told of a forgotten eviction', () => {
  it('is an age in whole ms, in the event as in the warning', async () => {
    const { a, clock } = instances(1).with({ audit: ALL }).local();
    const { source, found, read } = shopOf(a);
    await read();
    source.rows.set('1', 'new');
    await clock.advance(0.7);
    await read();
    await clock.advance(AN_AUDIT);
    expect(found).toEqual([{ region: 'r', key: '1', age: 10_001 }]);
    expect(logOf(a).at('warn')).toMatchObject([{ parameters: { region: 'r', age: 10_001 } }]);
  });

  it('is one warning a minute and region, with the region, the age and where to look', async () => {
    const { a, clock } = instances(1).with({ audit: ALL }).local();
    const source = new Source();
    const { found } = shopOf(a, source);
    const readAll = async (): Promise<void> => {
      for (const region of ['r', 's']) await a.region(region).getOrLoad('1', source.load);
    };
    await readAll();
    source.rows.set('1', SECRET);
    for (let times = 0; times < 5; times += 1) {
      await readAll();
      await clock.advance(AN_AUDIT);
    }
    expect(found).toHaveLength(10);
    expect(logOf(a).at('warn')).toMatchObject([
      { message: expect.stringContaining('docs/audit.md'), parameters: { region: 'r', age: 10_000 } },
      { message: expect.stringContaining('cannot reach the log'), parameters: { region: 's', age: 10_000 } },
    ]);
    await clock.advance('10s');
    await readAll();
    await clock.advance(AN_AUDIT);
    expect(logOf(a).at('warn')).toHaveLength(4);
    expect(JSON.stringify([logOf(a).lines, found])).not.toContain(SECRET);
  });
});

describe('The shutdown', () => {
  it('ends an audit that waits, without waiting for it', async () => {
    const equals = vi.fn<() => boolean>(() => false);
    const { a, clock, found } = await differing({ audit: { sample: 1, equals } });
    await a.close();
    await clock.advance('1m');
    expect(equals).not.toHaveBeenCalled();
    expect(found).toEqual([]);
  });

  it('ends an audit that waits for a sync', async () => {
    const { a, bridge, clock, found } = await differing({ maxStaleness: '1h', drainTimeout: 0 });
    bridge.cut(a, { silently: true });
    await clock.advance('10s');
    await a.close();
    await clock.advance('1m');
    expect(found).toEqual([]);
  });

  it('waits for the load of an audit, for at most drainTimeout', async () => {
    const { a, clock } = instances(1).with({ audit: ALL }).local();
    const { read } = shopOf(a);
    await read();
    const answer = deferred<string>();
    await a.region('r').getOrLoad('1', () => answer.promise);
    const closed = vi.fn<() => void>();
    const closing = a.close().then(closed);
    await clock.advance('500ms');
    expect(closed).not.toHaveBeenCalled();
    answer.resolve('new');
    await closing;
  });
});
