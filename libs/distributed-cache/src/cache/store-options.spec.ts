import { describe, expect, it } from 'vitest';
import { InvalidKeyError, InvalidOptionsError } from '../errors.js';
import { canonicalTags, ttlOf } from './store-options.js';

describe('ttlOf', () => {
  it.each([
    ['10m', 600_000],
    [5, 5],
    [Infinity, Infinity],
  ] as const)('reads %s', (ttl, expected) => {
    expect(ttlOf(ttl, "Region 'r'")).toBe(expected);
  });

  it('gives the TTL of the region when none is given', () => {
    expect(ttlOf(undefined, "Region 'r'")).toBeUndefined();
  });

  it('refuses 0 with an error that says where and what to use instead', () => {
    expect(() => ttlOf(0, "Region 'r'")).toThrow(InvalidOptionsError);
    expect(() => ttlOf('0s', "Region 'r'")).toThrow(/^Region 'r': ttl 0 .*Infinity/);
  });

  it('takes a negative TTL as not to be stored', () => {
    expect(ttlOf(-5, "Region 'r'")).toBe(0);
  });
});

describe('canonicalTags', () => {
  it('gives one or many tags, each once', () => {
    expect(canonicalTags('sale')).toEqual(['sale']);
    expect(canonicalTags(['sale', 'new', 'sale'])).toEqual(['sale', 'new']);
    expect(canonicalTags(undefined)).toEqual([]);
  });

  it('refuses an empty tag', () => {
    expect(() => canonicalTags(['sale', ''])).toThrow(InvalidKeyError);
  });
});
