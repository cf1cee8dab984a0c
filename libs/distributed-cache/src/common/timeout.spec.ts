import { afterEach, describe, expect, it, vi } from 'vitest';
import { deferred } from '../../../../test/support/common/deferred.js';
import { ManualClock } from '../testing/manual-clock.js';
import { withTimeout } from './timeout.js';

const never = new Promise<never>(() => {});

function late(): never {
  throw new Error('too late');
}

describe('withTimeout', () => {
  it('passes on what the promise resolves or rejects with', async () => {
    const timeout = { ms: 100, onTimeout: late, clock: new ManualClock() };
    await expect(withTimeout(Promise.resolve('pong'), timeout)).resolves.toBe('pong');
    await expect(withTimeout(Promise.reject(new Error('refused')), timeout)).rejects.toThrow('refused');
  });

  it('wraps a rejection that is no Error into one', async () => {
    const thrown: Promise<never> = Promise.resolve().then(() => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw 'a text';
    });
    const waiting = withTimeout(thrown, { ms: 100, onTimeout: late, clock: new ManualClock() });
    await expect(waiting).rejects.toEqual(new Error('a text'));
  });

  it('rejects with what onTimeout throws when the time is over, and not before', async () => {
    const clock = new ManualClock();
    let outcome = 'waiting';
    withTimeout(never, { ms: 2_000, onTimeout: late, clock }).catch((error: unknown) => (outcome = String(error)));
    await clock.advance(1_999);
    expect(outcome).toBe('waiting');
    await clock.advance(1);
    expect(outcome).toBe('Error: too late');
  });

  it('resolves with what onTimeout gives when the time is over', async () => {
    const clock = new ManualClock();
    const waiting = withTimeout(never, { ms: 2_000, onTimeout: () => 'given up', clock });
    await clock.advance(2_000);
    await expect(waiting).resolves.toBe('given up');
  });

  it('accepts an answer at the last moment', async () => {
    const clock = new ManualClock();
    const { promise, resolve } = deferred<string>();
    const waiting = withTimeout(promise, { ms: 2_000, onTimeout: late, clock });
    await clock.advance(1_999);
    resolve('late but in time');
    await expect(waiting).resolves.toBe('late but in time');
  });

  it('gives the event loop one more turn, for the answer that came while the loop was blocked', async () => {
    const clock = new ManualClock();
    const { promise, resolve } = deferred<string>();
    const waiting = withTimeout(promise, { ms: 2_000, onTimeout: late, clock });
    // Due in the same turn as the timeout, and read from the socket right after it.
    clock.schedule(() => resolve('it lay in the socket'), 2_000);
    await clock.block('3s');
    await expect(waiting).resolves.toBe('it lay in the socket');
  });
});

describe('withTimeout with a signal', () => {
  it('rejects with the reason of the signal when it is aborted', async () => {
    const giveUp = new AbortController();
    const waiting = withTimeout(never, { ms: 100, onTimeout: late, signal: giveUp.signal });
    giveUp.abort(new Error('not wanted any more'));
    await expect(waiting).rejects.toThrow('not wanted any more');
  });

  it('gives the outcome of onAbort at once when the signal was aborted before', async () => {
    const waiting = withTimeout(never, {
      ms: 100,
      onTimeout: late,
      signal: AbortSignal.abort(),
      onAbort: () => 'aborted',
    });
    await expect(waiting).resolves.toBe('aborted');
  });

  it('leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await withTimeout(Promise.resolve(), { ms: 100, onTimeout: late, signal });
    expect(remove).toHaveBeenCalledOnce();
  });
});

describe('withTimeout on the clock of the system', () => {
  afterEach(() => void vi.useRealTimers());

  it('leaves no timer behind, however it ends', async () => {
    vi.useFakeTimers();
    await withTimeout(Promise.resolve(), { ms: 100, onTimeout: late });
    await withTimeout(never, { ms: 100, onTimeout: late, signal: AbortSignal.abort() }).catch(() => {});
    const waiting = withTimeout(never, { ms: 100, onTimeout: () => 'over' });
    await vi.advanceTimersByTimeAsync(100);
    // The one more turn.
    await vi.advanceTimersByTimeAsync(1);
    await expect(waiting).resolves.toBe('over');
    expect(vi.getTimerCount()).toBe(0);
  });
});
