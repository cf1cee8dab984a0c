import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.js';
import { RegionStore } from './region-store.js';
import { TagIndex } from './tag-index.js';

const region = new RegionStore('r', 10, () => {});

function entry(key: string, ...tags: string[]): Entry {
  return { region, key, value: key, loadedAt: 0, expiresAt: 0, tags, size: 0, usedAt: 0, promise: undefined };
}

describe('TagIndex', () => {
  it('gives the entries that carry a tag', () => {
    const index = new TagIndex();
    const one = entry('1', 'sale', 'new');
    const two = entry('2', 'sale');
    index.add(one);
    index.add(two);
    expect(index.tagged('sale')).toEqual([one, two]);
    expect(index.tagged('new')).toEqual([one]);
    expect(index.tagged('unknown')).toEqual([]);
  });

  it('shrinks: a tag that no entry carries any more is forgotten', () => {
    const index = new TagIndex();
    const one = entry('1', 'sale', 'new');
    const two = entry('2', 'sale');
    index.add(one);
    index.add(two);
    index.remove(one);
    expect(index.size).toBe(1);
    index.remove(two);
    expect(index.size).toBe(0);
  });

  it('keeps the newer of two entries of one key when the older is removed after it was added', () => {
    const index = new TagIndex();
    const older = entry('1', 'sale');
    const newer = entry('1', 'sale');
    index.add(older);
    index.add(newer);
    index.remove(older);
    expect(index.tagged('sale')).toEqual([newer]);
  });

  it('gives a list that may be walked while what is in it is removed', () => {
    const index = new TagIndex();
    for (const key of ['1', '2', '3']) index.add(entry(key, 'sale'));
    const walked: string[] = [];
    for (const tagged of index.tagged('sale')) {
      index.remove(tagged);
      walked.push(tagged.key);
    }
    expect(walked).toEqual(['1', '2', '3']);
  });
});
