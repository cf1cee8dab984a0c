import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withinTime } from './redis-dialling.js';

const failureOf = (step: Promise<unknown>): Promise<string> => step.then(() => 'none', String);
const never = new Promise<never>(() => {});

describe('withinTime', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives what the step gives', async () => {
    await expect(withinTime(Promise.resolve('open'), 100, new AbortController().signal)).resolves.toBe('open');
  });

  it('fails as the step fails', async () => {
    const step = Promise.reject(new Error('refused'));
    await expect(withinTime(step, 100, new AbortController().signal)).rejects.toThrow('refused');
  });

  it('gives up after the timeout, and says what to check', async () => {
    const failure = failureOf(withinTime(never, 100, new AbortController().signal));
    await vi.advanceTimersByTimeAsync(100);
    expect(await failure).toMatch(/no connection within 100 ms \(check the address/);
  });

  it('gives up when it is asked to', async () => {
    const giveUp = new AbortController();
    const failure = failureOf(withinTime(never, 100, giveUp.signal));
    giveUp.abort();
    expect(await failure).toContain('given up');
  });

  it('gives up at once when that was asked before', async () => {
    await expect(withinTime(never, 100, AbortSignal.abort())).rejects.toThrow('given up');
  });

  it('leaves no timer behind, however it ends', async () => {
    await withinTime(Promise.resolve(), 100, new AbortController().signal);
    await withinTime(never, 100, AbortSignal.abort()).catch(() => {});
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
