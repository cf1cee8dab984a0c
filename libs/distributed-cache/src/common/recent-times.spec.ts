import { describe, expect, it } from 'vitest';
import { RecentTimes } from './recent-times.js';

describe('recent times', () => {
  it('are null while there are none', () => {
    expect(new RecentTimes().summary(0)).toEqual({ p50: null, p99: null, max: null });
  });

  it('have percentiles that are at most 9 % too high, and an exact maximum', () => {
    const times = new RecentTimes();
    for (let time = 1; time <= 1_000; time += 1) times.add(time, 0);
    const { p50, p99, max } = times.summary(0);
    expect(p50).toBeGreaterThanOrEqual(500);
    expect(p50).toBeLessThan(545);
    expect(p99).toBeGreaterThanOrEqual(990);
    expect(p99).toBeLessThanOrEqual(1_000);
    expect(max).toBe(1_000);
  });

  it('are those of the last minute', () => {
    const times = new RecentTimes();
    times.add(500, 0);
    times.add(1, 30_000);
    expect(times.summary(59_000).max).toBe(500);
    expect(times.summary(61_000).max).toBe(1);
    expect(times.summary(120_000).max).toBeNull();
  });

  it('of a slice are forgotten when a later minute comes to the same slice', () => {
    const times = new RecentTimes();
    times.add(500, 5_000);
    times.add(2, 65_000);
    expect(times.summary(65_000)).toEqual({ p50: 2, p99: 2, max: 2 });
  });

  it('may be shorter or longer than anything that is told apart', () => {
    const times = new RecentTimes();
    times.add(0, 0);
    times.add(1e9, 0);
    expect(times.summary(0)).toMatchObject({ max: 1e9 });
    expect(times.summary(0).p50).toBeLessThanOrEqual(0.01);
  });
});
