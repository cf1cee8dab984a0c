import { describe, expect, it } from 'vitest';
import { Random } from './random.mjs';

function drawn(seed: number, count = 5): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
}

describe('Random', () => {
  it('gives the same sequence for the same seed, and another one for the next seed', () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
  });

  it('still gives the sequence by which recorded seeds are replayed', () => {
    expect(drawn(1, 3)).toEqual([0.3678755429573357, 0.08161311969161034, 0.8205357783008367]);
  });

  it('spreads its numbers evenly from 0 to 1', () => {
    const numbers = drawn(42, 20_000);
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = numbers.filter((number) => Math.floor(number * 10) === tenth).length / numbers.length;
      expect(share).toBeCloseTo(0.1, 1);
    }
  });

  it('draws whole numbers within their bounds, both ends of between included', () => {
    const random = new Random(3);
    const between = new Set(Array.from({ length: 200 }, () => random.between(2, 4)));
    const below = new Set(Array.from({ length: 200 }, () => random.below(2)));
    expect([between, below]).toEqual([new Set([2, 3, 4]), new Set([0, 1])]);
  });

  it('picks one of the items, and refuses to pick from none', () => {
    const random = new Random(3);
    expect(['a', 'b']).toContain(random.pick(['a', 'b']));
    expect(() => random.pick([])).toThrow('There is nothing to pick from.');
  });

  it('picks by weight: never what weighs nothing, nothing from nothing', () => {
    const random = new Random(3);
    const never = { weight: 0 };
    const always = { weight: 2 };
    expect(new Set(Array.from({ length: 50 }, () => random.weighted([never, always])))).toEqual(new Set([always]));
    expect(random.weighted([])).toBeUndefined();
  });

  it('chooses at least one of some items and keeps their order', () => {
    const random = new Random(3);
    for (let times = 0; times < 50; times += 1) {
      const some = random.some([1, 2, 3]);
      expect(some.length).toBeGreaterThan(0);
      expect(some).toEqual([1, 2, 3].filter((item) => some.includes(item)));
    }
    expect(random.some([])).toEqual([]);
  });

  it('chooses one, two, four or about half of many items', () => {
    const random = new Random(3);
    const items = Array.from({ length: 40 }, (_, index) => index);
    const counts = new Set(Array.from({ length: 60 }, () => random.few(items).length));
    for (const count of [1, 2, 4]) expect(counts).toContain(count);
    expect(Math.max(...counts)).toBeGreaterThan(10);
  });
});
