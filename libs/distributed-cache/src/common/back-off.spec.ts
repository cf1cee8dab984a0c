import { describe, expect, it } from 'vitest';
import { BackOff } from './back-off.js';

const LONGEST = 2_000;

describe('BackOff', () => {
  it('waits longer with every try, up to a cap', () => {
    const backOff = new BackOff();
    const delays = Array.from({ length: 5_000 }, () => backOff.next());
    expect(delays[0]).toBeLessThanOrEqual(50);
    expect(delays[3]).toBeGreaterThanOrEqual(200);
    expect(delays.every((delay) => delay > 0 && delay <= LONGEST)).toBe(true);
    expect(delays.slice(10).every((delay) => delay >= LONGEST / 2)).toBe(true);
  });

  it('is jittered, so that instances that were cut off together do not come back together', () => {
    const delays = Array.from({ length: 100 }, () => new BackOff().next());
    expect(new Set(delays).size).toBeGreaterThan(90);
  });

  it('begins again with the shortest pause after a success', () => {
    const backOff = new BackOff();
    for (let tries = 0; tries < 20; tries += 1) backOff.next();
    backOff.reset();
    expect(backOff.next()).toBeLessThanOrEqual(50);
  });
});
