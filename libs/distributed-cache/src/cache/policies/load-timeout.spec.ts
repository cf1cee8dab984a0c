import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred, type Deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances, startedCache, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { LoadTimeoutError } from '../../errors.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';
import type { LoadContext } from '../loading/load-context.js';

/** An instance in local mode that runs by the manual clock, with a source that answers when the test says. */
function slowSource(options = {}): InstancesInMemory {
  return instances(1)
    .with({ ttl: '1h', loadTimeout: '1s', ...options })
    .local();
}

/** How many timers of the clock neither have fired nor were cancelled. */
function pendingTimers(clock: ManualClock): () => number {
  const pending = new Set<object>();
  const schedule = clock.schedule.bind(clock);
  vi.spyOn(clock, 'schedule').mockImplementation((callback, delay) => {
    const timer = {};
    pending.add(timer);
    const cancel = schedule(() => {
      pending.delete(timer);
      callback();
    }, delay);
    return () => {
      pending.delete(timer);
      cancel();
    };
  });
  return () => pending.size;
}

/** Fails the test when a promise is rejected and nobody listens. */
function watchRejections(): unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  return unhandled;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('loadTimeout', () => {
  it('ends the wait of the reader and of those that joined it, with an error that says how to mend it', async () => {
    const { a, clock } = slowSource();
    const never = new Promise<string>(() => {});
    const readers = [1, 2].map(() => failureOf(a.region('r').getOrLoad('1', () => never)));
    await clock.advance(999);
    const settled = vi.fn<(event?: unknown) => void>();
    void Promise.race(readers).then(settled);
    await clock.advance(0);
    expect(settled).not.toHaveBeenCalled();
    await clock.advance(1);
    for (const error of await Promise.all(readers)) {
      expect(error).toBeInstanceOf(LoadTimeoutError);
      expect(error).toMatchObject({ code: 'LOAD_TIMEOUT' });
      expect(String(error)).toMatch(
        /Region 'r': the load took longer than loadTimeout, which is 1000 ms.*staleIfError/s,
      );
    }
  });

  it('counts the load as failed once, and emits loadError once', async () => {
    const { a, clock } = slowSource();
    const told = vi.fn<(event?: unknown) => void>();
    a.on('loadError', told);
    const source = deferred<string>();
    const readers = [1, 2].map(() => failureOf(a.region('r').getOrLoad('1', () => source.promise)));
    await clock.advance('1s');
    await Promise.all(readers);
    expect(told).toHaveBeenCalledTimes(1);
    expect(told.mock.calls[0]?.[0]).toMatchObject({ region: 'r', key: '1', duration: 1_000 });
    source.reject(new Error('late'));
    await clock.advance(0);
    expect(told).toHaveBeenCalledTimes(1);
    expect(a.stats().regions['r']).toMatchObject({ loads: 1, loadErrors: 1 });
  });

  it('counts a load once that was fenced, timed out, and failed in the end', async () => {
    const { a, clock } = slowSource();
    const source = deferred<string>();
    const reader = failureOf(a.region('r').getOrLoad('1', () => source.promise));
    await a.region('r').evict('1');
    await clock.advance('1s');
    await reader;
    source.reject(new Error('late'));
    await clock.advance(0);
    expect(a.stats().regions['r']).toMatchObject({ loads: 1, loadErrors: 1 });
  });

  it('frees the key: the next read starts a new load', async () => {
    const { a, clock } = slowSource();
    const first = failureOf(a.region('r').getOrLoad('1', () => new Promise(() => {})));
    await clock.advance('1s');
    await first;
    await expect(a.region('r').getOrLoad('1', () => 'second')).resolves.toBe('second');
  });

  it('aborts the signal of the loader with the error, also for a loader that asks for it later', async () => {
    const { a, clock } = slowSource();
    let early: AbortSignal | undefined;
    let kept: LoadContext | undefined;
    const reader = failureOf(
      a.region('r').getOrLoad('1', (context) => {
        early = context.signal;
        return new Promise(() => {});
      }),
    );
    const other = failureOf(
      a.region('r').getOrLoad('2', (context) => {
        kept = context;
        return new Promise(() => {});
      }),
    );
    expect(early?.aborted).toBe(false);
    await clock.advance('1s');
    expect(early?.reason).toBe(await reader);
    expect(kept?.signal.aborted).toBe(true);
    expect(kept?.signal.reason).toBe(await other);
  });

  it('gives a loader one and the same signal, which shutdown aborts, too', async () => {
    const { a } = slowSource();
    let signal: AbortSignal | undefined;
    void failureOf(
      a.region('r').getOrLoad('1', (context) => {
        signal = context.signal;
        expect(context.signal).toBe(signal);
        return new Promise(() => {});
      }),
    );
    expect(signal?.aborted).toBe(false);
    await a.close();
    expect(signal?.aborted).toBe(true);
  });

  it('leaves no listener at the signal of the cache when a load has ended', async () => {
    const { a } = slowSource();
    let ofCache: AbortSignal | undefined;
    await a.region('r').getOrLoad('0', ({ signal }) => ((ofCache = signal), 'zero'), { loadTimeout: 0 });
    let own: AbortSignal | undefined;
    await a.region('r').getOrLoad('1', ({ signal }) => ((own = signal), 'one'));
    expect(own).not.toBe(ofCache);
    expect(ofCache && getEventListeners(ofCache, 'abort')).toEqual([]);
  });

  it('is not an unhandled rejection when the loader fails after it', async () => {
    const unhandled = watchRejections();
    const { a, clock } = slowSource();
    const source = deferred<string>();
    const reader = failureOf(a.region('r').getOrLoad('1', () => source.promise));
    await clock.advance('1s');
    await reader;
    source.reject(new Error('late'));
    await turn();
    expect(unhandled).toEqual([]);
  });

  it('leaves no timer behind when the load ends in time', async () => {
    const { a, clock } = slowSource();
    const pending = pendingTimers(clock);
    await a.region('r').getOrLoad('1', () => 'one');
    await failureOf(a.region('r').getOrLoad('2', () => Promise.reject(new Error('down'))));
    const source = deferred<string>();
    const readers = [1, 2, 3].map(() => a.region('r').getOrLoad('3', () => source.promise, { loadTimeout: '2s' }));
    const impatient = a.region('r').getOrLoad('3', () => 'other', { loadTimeout: '1500ms' });
    source.resolve('three');
    await Promise.all([...readers, impatient]);
    await clock.advance(0);
    expect(pending()).toBe(0);
  });

  it('needs no timer for each of the readers that wait as long as the load itself', async () => {
    const { a, clock } = slowSource();
    const readers = [a.region('r').getOrLoad('1', () => new Promise(() => {}))];
    await clock.advance(0);
    const pending = pendingTimers(clock);
    for (let n = 0; n < 10; n += 1) readers.push(a.region('r').getOrLoad('1', () => 'other'));
    expect(pending()).toBeLessThanOrEqual(1);
    const all = Promise.all(readers.map((reader) => failureOf(reader)));
    await clock.advance('1s');
    await all;
  });

  it.each([0, Infinity] as const)('%s switches it off', async (loadTimeout) => {
    const { a, clock } = slowSource();
    const source = deferred<string>();
    const reader = a.region('r').getOrLoad('1', () => source.promise, { loadTimeout });
    await clock.advance('1h');
    source.resolve('at last');
    await expect(reader).resolves.toBe('at last');
  });
});

describe('a load that ends after loadTimeout', () => {
  async function late(): Promise<InstancesInMemory & { source: Deferred<string> }> {
    const some = slowSource();
    const source = deferred<string>();
    const reader = failureOf(some.a.region('r').getOrLoad('1', () => source.promise, { tags: 't' }));
    await some.clock.advance('1s');
    await reader;
    return Object.assign(some, { source });
  }

  it('is stored when nothing newer is there', async () => {
    const { a, clock, source } = await late();
    source.resolve('late');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('late');
  });

  it.each<[string, (some: InstancesInMemory) => Promise<unknown>]>([
    ['its key', ({ a }) => a.region('r').evict('1')],
    ['its tag', ({ a }) => a.evictTags('t')],
    ['its region', ({ a }) => a.region('r').clear()],
  ])('is not stored when %s was evicted meanwhile', async (_, evict) => {
    const some = await late();
    await evict(some);
    some.source.resolve('late');
    await some.clock.advance(0);
    expect(some.a.region('r').getSync('1')).toBeUndefined();
    expect(some.a.stats().regions['r']).toMatchObject({ fenced: 1 });
  });

  it('is not stored when a newer load has stored its result', async () => {
    const { a, clock, source } = await late();
    await a.region('r').getOrLoad('1', () => 'newer');
    source.resolve('late');
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('newer');
  });

  it('gives way to the newer load that still runs', async () => {
    const { a, clock, source } = await late();
    const newer = deferred<string>();
    const reader = a.region<string>('r').getOrLoad('1', () => newer.promise);
    source.resolve('late');
    await clock.advance(0);
    newer.resolve('newer');
    await expect(reader).resolves.toBe('newer');
    expect(a.region('r').getSync('1')).toBe('newer');
  });
});

describe('a reader with a loadTimeout of its own', () => {
  it('waits no longer than that for a load that another has started, and frees the key', async () => {
    const { a, clock } = slowSource({ loadTimeout: 0 });
    const source = deferred<string>();
    const patient = a.region<string>('r').getOrLoad('1', () => source.promise);
    const impatient = failureOf(a.region('r').getOrLoad('1', () => 'x', { loadTimeout: '1s' }));
    await clock.advance('1s');
    expect(await impatient).toBeInstanceOf(LoadTimeoutError);
    await expect(a.region('r').getOrLoad('1', () => 'new')).resolves.toBe('new');
    source.resolve('old');
    await expect(patient).resolves.toBe('old');
  });

  it('does not take the expired value from the one who started the load when that fails later', async () => {
    const { a, clock } = instances(1).with({ ttl: '1s', staleIfError: '1h', retryAfter: '1ms' }).local();
    await a.region('r').getOrLoad('1', () => 'old');
    await clock.advance('2s');
    const source = deferred<string>();
    const patient = a.region('r').getOrLoad('1', () => source.promise);
    const impatient = a.region('r').getOrLoad('1', () => 'x', { loadTimeout: '1s' });
    await clock.advance('1s');
    await expect(impatient).resolves.toBe('old');
    expect(a.stats().regions['r']).toMatchObject({ loadErrors: 1 });
    source.reject(new Error('down'));
    await expect(patient).resolves.toBe('old');
    expect(a.stats().regions['r']).toMatchObject({ loadErrors: 1, staleServed: 2 });
  });

  it('does not keep a later failure of the load from putting off the next try of those that have staleIfError', async () => {
    const { a, clock } = instances(1).with({ ttl: '1s', staleIfError: '1h', retryAfter: '30s' }).local();
    const region = a.region<string>('r');
    await region.getOrLoad('1', () => 'old');
    await clock.advance('2s');
    const source = deferred<string>();
    const patient = region.getOrLoad('1', () => source.promise);
    const impatient = failureOf(region.getOrLoad('1', () => 'x', { loadTimeout: '1s', staleIfError: 0 }));
    await clock.advance('1s');
    expect(await impatient).toBeInstanceOf(LoadTimeoutError);
    source.reject(new Error('down'));
    await expect(patient).resolves.toBe('old');
    await clock.advance('29s');
    const load = vi.fn<() => string>(() => 'new');
    await expect(region.getOrLoad('1', load)).resolves.toBe('old');
    expect(load).not.toHaveBeenCalled();
    expect(a.stats().regions['r']).toMatchObject({ loadErrors: 1 });
  });

  it('is not given up by the shorter one of the load that it has joined', async () => {
    const { a, clock } = slowSource();
    const impatient = failureOf(a.region('r').getOrLoad('1', () => new Promise(() => {})));
    const source = deferred<string>();
    const patient = a.region<string>('r').getOrLoad('1', () => source.promise, { loadTimeout: '1m' });
    await clock.advance('1s');
    expect(await impatient).toBeInstanceOf(LoadTimeoutError);
    source.resolve('its own');
    await expect(patient).resolves.toBe('its own');
  });

  it('waits no longer than that in all, when an eviction makes it load again', async () => {
    const { a, clock } = slowSource();
    const first = deferred<string>();
    const tagged = ({ setTags }: LoadContext<string>): Promise<string> => (setTags('t'), first.promise);
    const starter = a.region<string>('r').getOrLoad('1', tagged, { loadTimeout: 0 });
    await a.evictTags('t');
    const settled = vi.fn<(event?: unknown) => void>();
    const reader = failureOf(a.region('r').getOrLoad('1', () => new Promise(() => {}))).finally(settled);
    await clock.advance(900);
    // Only its tags tell that the eviction covers it: the reader that joined after the eviction has to load again.
    first.resolve('overtaken');
    await starter;
    await clock.advance(99);
    expect(settled).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(settled).toHaveBeenCalled();
    expect(await reader).toBeInstanceOf(LoadTimeoutError);
  });
});

describe('loadTimeout limits', () => {
  it('a load that waits for its turn', async () => {
    const { a, clock } = slowSource();
    // After three fenced loads in a row, the next one waits until the last has ended.
    const hang = (): Promise<string> => new Promise(() => {});
    for (let n = 0; n < 3; n += 1) {
      void failureOf(a.region('r').getOrLoad('1', hang));
      await a.region('r').evict('1');
    }
    const waiting = failureOf(a.region('r').getOrLoad('1', () => new Promise(() => {}), { loadTimeout: 500 }));
    await clock.advance(500);
    expect(await waiting).toBeInstanceOf(LoadTimeoutError);
  });

  it('a read inside of the load of its own key', async () => {
    const { a, clock } = slowSource();
    const region = a.region('r');
    let inner: AbortSignal | undefined;
    const outer = region.getOrLoad('1', async () => {
      const error = await failureOf(
        region.getOrLoad(
          '1',
          ({ signal }) => {
            inner = signal;
            return new Promise(() => {});
          },
          { loadTimeout: 100 },
        ),
      );
      return String(error);
    });
    await clock.advance(100);
    expect(await outer).toMatch(/LoadTimeoutError/);
    expect(inner?.aborted).toBe(true);
    expect(a.stats().regions['r']).toMatchObject({ loads: 2, loadErrors: 1 });
  });

  it('the loads of a cache that is switched off', async () => {
    const { a, clock } = slowSource({ enabled: false });
    let signal: AbortSignal | undefined;
    const reader = failureOf(
      a.region('r').getOrLoad('1', (context) => {
        signal = context.signal;
        return new Promise(() => {});
      }),
    );
    await clock.advance('1s');
    expect(await reader).toBeInstanceOf(LoadTimeoutError);
    expect(signal?.aborted).toBe(true);
  });

  it('a bulk read: its late values are stored, too', async () => {
    const { a, clock } = slowSource();
    const source = deferred<Map<string, string>>();
    const reader = failureOf(a.region('r').getOrLoadMany(['1', '2'], () => source.promise));
    await clock.advance('1s');
    expect(await reader).toBeInstanceOf(LoadTimeoutError);
    source.resolve(
      new Map([
        ['1', 'one'],
        ['2', 'two'],
      ]),
    );
    await clock.advance(0);
    expect(a.region('r').getSync('1')).toBe('one');
    expect(a.region('r').getSync('2')).toBe('two');
  });

  it('a method with @Cacheable, whose name is in the error', async () => {
    const clock = new ManualClock();
    class Products {
      @Cacheable({ key: (id: string) => id, loadTimeout: '1s' })
      async find(_id: string): Promise<string> {
        return new Promise(() => {});
      }
    }
    const service = withTestCache(new Products(), startedCache({ clock }));
    const reader = failureOf(service.find('1'));
    await clock.advance('1s');
    expect(await reader).toBeInstanceOf(LoadTimeoutError);
    expect(String(await reader)).toContain('Products.find');
  });
});
