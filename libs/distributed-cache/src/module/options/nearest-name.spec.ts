import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

const NAMES = ['ttl', 'ttlJitter', 'maxEntries', 'maxSize', 'maxStaleness', 'namespace'];

describe('nearestName', () => {
  it.each([
    ['tll', 'ttl'],
    ['maxEntrys', 'maxEntries'],
    ['maxstaleness', 'maxStaleness'],
    ['nameSpace', 'namespace'],
    ['ttljiter', 'ttlJitter'],
    ['maxSiez', 'maxSize'],
  ])('finds for %s the name %s', (name, nearest) => {
    expect(nearestName(name, NAMES)).toBe(nearest);
  });

  it.each(['colour', 'x', '', 'a'.repeat(100_000)])('finds nothing for a name that resembles none', (name) => {
    expect(nearestName(name, NAMES)).toBeUndefined();
  });

  it('prefers the nearest of several', () => {
    expect(nearestName('products', ['product-list', 'product', 'producers', 'products2'])).toBe('product');
  });
});
