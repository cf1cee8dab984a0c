import { getEventListeners, once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred } from '../../../../../test/support/common/deferred.js';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances } from '../../../../../test/support/instances/instances.js';
import type { Region } from '../region.js';

function products(): Region<string> {
  return instances(1).local().a.region<string>('products');
}

/** The warnings of Node.js while the test runs. */
function watchWarnings(): readonly Error[] {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  return warnings;
}

describe('the signal of a loader', () => {
  it.each([{ loadTimeout: '1m' }, { loadTimeout: 0 }] as const)(
    'may be listened to by many loads at once: Node.js warns of no leak: %o',
    async (options) => {
      const warnings = watchWarnings();
      const { a } = instances(1).with(options).local();
      const region = a.region<string>('products');
      const reads = Array.from({ length: 50 }, async (_, n) =>
        failureOf(
          region.getOrLoad(`${n}`, async ({ signal }) => {
            await once(signal, 'abort');
            throw new Error('shut down');
          }),
        ),
      );
      await a.close();
      await Promise.all(reads);
      await new Promise((resolve) => setImmediate(resolve));
      expect(warnings).toEqual([]);
    },
  );
});

describe('the signal of a caller', () => {
  it('rejects that caller alone, with its reason; the others and the store get the value', async () => {
    const region = products();
    const source = deferred<string>();
    const caller = new AbortController();
    const starter = failureOf(region.getOrLoad('1', () => source.promise, { signal: caller.signal }));
    const other = region.getOrLoad('1', () => 'x');
    const reason = new Error('the client has gone');
    caller.abort(reason);
    expect(await starter).toBe(reason);
    source.resolve('chair');
    await expect(other).resolves.toBe('chair');
    expect(region.getSync('1')).toBe('chair');
  });

  it('rejects a caller that has joined, and nobody else', async () => {
    const region = products();
    const source = deferred<string>();
    const caller = new AbortController();
    const starter = region.getOrLoad('1', () => source.promise);
    const joined = failureOf(region.getOrLoad('1', () => 'x', { signal: caller.signal }));
    caller.abort();
    expect(await joined).toBe(caller.signal.reason);
    source.resolve('chair');
    await expect(starter).resolves.toBe('chair');
  });

  it('is not the signal of the loader', async () => {
    const region = products();
    const caller = new AbortController();
    let ofLoader: AbortSignal | undefined;
    const reader = failureOf(
      region.getOrLoad('1', ({ signal }) => ((ofLoader = signal), new Promise<string>(() => {})), {
        signal: caller.signal,
      }),
    );
    caller.abort();
    await reader;
    expect(ofLoader?.aborted).toBe(false);
  });

  it('that is aborted already stops the call before it does anything', async () => {
    const region = products();
    const load = vi.fn<() => string>(() => 'chair');
    const signal = AbortSignal.abort(new Error('too late'));
    expect(await failureOf(region.getOrLoad('1', load, { signal }))).toBe(signal.reason);
    const many = region.getOrLoadMany(['1'], () => new Map([['1', load()]]), { signal });
    expect(await failureOf(many)).toBe(signal.reason);
    expect(load).not.toHaveBeenCalled();
  });

  it('that the loader itself aborts rejects the caller, too', async () => {
    const region = products();
    const caller = new AbortController();
    const load = (): Promise<string> => (caller.abort(), new Promise(() => {}));
    expect(await failureOf(region.getOrLoad('1', load, { signal: caller.signal }))).toBe(caller.signal.reason);
  });

  it('rejects a bulk read, whose values are stored all the same', async () => {
    const region = products();
    const source = deferred<Map<string, string>>();
    const caller = new AbortController();
    const read = failureOf(region.getOrLoadMany(['1'], () => source.promise, { signal: caller.signal }));
    caller.abort();
    expect(await read).toBe(caller.signal.reason);
    source.resolve(new Map([['1', 'chair']]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(region.getSync('1')).toBe('chair');
  });

  it('keeps no listener when the read has ended, however it ended', async () => {
    const region = products();
    const { signal } = new AbortController();
    await region.getOrLoad('1', () => 'chair', { signal });
    await region.getOrLoad('1', () => 'chair', { signal });
    await failureOf(region.getOrLoad('2', () => Promise.reject(new Error('down')), { signal }));
    await region.getOrLoadMany(['3'], () => new Map([['3', 'x']]), { signal });
    await new Promise((resolve) => setImmediate(resolve));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('may be given to many reads at once: Node.js warns of no leak', async () => {
    const warnings = watchWarnings();
    const region = products();
    const caller = new AbortController();
    const reads = Array.from({ length: 50 }, async (_, n) =>
      failureOf(region.getOrLoad(`${n}`, () => new Promise<string>(() => {}), { signal: caller.signal })),
    );
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);
    caller.abort();
    expect(new Set(await Promise.all(reads))).toEqual(new Set([caller.signal.reason]));
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it('leaves no unhandled rejection behind when the load fails after its caller has gone', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const region = products();
    const source = deferred<string>();
    const caller = new AbortController();
    const reader = failureOf(region.getOrLoad('1', () => source.promise, { signal: caller.signal }));
    caller.abort();
    await reader;
    source.reject(new Error('down'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
  });
});
