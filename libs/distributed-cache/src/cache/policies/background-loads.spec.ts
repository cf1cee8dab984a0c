import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred, type Deferred } from '../../../../../test/support/common/deferred.js';
import { instances, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';

/** An instance in local mode that holds `count` entries, all of which have just expired. */
async function expired(count: number, options: DistributedCacheOptions = {}): Promise<InstancesInMemory> {
  const one = instances(1)
    .with({ ttl: '10s', staleWhileRevalidate: '1h', ...options })
    .local();
  for (let key = 0; key < count; key += 1) await one.a.region('r').getOrLoad(String(key), () => 'old');
  await one.clock.advance('10s');
  return one;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('background loads', () => {
  it('are at most 64 at a time on one instance; a reader beyond them is served all the same', async () => {
    const { a, clock } = await expired(70);
    const sources: Deferred<string>[] = [];
    const load = (): Promise<string> => {
      const source = deferred<string>();
      sources.push(source);
      return source.promise;
    };
    for (let key = 0; key < 70; key += 1) {
      await expect(a.region('r').getOrLoad(String(key), load)).resolves.toBe('old');
    }
    expect(sources).toHaveLength(64);
    for (const source of sources) source.resolve('new');
    await clock.advance(0);
    await a.region('r').getOrLoad('69', load);
    expect(sources).toHaveLength(65);
  });

  it('are joined by readers that may not be served the expired value', async () => {
    const { a } = await expired(1);
    const source = deferred<string>();
    await a.region('r').getOrLoad('0', () => source.promise);
    const strict = a.region<string>('r').getOrLoad('0', () => 'x', { staleWhileRevalidate: 0 });
    source.resolve('new');
    await expect(strict).resolves.toBe('new');
    expect(a.stats().regions['r']).toMatchObject({ loads: 2 });
  });

  it('are not started for a key that somebody is loading', async () => {
    const { a, clock } = await expired(1);
    const source = deferred<string>();
    const strict = a.region<string>('r').getOrLoad('0', () => source.promise, { staleWhileRevalidate: 0 });
    const load = vi.fn<() => string>(() => 'x');
    await expect(a.region('r').getOrLoad('0', load)).resolves.toBe('old');
    source.resolve('new');
    await expect(strict).resolves.toBe('new');
    await clock.advance(0);
    expect(load).not.toHaveBeenCalled();
  });

  it('run in the context of the reader that made them due', async () => {
    const { a, clock } = await expired(1);
    const request = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    await request.run('reader', () => a.region('r').getOrLoad('0', () => (seen.push(request.getStore()), 'new')));
    await clock.advance(0);
    expect(seen).toEqual(['reader']);
  });

  it('do not make older what the load gives in which they became due', async () => {
    const { b, bridge, clock } = await instances(2)
      .with({ ttl: '30s', staleWhileRevalidate: '1h', maxStaleness: '10s' })
      .connected();
    await b.region('r').getOrLoad('1', () => 'old');
    await clock.advance('30s');
    // The background load is as old as its start, not as the expired value that the outer load was served.
    const source = deferred<string>();
    await b.region('outer').getOrLoad('o', () => b.region('r').getOrLoad('1', () => source.promise));
    bridge.cut(b);
    source.resolve('new');
    await clock.advance('9s');
    expect(b.region('r').getSync('1')).toBe('new');
  });

  it('are never an unhandled rejection', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const { a, clock } = await expired(2, { loadTimeout: '1s' });
    await a.region('r').getOrLoad('0', () => Promise.reject(new Error('down')));
    await a.region('r').getOrLoad('1', () => new Promise(() => {}));
    await clock.advance('1s');
    await turn();
    expect(unhandled).not.toHaveBeenCalled();
    expect(a.stats().regions['r']).toMatchObject({ loads: 4, loadErrors: 2 });
  });

  it('are awaited at shutdown', async () => {
    const { a, clock } = await expired(1, { drainTimeout: '1s' });
    const source = deferred<string>();
    await a.region('r').getOrLoad('0', () => source.promise);
    const closed = vi.fn<() => void>();
    const closing = a.close().then(closed);
    await clock.advance(999);
    expect(closed).not.toHaveBeenCalled();
    source.resolve('new');
    await closing;
    expect(closed).toHaveBeenCalled();
  });

  it('hold up the shutdown for no longer than drainTimeout', async () => {
    const { a, clock } = await expired(1, { drainTimeout: '1s' });
    await a.region('r').getOrLoad('0', () => new Promise(() => {}));
    const closed = vi.fn<() => void>();
    void a.close().then(closed);
    await clock.advance(999);
    expect(closed).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(closed).toHaveBeenCalled();
  });
});
