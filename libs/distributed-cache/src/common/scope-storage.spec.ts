import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../testing/manual-clock.js';
import { ScopeStorage } from './scope-storage.js';

describe('A scope storage', () => {
  it('tells the scope of the running code, also across an await', async () => {
    const storage = new ScopeStorage<string>(new ManualClock());
    const seen = await storage.run('outer', async () => {
      await Promise.resolve();
      return [storage.current, storage.run('inner', () => storage.current), storage.current];
    });
    expect([...seen, storage.current]).toEqual(['outer', 'inner', 'outer', undefined]);
  });

  it('is switched off one turn after the last scope was closed, and not before', async () => {
    const disable = vi.spyOn(AsyncLocalStorage.prototype, 'disable');
    const clock = new ManualClock();
    const storage = new ScopeStorage<string>(clock);
    storage.run('one', () => storage.run('two', () => undefined));
    storage.close();
    await clock.advance(0);
    expect(disable).not.toHaveBeenCalled();
    storage.close();
    await clock.advance(0);
    expect(disable).toHaveBeenCalledTimes(1);
    disable.mockRestore();
  });
});
