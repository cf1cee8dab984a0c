import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { heldBridge } from '../../../../../test/support/bridges/held-bridge.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances } from '../../../../../test/support/instances/instances.js';
import { RecordedLogger } from '../../../../../test/support/instances/recorded-logger.js';
import { CacheClosedError, InvalidationNotDeliveredError, InvalidKeyError, InvalidOptionsError } from '../../errors.js';
import { resolveSettings } from '../../module/options/resolve-settings.js';
import { DistributedCache } from '../distributed-cache.js';

const FAILURE = new Error('rolled back');

/** Two instances that both hold `old` under each of the keys. */
async function holding(keys: readonly string[], options = {}) {
  const all = await instances(2).with(options).connected();
  for (const cache of all.all)
    for (const key of keys) await cache.region('r').getOrLoad(key, () => 'old', { tags: `tag of ${key}` });
  return all;
}

function copies(cache: DistributedCache, ...keys: string[]): unknown[] {
  return keys.map((key) => cache.region('r').getSync(key));
}

describe('holdEvictions', () => {
  it('applies and publishes what was evicted inside as one message, once its function has resolved', async () => {
    const { a, b, clock } = await holding(['1', '2', '3', '4', '5', '6', '7']);
    const region = a.region('r');
    const evicted: unknown[] = [];
    a.on('evict', ({ invalidation }) => evicted.push(invalidation));
    const committed = deferred<string>();
    const held = a.holdEvictions(async () => {
      await region.evict('1');
      await region.evictMany(['2', '3', '1']);
      await a.evictTags('tag of 4');
      await a.cacheManager.del('of the default region');
      await region.set('5', 'new');
      await region.update('6', () => 'new');
      return committed.promise;
    });
    await clock.advance(10);
    expect(evicted).toEqual([]);
    expect(copies(a, '1', '2', '3', '4', '5', '6')).toEqual(Array(6).fill('old'));
    expect(copies(b, '1', '2', '3', '4', '5', '6')).toEqual(Array(6).fill('old'));

    committed.resolve('result');
    await clock.advance(0);
    await expect(held).resolves.toBe('result');
    expect(copies(a, '1', '2', '3', '4', '5', '6')).toEqual([...Array<unknown>(4).fill(undefined), 'new', 'new']);
    expect(copies(b, '1', '2', '3', '4', '5', '6')).toEqual(Array(6).fill(undefined));
    expect([copies(a, '7'), copies(b, '7')]).toEqual([['old'], ['old']]);
    expect(a.stats().bridge.published).toBe(1);
    expect(evicted).toHaveLength(1);
  });

  it('drops what was evicted and put inside when its function rejects, and rejects with its error', async () => {
    const { a, b, clock } = await holding(['1', '2', '3']);
    const failing = a.holdEvictions(async () => {
      await a.region('r').evict('1');
      await a.region('r').set('2', 'never committed');
      await a.region('r').update('3', () => 'never committed');
      await a.clear();
      throw FAILURE;
    });
    await expect(failing).rejects.toBe(FAILURE);
    await clock.advance(0);
    for (const cache of [a, b]) expect(copies(cache, '1', '2', '3')).toEqual(['old', 'old', 'old']);
    expect(a.stats().bridge.published).toBe(0);
    expect(a.status().outbox).toBe(0);
  });

  it('rejects when its function throws before it returns a promise', async () => {
    const { a } = await holding(['1']);
    const failing = a.holdEvictions(() => {
      void a.region('r').evict('1');
      throw FAILURE;
    });
    await expect(failing).rejects.toBe(FAILURE);
    expect(copies(a, '1')).toEqual(['old']);
    expect(a.isHoldingEvictions).toBe(false);
  });

  it('holds a region that is cleared, and everything', async () => {
    const { a, b, clock } = await holding(['1']);
    await a.holdEvictions(async () => {
      await a.region('r').clear();
      expect(await a.region('r').get('1')).toBeUndefined();
    });
    await clock.advance(0);
    expect([copies(a, '1'), copies(b, '1')]).toEqual([[undefined], [undefined]]);
    await b.region('r').set('2', 'v');
    await a.holdEvictions(() => a.clear());
    await clock.advance(0);
    expect(copies(b, '2')).toEqual([undefined]);
  });

  it('resolves the promise of an eviction inside at once, as not delivered', async () => {
    const { a } = await holding([]);
    await a.holdEvictions(async () => {
      await expect(a.region('r').evict('1')).resolves.toEqual({ delivered: false, instances: 0, waited: 0 });
      await expect(a.clear()).resolves.toEqual({ delivered: false, instances: 0, waited: 0 });
    });
  });

  it('refuses a key that is not allowed, inside as outside', async () => {
    const { a } = await holding([]);
    await a.holdEvictions(async () => {
      await expect(a.region('r').evict(Number.NaN)).rejects.toThrow(InvalidKeyError);
    });
  });

  it('refuses everywhere inside, says to evict after the commit, and evicts nothing then', async () => {
    const { a, clock } = await holding(['1']);
    await a.holdEvictions(async () => {
      const error = await failureOf(a.region('r').evict('1', { everywhere: true }));
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(error).toHaveProperty('message', expect.stringContaining('Evict after the commit'));
    });
    await clock.advance(0);
    expect(copies(a, '1')).toEqual(['old']);
  });

  it('waits for the delivery as an eviction does', async () => {
    const all = instances(2);
    const bridge = heldBridge(all);
    const { a, clock } = await all.connected();
    const sent = deferred<undefined>();
    bridge.publish = async (_, send) => {
      await sent.promise;
      return send();
    };
    let isDone = false;
    const held = a.holdEvictions(() => a.region('r').evict('1')).then(() => (isDone = true));
    await clock.advance(100);
    expect(isDone).toBe(false);
    sent.resolve(undefined);
    await clock.advance(0);
    await held;
    expect(isDone).toBe(true);
  });

  it("with onUndelivered: 'throw' rejects with an error that carries the result of the function, which has succeeded", async () => {
    const { a, bridge, clock } = await holding(['1'], { onUndelivered: 'throw', publishTimeout: '1s' });
    bridge.cut(a);
    const failure = failureOf(
      a.holdEvictions(async () => {
        await a.region('r').evict('1');
        return 'committed';
      }),
    );
    await clock.advance('10s');
    const error = await failure;
    expect(error).toBeInstanceOf(InvalidationNotDeliveredError);
    expect(error).toHaveProperty('result', 'committed');
    expect(copies(a, '1')).toEqual([undefined]);
  });

  it('evicts a second time after reevictAfter, which counts from the end of the function', async () => {
    const { a, b, clock } = await holding(['1'], { reevictAfter: '5s' });
    await a.holdEvictions(async () => {
      await a.region('r').evict('1');
      await clock.advance('10s');
      expect(a.stats().bridge.published).toBe(0);
    });
    await clock.advance(0);
    expect(a.stats().bridge.published).toBe(1);
    await b.region('r').getOrLoad('1', () => 'from a replica that lags');
    await clock.advance('5s');
    expect(copies(b, '1')).toEqual([undefined]);
  });

  it('rejects with CacheClosedError, which carries the result, when the cache was shut down meanwhile', async () => {
    const { a } = await holding(['1']);
    const failure = failureOf(
      a.holdEvictions(async () => {
        await a.region('r').evict('1');
        await a.close();
        await expect(a.region('r').evict('2')).rejects.toThrow(CacheClosedError);
        return 'committed';
      }),
    );
    expect(await failure).toBeInstanceOf(CacheClosedError);
    expect(await failure).toHaveProperty('result', 'committed');
  });

  it('in which nothing was evicted resolves also after the cache was shut down', async () => {
    const { a } = await holding([]);
    await a.close();
    await expect(a.holdEvictions(() => 'result')).resolves.toBe('result');
  });

  it('works in local mode', async () => {
    const { a } = instances(1).local();
    await a.region('r').set('1', 'old');
    await a.holdEvictions(async () => {
      await a.region('r').evict('1');
    });
    expect(copies(a, '1')).toEqual([undefined]);
  });

  it('widens to the region when more than outboxLimit keys are evicted inside', async () => {
    const { a, b, clock } = await holding(['kept by nobody'], { outboxLimit: 10 });
    await a.holdEvictions(() => a.region('r').evictMany(Array.from({ length: 11 }, (_, index) => index)));
    await clock.advance(0);
    expect([copies(a, 'kept by nobody'), copies(b, 'kept by nobody')]).toEqual([[undefined], [undefined]]);
  });

  it('logs its course at debug, with counts and without keys', async () => {
    const logger = new RecordedLogger({ isDebugEnabled: true });
    const cache = new DistributedCache(resolveSettings({}), { logger });
    cache.start();
    await cache.holdEvictions(async () => {
      await cache.region('r').evictMany(['1', '2']);
      await cache.region('r').set('3', 'v');
    });
    await failureOf(cache.holdEvictions(() => cache.holdEvictions(() => Promise.reject(FAILURE))));
    const lines = logger.at('debug').map(({ message, parameters }) => ({ message, ...parameters }));
    expect(lines).toEqual([
      { message: 'Hold started', operation: 'hold-1', isInner: false },
      { message: 'Hold ended', operation: 'hold-1', isInner: false, evictions: 3, values: 1 },
      { message: 'Hold started', operation: 'hold-2', isInner: false },
      { message: 'Hold started', operation: 'hold-3', isInner: true },
      { message: 'Hold dropped', operation: 'hold-3', isInner: true },
      { message: 'Hold dropped', operation: 'hold-2', isInner: false },
    ]);
  });
});

describe('What belongs to a hold', () => {
  it('is what its function starts and awaits, in whatever async code', async () => {
    const { a, clock } = await holding(['1', '2']);
    await a.holdEvictions(async () => {
      await Promise.all([
        new Promise<void>((resolve) => {
          setImmediate(() => {
            void a.region('r').evict('1');
            resolve();
          });
        }),
        Promise.resolve().then(() => a.region('r').evict('2')),
      ]);
      await clock.advance(0);
      expect(a.stats().bridge.published).toBe(0);
    });
    expect(copies(a, '1', '2')).toEqual([undefined, undefined]);
  });

  it('is not what other code does meanwhile', async () => {
    const { a, b, clock } = await holding(['1']);
    const end = deferred<undefined>();
    const held = a.holdEvictions(() => end.promise);
    expect(a.isHoldingEvictions).toBe(false);
    await a.region('r').evict('1');
    await clock.advance(0);
    expect(copies(b, '1')).toEqual([undefined]);
    end.resolve(undefined);
    await held;
  });

  it('is not what outlives its function: that evicts at once', async () => {
    const { a, b, clock } = await holding(['1', '2']);
    const later = deferred<undefined>();
    let left: Promise<unknown> | undefined;
    await a.holdEvictions(async () => {
      left = later.promise.then(() => {
        expect(a.isHoldingEvictions).toBe(false);
        return a.region('r').evict('1');
      });
    });
    const other = deferred<undefined>();
    const held = a.holdEvictions(() => other.promise);
    later.resolve(undefined);
    await clock.advance(0);
    await expect(left).resolves.toMatchObject({ delivered: true });
    expect(copies(b, '1', '2')).toEqual([undefined, 'old']);
    other.resolve(undefined);
    await held;
  });

  it('is told by isHoldingEvictions', async () => {
    const { a, b } = await holding([]);
    expect(a.isHoldingEvictions).toBe(false);
    await a.holdEvictions(async () => {
      expect([a.isHoldingEvictions, b.isHoldingEvictions]).toEqual([true, false]);
      await Promise.resolve();
      expect(a.isHoldingEvictions).toBe(true);
    });
    expect(a.isHoldingEvictions).toBe(false);
  });

  it('is only what its own cache evicts', async () => {
    const { a, b } = await holding(['1']);
    await a.holdEvictions(async () => {
      await b.region('r').evict('1');
      expect(copies(b, '1')).toEqual([undefined]);
    });
  });
});

describe('Until holdEvictions is called', () => {
  it('no async storage is switched on by evictions, puts without a method, and hits', async () => {
    const { a } = await holding(['1']);
    const run = vi.spyOn(AsyncLocalStorage.prototype, 'run');
    await a.region('r').getOrLoad('1', () => 'old');
    await a.region('r').evict('1');
    await a.region('r').set('1', 'new');
    expect(a.isHoldingEvictions).toBe(false);
    expect(run).not.toHaveBeenCalled();
    run.mockRestore();
  });
});
