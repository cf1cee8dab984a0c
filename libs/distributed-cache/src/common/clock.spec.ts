import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './clock.js';

const LONGEST_TIMER = 2 ** 31 - 1;

describe('a timer of the system clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('that is longer than the longest of Node.js fires in its time, not at once', () => {
    const fired = vi.fn<() => void>();
    systemClock.schedule(fired, 2 * LONGEST_TIMER + 10);
    vi.advanceTimersByTime(LONGEST_TIMER);
    vi.advanceTimersByTime(LONGEST_TIMER);
    vi.advanceTimersByTime(9);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
  });

  it('that is longer than the longest of Node.js can be cancelled at any time', () => {
    const fired = vi.fn<() => void>();
    const cancel = systemClock.schedule(fired, LONGEST_TIMER + 10);
    vi.advanceTimersByTime(LONGEST_TIMER);
    cancel();
    systemClock.schedule(fired, LONGEST_TIMER + 10)();
    vi.advanceTimersByTime(LONGEST_TIMER);
    expect(fired).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('of an infinite delay never fires', () => {
    const fired = vi.fn<() => void>();
    const cancel = systemClock.schedule(fired, Infinity);
    vi.advanceTimersByTime(3 * LONGEST_TIMER);
    expect(fired).not.toHaveBeenCalled();
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});
