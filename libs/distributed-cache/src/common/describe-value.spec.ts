import { describe, expect, it } from 'vitest';
import { describeValue } from './describe-value.js';

describe('describeValue', () => {
  it.each<[unknown, string]>([
    ['5m', "'5m'"],
    ['x'.repeat(41), `'${'x'.repeat(40)}…'`],
    [-0.5, '-0.5'],
    [10n ** 60n, `1${'0'.repeat(39)}…`],
    [undefined, 'undefined'],
    [null, 'null'],
    [true, 'true'],
    [['secret'], 'a list'],
    [{ toString: () => 'secret' }, 'an object'],
    [Object.create(null), 'an object'],
    [() => 'secret', 'a function'],
    [Symbol('secret'), 'a symbol'],
  ])('shows a value in short, and no content of an object', (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});
