import { describe, expect, it } from 'vitest';
import { hitRateIn, ratesOfInstance, ratesOfRegions, type Asked } from './rates.js';

/** Answers to `stats`: of each instance, the hits of its regions. */
function asked(at: number, hits: Readonly<Record<string, Readonly<Record<string, number>>>>): Asked {
  const answers = Object.entries(hits).map(([from, regions]) => {
    const stats = Object.entries(regions).map(([name, count]) => [
      name,
      { hits: count, misses: 0, loads: 0, fenced: 0 },
    ]);
    const { '': others, ...named } = Object.fromEntries(stats);
    return [from, { from, stats: { regions: named, ...(others && { others }) } }] as const;
  });
  return { at, answers: new Map(answers) };
}

describe('Rates of two answers', () => {
  it('are what was counted between them, a second', () => {
    const [before, now] = [asked(0, { a: { r: 10, s: 0 } }), asked(2_000, { a: { r: 30, s: 4 } })];
    expect(ratesOfInstance('a', before, now)).toEqual({ hits: 12, misses: 0, loads: 0, fenced: 0 });
    expect(hitRateIn(ratesOfInstance('a', before, now))).toBe(1);
    expect(hitRateIn(ratesOfInstance('a', now, now))).toBeNull();
  });

  it('are those of all instances together in a region', () => {
    const rates = ratesOfRegions(asked(0, { a: { r: 0 }, b: { r: 5 } }), asked(1_000, { a: { r: 3 }, b: { r: 9 } }));
    expect(rates.get('r')?.hits).toBe(7);
  });

  it('are 0 for an instance that has not answered before: it has counted since its start', () => {
    const rates = ratesOfRegions(asked(0, { a: { r: 0 } }), asked(1_000, { a: { r: 3 }, b: { r: 1_000_000 } }));
    expect(rates.get('r')?.hits).toBe(3);
  });

  it('are 0 for a region that may only have been left out before, and not for one that is new', () => {
    const [before, now] = [asked(0, { a: { r: 0, '': 7 }, b: { r: 0 } }), { r: 0, s: 500, '': 7 }];
    expect(ratesOfRegions(before, asked(1_000, { a: now })).get('s')?.hits).toBe(0);
    expect(ratesOfRegions(before, asked(1_000, { b: { r: 0, s: 500 } })).get('s')?.hits).toBe(500);
  });

  it('never fall below 0, when an instance has counted anew', () => {
    expect(ratesOfInstance('a', asked(0, { a: { r: 10 } }), asked(1_000, { a: { r: 2 } })).hits).toBe(0);
  });
});
