import { describe, expect, it } from 'vitest';
import { Ghosts, hashOf } from './ghosts.js';

describe('Ghosts', () => {
  it('remember how long ago a key was last used', () => {
    const ghosts = new Ghosts(100);
    ghosts.add(hashOf('one', 1), 40, 50);
    expect(ghosts.ageOf(hashOf('two', 1), 60)).toBe(Infinity);
    expect(ghosts.ageOf(hashOf('one', 1), 60)).toBe(20);
    ghosts.add(hashOf('one', 1), 70, 75);
    expect(ghosts.ageOf(hashOf('one', 1), 80)).toBe(10);
  });

  it('remember three times as many keys as the store has entries, but for a tenth, and mistake few others for them', () => {
    const ghosts = new Ghosts(10_000);
    for (let key = 0; key < 30_000; key += 1) ghosts.add(hashOf(`${key}`, 7), key, key);
    const known = (from: number, to: number): number => {
      let count = 0;
      for (let key = from; key < to; key += 1) if (ghosts.ageOf(hashOf(`${key}`, 7), 30_000) !== Infinity) count += 1;
      return count;
    };
    expect(known(100_000, 110_000)).toBeLessThan(20);
    expect(known(0, 30_000)).toBeGreaterThan(26_000);
  });

  it('forget the oldest first', () => {
    const ghosts = new Ghosts(100);
    for (let key = 0; key < 10_000; key += 1) ghosts.add(hashOf(`${key}`, 7), key, key);
    expect(ghosts.ageOf(hashOf('0', 7), 10_000)).toBe(Infinity);
    expect(ghosts.ageOf(hashOf('9999', 7), 10_000)).toBeLessThanOrEqual(1);
  });
});

describe('hashOf', () => {
  it('depends on all of the key and on the seed', () => {
    const hashes = new Set<number>();
    for (const key of ['', 'a', 'b', 'ab', 'ba', 'product:1', 'product:2'])
      for (const seed of [0, 1, 2]) hashes.add(hashOf(key, seed));
    expect(hashes.size).toBe(21);
  });
});
