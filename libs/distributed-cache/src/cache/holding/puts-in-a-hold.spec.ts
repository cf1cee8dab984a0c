import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances } from '../../../../../test/support/instances/instances.js';

const FAILURE = new Error('rolled back');

async function pair() {
  const all = await instances(2).connected();
  for (const cache of all.all) await cache.region('r').getOrLoad('1', () => 'old', { tags: 'numbers' });
  const { a, b, clock } = all;
  return { a, b, clock, region: a.region('r') };
}

describe('A put in a hold', () => {
  it('is seen by nobody before the end of the hold, also not inside', async () => {
    const { a, region } = await pair();
    const [put, end] = [deferred<undefined>(), deferred<undefined>()];
    const held = a.holdEvictions(async () => {
      await region.set('1', 'new');
      expect(region.getSync('1')).toBeUndefined();
      put.resolve(undefined);
      await end.promise;
    });
    await put.promise;
    expect(region.getSync('1')).toBe('old');
    end.resolve(undefined);
    await held;
    expect(region.getSync('1')).toBe('new');
  });

  it('of a key that was put before takes its place', async () => {
    const { a, region } = await pair();
    await a.holdEvictions(async () => {
      await region.set('1', 'first');
      await region.update('1', () => 'second');
      await region.set('1', 'last');
    });
    expect(region.getSync('1')).toBe('last');
    expect(a.stats().regions.r).toMatchObject({ replaced: 1, invalidated: 0 });
  });

  it.each([
    ['its key', 'key'],
    ['its tag', 'tag'],
    ['its region', 'region'],
    ['everything', 'everything'],
  ])('is undone by a later eviction of %s in the hold', async (_, what) => {
    const { a, region } = await pair();
    await a.holdEvictions(async () => {
      await region.set('1', 'new', { tags: 'of the new value' });
      if (what === 'key') await region.evict('1');
      if (what === 'tag') await a.evictTags('of the new value');
      if (what === 'region') await region.clear();
      if (what === 'everything') await a.clear();
    });
    expect(region.getSync('1')).toBeUndefined();
  });

  it('is stored when the eviction in the hold came before it', async () => {
    const { a, region } = await pair();
    await a.holdEvictions(async () => {
      await region.clear();
      await region.set('1', 'new');
    });
    expect(region.getSync('1')).toBe('new');
  });

  it('whose key is evicted in the hold while its method runs is not stored', async () => {
    const { a, region } = await pair();
    await a.holdEvictions(() =>
      region.update('1', async () => {
        await region.evict('1');
        return 'new';
      }),
    );
    expect(region.getSync('1')).toBeUndefined();
  });

  it('is not stored when a peer has invalidated its key since its method began', async () => {
    const { a, b, clock, region } = await pair();
    await a.holdEvictions(async () => {
      await region.update('1', () => 'new');
      await b.region('r').set('1', 'newer');
      await clock.advance(0);
    });
    expect(region.getSync('1')).toBeUndefined();
    await a.holdEvictions(() =>
      region.update('1', async () => {
        await b.region('r').evict('1');
        await clock.advance(0);
        return 'new';
      }),
    );
    expect(region.getSync('1')).toBeUndefined();
  });

  it('is not stored when another transaction of the instance has evicted its key meanwhile', async () => {
    const { a, region } = await pair();
    const end = deferred<undefined>();
    const held = a.holdEvictions(async () => {
      await region.set('1', 'of the first');
      await end.promise;
    });
    await a.holdEvictions(() => region.evict('1'));
    end.resolve(undefined);
    await held;
    expect(region.getSync('1')).toBeUndefined();
  });

  it('expires as if it were stored at once', async () => {
    const { a, clock, region } = await pair();
    await a.holdEvictions(async () => {
      await region.set('1', 'new', { ttl: '10s' });
      await region.set('2', 'new', { ttl: '5s' });
      await clock.advance('6s');
    });
    expect([region.getSync('1'), region.getSync('2')]).toEqual(['new', undefined]);
    await clock.advance('4s');
    expect(region.getSync('1')).toBeUndefined();
  });

  it('by cacheManager, which is local, is served inside, and outside from the end of the hold', async () => {
    const { a, b, clock } = await instances(2).connected();
    const put = deferred<undefined>();
    const end = deferred<undefined>();
    const held = a.holdEvictions(async () => {
      await a.cacheManager.set('1', 'v');
      await expect(a.cacheManager.get('1')).resolves.toBe('v');
      put.resolve(undefined);
      await end.promise;
    });
    await put.promise;
    await expect(a.cacheManager.get('1')).resolves.toBeUndefined();
    end.resolve(undefined);
    await held;
    await clock.advance(0);
    await expect(a.cacheManager.get('1')).resolves.toBe('v');
    await expect(b.cacheManager.get('1')).resolves.toBeUndefined();
    expect(a.stats().bridge.published).toBe(0);
    await failureOf(
      a.holdEvictions(async () => {
        await a.cacheManager.set('1', 'never committed');
        throw FAILURE;
      }),
    );
    await expect(a.cacheManager.get('1')).resolves.toBe('v');
  });

  it('around a hold is stored after the hold has ended', async () => {
    const { a, b, clock, region } = await pair();
    await region.update('1', () => a.holdEvictions(() => 'new'));
    await clock.advance(0);
    expect([region.getSync('1'), b.region('r').getSync('1')]).toEqual(['new', undefined]);
  });
});

describe('A hold inside a hold', () => {
  it('publishes nothing before the outer one has ended, and then both as one', async () => {
    const { a, b, clock, region } = await pair();
    await a.holdEvictions(async () => {
      await a.holdEvictions(async () => {
        await region.evict('1');
        await region.set('2', 'inner');
      });
      expect(a.isHoldingEvictions).toBe(true);
      await region.set('3', 'outer');
      await clock.advance(0);
      expect([a.stats().bridge.published, region.getSync('1')]).toEqual([0, undefined]);
      expect(b.region('r').getSync('1')).toBe('old');
    });
    await clock.advance(0);
    expect(['1', '2', '3'].map((key) => region.getSync(key))).toEqual([undefined, 'inner', 'outer']);
    expect(b.region('r').getSync('1')).toBeUndefined();
    expect(a.stats().bridge.published).toBe(1);
  });

  it('that rejects keeps its evictions, and drops its puts and loads alone', async () => {
    const { a, b, clock, region } = await pair();
    await a.holdEvictions(async () => {
      await region.set('2', 'outer');
      await region.getOrLoad('3', () => 'outer');
      await failureOf(
        a.holdEvictions(async () => {
          await region.evict('1');
          await region.set('4', 'inner');
          await region.getOrLoad('5', () => 'inner');
          expect(region.getSync('3')).toBe('outer');
          throw FAILURE;
        }),
      );
    });
    await clock.advance(0);
    expect(['1', '2', '3', '4', '5'].map((key) => region.getSync(key))).toEqual([
      undefined,
      'outer',
      'outer',
      undefined,
      undefined,
    ]);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('is dropped with the outer one', async () => {
    const { a, clock, region } = await pair();
    await failureOf(
      a.holdEvictions(async () => {
        await a.holdEvictions(() => region.set('1', 'inner'));
        throw FAILURE;
      }),
    );
    await clock.advance(0);
    expect([region.getSync('1'), a.stats().bridge.published]).toEqual(['old', 0]);
  });

  it('undoes what the outer one has put, when it evicts it', async () => {
    const { a, region } = await pair();
    await a.holdEvictions(async () => {
      await region.set('1', 'outer');
      await a.holdEvictions(() => region.evict('1'));
    });
    expect(region.getSync('1')).toBeUndefined();
  });

  it('that outlives the outer one publishes when it ends itself', async () => {
    const { a, b, clock, region } = await pair();
    const end = deferred<undefined>();
    let inner: Promise<unknown> | undefined;
    await a.holdEvictions(async () => {
      inner = a.holdEvictions(async () => {
        await end.promise;
        await region.evict('1');
        await region.set('2', 'inner');
      });
    });
    await clock.advance(0);
    expect([a.stats().bridge.published, b.region('r').getSync('1')]).toEqual([0, 'old']);
    end.resolve(undefined);
    await clock.advance(0);
    await inner;
    expect([b.region('r').getSync('1'), region.getSync('2')]).toEqual([undefined, 'inner']);
  });
});
