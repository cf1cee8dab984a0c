import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { ForeignContexts, garbageCollected } from '../../../../test/support/common/foreign-contexts.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import { systemClock } from './clock.js';
import { detached } from './detached.js';

describe('detached', () => {
  it('runs a callback outside of the context of the caller, who is in it again afterwards', async () => {
    const requests = new ForeignContexts();
    await requests.run(async (request) => {
      expect(detached(() => requests.current)).toBeUndefined();
      expect(requests.current).toBe(request);
      await detached(async () => {
        await Promise.resolve();
        expect(requests.current).toBeUndefined();
      });
      expect(requests.current).toBe(request);
    });
  });

  it('runs a callback outside of the context in which the library was loaded', async () => {
    const requests = new ForeignContexts();
    const loaded = await requests.run(() => {
      vi.resetModules();
      return import('./detached.js');
    });
    expect(loaded.detached).not.toBe(detached);
    expect(loaded.detached(() => requests.current)).toBeUndefined();
    await loaded.detached(async () => {
      await new Promise((resolve) => setTimeout(resolve));
      expect(requests.current).toBeUndefined();
    });
    expect(await loaded.detachedPromise('value').then(() => requests.current)).toBeUndefined();
  });

  it('passes on what the callback throws', () => {
    const fail = (): never => {
      throw new Error('refused');
    };
    expect(() => detached(fail)).toThrow('refused');
  });

  it('forgets the context that a callback enters', () => {
    const storage = new AsyncLocalStorage<string>();
    detached(() => storage.enterWith('entered'));
    expect(detached(() => storage.getStore())).toBeUndefined();
  });
});

describe('the clock of the system', () => {
  it('runs timers outside of the context in which they were started', async () => {
    const requests = new ForeignContexts();
    const timer = deferred<number | undefined>();
    const nextTurn = deferred<number | undefined>();
    requests.run(() => {
      systemClock.schedule(() => timer.resolve(requests.current), 1);
      systemClock.nextTurn(() => nextTurn.resolve(requests.current));
    });
    // A timer of the library does not keep the process alive.
    const alive = setInterval(() => {}, 1_000);
    expect(await Promise.all([timer.promise, nextTurn.promise])).toEqual([undefined, undefined]);
    clearInterval(alive);
  });

  it('holds no context by a timer that has not fired', async () => {
    const requests = new ForeignContexts();
    const cancel = requests.run(() => systemClock.schedule(() => {}, 1_000_000));
    await garbageCollected();
    expect(requests.held).toBe(0);
    cancel();
  });
});
