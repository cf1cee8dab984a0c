import { describe, expect, it } from 'vitest';
import { covers, EVERYTHING, invalidationOf, type InvalidationTarget } from './invalidation.js';

const saying = (...names: InvalidationTarget[]): ReturnType<typeof invalidationOf> => invalidationOf(names);

describe('covers', () => {
  it('covers a key of the region, and no other key nor the same key elsewhere', () => {
    const invalidation = saying({ kind: 'key', region: 'products', key: '42' });
    expect(covers(invalidation, 'products', '42', [])).toBe(true);
    expect(covers(invalidation, 'products', '43', [])).toBe(false);
    expect(covers(invalidation, 'prices', '42', [])).toBe(false);
  });

  it('covers every key of a region', () => {
    const invalidation = saying({ kind: 'region', region: 'products' });
    expect(covers(invalidation, 'products', '42', [])).toBe(true);
    expect(covers(invalidation, 'prices', '42', [])).toBe(false);
  });

  it('covers an entry with one of the tags, in any region', () => {
    const invalidation = saying({ kind: 'tag', tag: 'sale' });
    expect(covers(invalidation, 'products', '42', ['new', 'sale'])).toBe(true);
    expect(covers(invalidation, 'prices', '42', ['new'])).toBe(false);
  });

  it('does not mistake a tag for a region or a key', () => {
    const invalidation = saying({ kind: 'tag', tag: 'products' });
    expect(covers(invalidation, 'products', 'products', [])).toBe(false);
  });

  it('covers everything', () => {
    expect(covers(EVERYTHING, 'products', '42', [])).toBe(true);
    expect(covers(saying({ kind: 'everything' }), 'products', '42', [])).toBe(true);
  });

  it('covers nothing when it has no targets', () => {
    expect(covers(saying(), 'products', '42', ['sale'])).toBe(false);
  });
});
