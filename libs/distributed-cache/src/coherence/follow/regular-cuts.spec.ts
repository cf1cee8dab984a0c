import { describe, expect, it } from 'vitest';
import { RegularCuts } from './regular-cuts.js';

const cuts = (...lifetimes: readonly number[]): (number | undefined)[] => {
  const regular = new RegularCuts();
  return lifetimes.map((lifetime) => regular.cut(lifetime));
};

describe('links that are cut', () => {
  it('after the same time, three times in a row, are cut regularly', () => {
    expect(cuts(30_000, 30_050, 30_010, 30_040)).toEqual([undefined, undefined, 30_050, 30_050]);
  });

  it('after different times are not', () => {
    expect(cuts(30_000, 4_000, 30_000, 60_000, 12_000)).toEqual(Array(5).fill(undefined));
  });

  it('after about the same time are, within a tenth', () => {
    expect(cuts(60_000, 64_000, 62_000).at(-1)).toBe(64_000);
    expect(cuts(60_000, 70_000, 62_000).at(-1)).toBeUndefined();
  });

  it('at once are refused rather than timed out', () => {
    expect(cuts(10, 12, 11, 10)).toEqual(Array(4).fill(undefined));
  });

  it('are counted anew after a link that ended otherwise', () => {
    const regular = new RegularCuts();
    for (const lifetime of [1_000, 1_000]) regular.cut(lifetime);
    regular.startOver();
    expect([1_000, 1_000, 1_000].map((lifetime) => regular.cut(lifetime))).toEqual([undefined, undefined, 1_000]);
  });
});
