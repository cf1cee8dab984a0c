import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.js';
import { TagIndex } from './tag-index.js';

function entry(key: string, ...tags: string[]): Entry {
  const links = { promise: undefined, older: undefined, newer: undefined };
  return { key, value: key, loadedAt: 0, expiresAt: 0, tags, size: 0, usedAt: 0, ...links };
}

function indexOf(...entries: Entry[]): TagIndex {
  const index = new TagIndex();
  for (const one of entries) index.add(one);
  return index;
}

describe('TagIndex', () => {
  it('gives the entries that carry a tag, and forgets the tag', () => {
    const one = entry('1', 'sale', 'new');
    const two = entry('2', 'sale');
    const index = indexOf(one, two);
    expect([...index.take('sale')]).toEqual([one, two]);
    expect([...index.take('sale')]).toEqual([]);
    expect([...index.take('new')]).toEqual([one]);
    expect([...index.take('unknown')]).toEqual([]);
  });

  it('shrinks: a tag that no entry carries any more is forgotten', () => {
    const one = entry('1', 'sale', 'new');
    const two = entry('2', 'sale');
    const index = indexOf(one, two);
    index.remove(one);
    expect(index.size).toBe(1);
    index.remove(two);
    expect(index.size).toBe(0);
  });

  it('keeps the newer of two entries of one key when the older is removed after it was added', () => {
    const older = entry('1', 'sale');
    const newer = entry('1', 'sale');
    const index = indexOf(older, newer);
    index.remove(older);
    expect([...index.take('sale')]).toEqual([newer]);
  });

  it('does not forget the entry of a tag for one that it has replaced', () => {
    const older = entry('1', 'sale');
    const index = indexOf(older);
    index.remove(older);
    const newer = entry('1', 'sale');
    index.add(newer);
    index.remove(older);
    expect([...index.take('sale')]).toEqual([newer]);
  });

  it('gives what may be walked while what is in it is removed', () => {
    const index = indexOf(entry('1', 'sale'), entry('2', 'sale', 'new'), entry('3', 'sale'));
    const walked: string[] = [];
    for (const tagged of index.take('sale')) {
      index.remove(tagged);
      walked.push(tagged.key);
    }
    expect(walked).toEqual(['1', '2', '3']);
    expect(index.size).toBe(0);
  });

  it('gives entries of one and the same tag one list to share', () => {
    const one = entry('1', 'sale');
    const index = indexOf(one, entry('2', 'new', 'sale'));
    expect(index.shared(['sale'])).toBe(one.tags);

    for (const tags of [['unknown'], ['new'], ['sale', 'new'], []]) expect(index.shared(tags)).toBe(tags);
  });
});
