import { describe, expect, it } from 'vitest';
import { median, percentile, rounded, spread, sum } from './statistics.mjs';

const oneTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('percentile', () => {
  it.each([
    [0, 15],
    [5, 15],
    [30, 20],
    [40, 20],
    [50, 35],
    [100, 50],
  ])('is the value of the nearest rank: the %i. of 15, 20, 35, 40, 50 is %i', (percent, value) => {
    expect(percentile([50, 15, 40, 20, 35], percent)).toBe(value);
  });

  it('is the value that so many percent do not exceed, without a rounding error', () => {
    for (const count of [100, 700, 1_000, 7_000]) expect(percentile(oneTo(count), 99)).toBe((count * 99) / 100);
  });

  it('is always one of the values, and leaves their order alone', () => {
    const values = [2, 1];
    expect([median(values), values]).toEqual([1, [2, 1]]);
  });

  it('refuses a percentile of no values, and a share instead of a percentage out of its range', () => {
    expect(() => percentile([], 50)).toThrow('There is no percentile of no values.');
    expect(() => percentile([1], 101)).toThrow('A percentile is between 0 and 100, not 101.');
    expect(() => percentile([1], NaN)).toThrow(RangeError);
  });
});

describe('spread', () => {
  it('is the median between the bounds of the middle half', () => {
    expect(spread(oneTo(11))).toEqual({ median: 6, low: 3, high: 9 });
    expect(spread(oneTo(3))).toEqual({ median: 2, low: 1, high: 3 });
  });
});

describe('sum and rounded', () => {
  it('add up, and round to two decimals', () => {
    expect([sum([]), sum([1, 2]), rounded(1.234), rounded(2)]).toEqual([0, 3, 1.23, 2]);
  });
});
