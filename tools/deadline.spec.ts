import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { withDeadline } from './deadline.mjs';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('withDeadline', () => {
  it('gives what the work gives, and never calls back when that is in time', async () => {
    const onLate = vi.fn<() => void>();
    expect(await withDeadline(Promise.resolve('done'), 100, onLate)).toBe('done');
    await vi.advanceTimersByTimeAsync(200);
    expect(onLate).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects as the work does', async () => {
    await expect(withDeadline(Promise.reject(new Error('failed')), 100, () => {})).rejects.toThrow('failed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('calls back once when the work is late, and goes on waiting', async () => {
    let finish: (value: string) => void = () => {};
    const onLate = vi.fn<() => void>();
    const waiting = withDeadline(new Promise<string>((resolve) => (finish = resolve)), 100, onLate);
    await vi.advanceTimersByTimeAsync(99);
    expect(onLate).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(onLate).toHaveBeenCalledOnce();
    finish('late');
    expect(await waiting).toBe('late');
  });

  it('rejects with what the callback throws', async () => {
    const waiting = withDeadline(new Promise(() => {}), 100, () => {
      throw new Error('It took longer than 100 ms.');
    });
    const failure = waiting.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(100);
    expect(await failure).toMatchObject({ message: 'It took longer than 100 ms.' });
  });
});
