import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dialStep } from './dial-step.js';

const failureOf = (step: Promise<unknown>): Promise<string> => step.then(() => 'none', String);
const never = new Promise<never>(() => {});

describe('dialStep', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('resolves with the result of the step', async () => {
    await expect(dialStep(Promise.resolve('open'), 100, new AbortController().signal)).resolves.toBe('open');
  });

  it('rejects with the error of the step', async () => {
    const step = Promise.reject(new Error('refused'));
    await expect(dialStep(step, 100, new AbortController().signal)).rejects.toThrow('refused');
  });

  it('rejects after the timeout, with what to check', async () => {
    const failure = failureOf(dialStep(never, 100, new AbortController().signal));
    await vi.advanceTimersByTimeAsync(100);
    // The deadline lets the event loop turn once more, in case the answer is in the socket already.
    await vi.advanceTimersToNextTimerAsync();
    expect(await failure).toMatch(/no connection within 100 ms \(check the address/);
  });

  it('rejects when the signal is aborted', async () => {
    const giveUp = new AbortController();
    const failure = failureOf(dialStep(never, 100, giveUp.signal));
    giveUp.abort();
    expect(await failure).toContain('given up');
  });

  it('rejects at once when the signal was aborted before', async () => {
    await expect(dialStep(never, 100, AbortSignal.abort())).rejects.toThrow('given up');
  });

  it('leaves no timer behind, in whichever way it ends', async () => {
    await dialStep(Promise.resolve(), 100, new AbortController().signal);
    await dialStep(never, 100, AbortSignal.abort()).catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
