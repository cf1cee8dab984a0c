import { vi } from 'vitest';

/** Waits for a condition that other processes bring about, by default for ten seconds at most. */
export function eventually<T>(condition: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  return vi.waitFor(condition, { timeout, interval: 5 });
}
