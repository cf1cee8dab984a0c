import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.js';
import { TagIndex } from './tag-index.js';

function entry(key: string, ...tags: string[]): Entry {
  const links = { care: undefined, promise: undefined, older: undefined, newer: undefined };
  return { key, value: key, loadedAt: 0, expiresAt: 0, tags, size: 0, usedAt: 0, ...links };
}

function indexOf(...entries: Entry[]): TagIndex {
  const index = new TagIndex();
  for (const one of entries) index.add(one);
  return index;
}

describe('TagIndex', () => {
  it('takes out the entries that carry a tag, and the tag', () => {
    const one = entry('1', 'sale', 'new');
    const two = entry('2', 'sale');
    const index = indexOf(one, two);
    expect([...index.take('sale')]).toEqual([one, two]);
    expect([...index.take('sale')]).toEqual([]);
    expect([...index.take('new')]).toEqual([one]);
    expect([...index.take('unknown')]).toEqual([]);
  });

  it('drops a tag that no entry carries any more', () => {
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

  it('keeps an entry under its tag when the entry that it replaced is removed', () => {
    const older = entry('1', 'sale');
    const index = indexOf(older);
    index.remove(older);
    const newer = entry('1', 'sale');
    index.add(newer);
    index.remove(older);
    expect([...index.take('sale')]).toEqual([newer]);
  });

  it('gives entries that may be removed while they are iterated', () => {
    const index = indexOf(entry('1', 'sale'), entry('2', 'sale', 'new'), entry('3', 'sale'));
    const walked: string[] = [];
    for (const tagged of index.take('sale')) {
      index.remove(tagged);
      walked.push(tagged.key);
    }
    expect(walked).toEqual(['1', '2', '3']);
    expect(index.size).toBe(0);
  });

  it('gives entries of the same tag one shared list of tags', () => {
    const one = entry('1', 'sale');
    const index = indexOf(one, entry('2', 'new', 'sale'));
    expect(index.shared(['sale'])).toBe(one.tags);

    for (const tags of [['unknown'], ['new'], ['sale', 'new'], []]) expect(index.shared(tags)).toBe(tags);
  });
});
