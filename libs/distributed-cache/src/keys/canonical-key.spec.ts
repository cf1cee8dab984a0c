import * as fc from 'fast-check';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { InvalidKeyError } from '../errors.js';
import { canonicalKey, canonicalName, type CacheKey } from './canonical-key.js';

const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  // Any UTF-16 code units, including lone surrogates.
  fc.array(fc.nat(0xffff), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', '__proto__', 'constructor', '["a"]', '0', '-0', '\u0000', '\ud800', '\udc00'),
  fc
    .tuple(
      fc.constantFrom('\u0000list:', '\u0000hash:', '\u0000string:', '\u0000args:'),
      fc.constantFrom('', '["a"]', 'a', '\u0000string:', '\u0000list:["a"]', '\ud801'.repeat(180)),
    )
    .map(([prefix, rest]) => prefix + rest),
  fc.constantFrom('a', '\ud800', '\ud801', 'é').map((unit) => unit.repeat(600)),
);
const anyNumber = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const anyPart = fc.oneof(anyString, anyNumber);
const anyKey: fc.Arbitrary<CacheKey> = fc.oneof(
  anyString,
  anyNumber,
  fc.array(anyPart, { minLength: 1, maxLength: 4 }),
);

describe('canonicalKey', () => {
  it('gives an ordinary string unchanged', () => {
    for (const key of ['42', '', 'product:7', '__proto__', 'größe', 'a\u0000b', 'x'.repeat(512)]) {
      expect(canonicalKey(key)).toBe(key);
    }
  });

  it('gives a number as its decimal string', () => {
    expect(canonicalKey(42)).toBe('42');
    expect(canonicalKey(-0.5)).toBe('-0.5');
    expect(canonicalKey(-0)).toBe('0');
  });

  it('writes no exponent, however large or small the number is', () => {
    expect(canonicalKey(1e21)).toBe('1000000000000000000000');
    expect(canonicalKey(-1.25e22)).toBe('-12500000000000000000000');
    expect(canonicalKey(1e-7)).toBe('0.0000001');
    expect(canonicalKey(-1.5e-10)).toBe('-0.00000000015');
  });

  it('gives a decimal string that reads back as the same number', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = canonicalKey(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Number(text)).toBe(value + 0);
      }),
    );
  });

  it('treats a number in a list as its decimal string', () => {
    expect(canonicalKey(['a', 1])).toBe(canonicalKey(['a', '1']));
    expect(canonicalKey([1e21])).toBe(canonicalKey(['1000000000000000000000']));
  });

  it('gives a list another key than its parts, their concatenation and its JSON', () => {
    const keys: CacheKey[] = [
      'a',
      ['a'],
      ['a', ''],
      ['', 'a'],
      'a,b',
      ['a', 'b'],
      ['a,b'],
      ['ab'],
      '["a","b"]',
      '\u0000list:["a","b"]',
    ];
    expect(new Set(keys.map((key) => canonicalKey(key))).size).toBe(keys.length);
  });

  it('never gives one string for two different keys', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (one, other) => {
        expect(canonicalKey(one) === canonicalKey(other)).toBe(identityOf(one) === identityOf(other));
      }),
      { numRuns: 3_000 },
    );
  });

  it('escapes a string that begins with a reserved prefix', () => {
    expect(canonicalKey('\u0000hash:00')).toBe('\u0000string:\u0000hash:00');
    expect(canonicalKey('\u0000string:x')).toBe('\u0000string:\u0000string:x');
  });

  it('gives a key of defaultKey unchanged, so that code can evict such an entry', () => {
    expect(canonicalKey('\u0000args:s1:a')).toBe('\u0000args:s1:a');
  });

  it('gives the SHA-256 of a key above 512 bytes, counted in UTF-8', () => {
    const long = 'é'.repeat(257);
    expect(canonicalKey('é'.repeat(256))).toBe('é'.repeat(256));
    expect(canonicalKey(long)).toBe(`\u0000hash:${createHash('sha256').update(long).digest('hex')}`);
  });

  it('never gives more than 512 bytes', () => {
    fc.assert(fc.property(anyKey, (key) => Buffer.byteLength(canonicalKey(key)) <= 512));
    expect(canonicalKey(Array.from({ length: 300 }, (_, index) => index))).toMatch(/^\0hash:[0-9a-f]{64}$/);
  });

  it('hashes lone surrogates without making them equal', () => {
    const keys = ['\ud800'.repeat(600), '\ud801'.repeat(600), '\ufffd'.repeat(600)];
    expect(new Set(keys.map((key) => canonicalKey(key))).size).toBe(3);
  });

  it.each<[string, unknown, RegExp]>([
    ['null', null, /The key is null/],
    ['undefined', undefined, /The key is undefined.*missing/],
    ['NaN', Number.NaN, /The key is NaN/],
    ['Infinity', Infinity, /The key is Infinity/],
    ['a boolean', true, /The key is true/],
    ['a bigint', 1n, /The key is 1.*Convert it to a string/],
    ['an object', { id: 'secret' }, /The key is an object.*defaultKey/],
    ['an empty list', [], /The key is an empty list/],
    ['a list with a hole', Array(1), /Part 1 of the key is undefined/],
    ['a list with NaN', ['a', Number.NaN], /Part 2 of the key is NaN/],
    ['a nested list', ['a', ['b']], /Part 2 of the key is a list/],
  ])('refuses %s, saying where and what is allowed', (_, key, message) => {
    // The compiler refuses these keys; code without types can pass them.
    const refused = (): string => Reflect.apply(canonicalKey, undefined, [key]);
    expect(refused).toThrow(InvalidKeyError);
    expect(refused).toThrow(message);
    expect(refused).toThrow(/allowed: a string/);
    expect(refused).not.toThrow(/secret/);
  });
});

describe('canonicalName', () => {
  it('gives an ordinary name unchanged', () => {
    expect(canonicalName('tag', 'category:7')).toBe('category:7');
    expect(canonicalName('region', '__proto__')).toBe('__proto__');
  });

  it('gives the SHA-256 of a name above 512 bytes', () => {
    expect(canonicalName('tag', 'x'.repeat(513))).toBe(canonicalKey('x'.repeat(513)));
    expect(canonicalName('tag', 'x'.repeat(513))).toMatch(/^\0hash:[0-9a-f]{64}$/);
  });

  it('refuses an empty name and other types than a string, naming the kind', () => {
    expect(() => canonicalName('region', '')).toThrow(/name of a region is ''; allowed: a non-empty string/);
    expect(() => Reflect.apply(canonicalName, undefined, ['tag', 7])).toThrow(InvalidKeyError);
    expect(() => Reflect.apply(canonicalName, undefined, ['tag', 7])).toThrow(/name of a tag is 7/);
  });
});

/** An independent definition of equal keys: strings and numbers by their text, lists by the texts in order. */
function identityOf(key: CacheKey): string {
  return JSON.stringify(
    typeof key === 'object' ? key.map((part) => canonicalKeyOfPart(part)) : canonicalKeyOfPart(key),
  );
}

function canonicalKeyOfPart(part: string | number): string {
  if (typeof part === 'string') return part;
  // Two numbers are one key when they are equal; a number equals the string that is its decimal notation.
  return canonicalKey(part);
}
