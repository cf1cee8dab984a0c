import { describe, expect, it } from 'vitest';
import { forEachInSlices } from './in-slices.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** After how many items the event loop had a turn. */
async function turnsIn(count: number): Promise<number[]> {
  const turns: number[] = [];
  let used = 0;
  let isAtWork = true;
  const turn = (): void => {
    if (!isAtWork) return;
    turns.push(used);
    setImmediate(turn);
  };
  setImmediate(turn);
  await forEachInSlices(numbers(count), () => (used += 1));
  isAtWork = false;
  return turns;
}

describe('forEachInSlices', () => {
  it('uses each item once, in order, with its index', async () => {
    const used: [number, number][] = [];
    await forEachInSlices(numbers(2_100), (item, index) => used.push([item, index]));
    expect(used).toEqual(numbers(2_100).map((item) => [item, item]));
  });

  it('gives the event loop no turn for up to 1 000 items, and after them one for each 500', async () => {
    expect(await turnsIn(1_000)).toEqual([]);
    expect(await turnsIn(2_001)).toEqual([1_000, 1_500, 2_000]);
  });

  it('stops at the first error', async () => {
    const used: number[] = [];
    const use = (item: number): void => {
      used.push(item);
      if (item === 1) throw new Error('wrong');
    };
    await expect(forEachInSlices(numbers(3), use)).rejects.toThrow('wrong');
    expect(used).toEqual([0, 1]);
  });
});
