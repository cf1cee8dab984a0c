import { describe, expect, it } from 'vitest';
import { shortTime, table } from './table.js';

const COLUMNS = [
  { heading: 'instance' },
  { heading: 'state' },
  { heading: 'hits', isNumeric: true },
  { heading: 'loads', isNumeric: true },
] as const;
const ROWS = [['shop:1:ab', 'coherent', '9', '10']];

describe('a table', () => {
  it.each([
    [Infinity, 'instance   state     hits  loads\nshop:1:ab  coherent     9     10\n'],
    [32, 'instance   state     hits  loads\nshop:1:ab  coherent     9     10\n'],
    [31, 'instance   state     hits\nshop:1:ab  coherent     9\n'],
  ])('with room for %d characters a line leaves out what does not fit', (width, text) => {
    expect(table(COLUMNS, ROWS, width)).toBe(text);
  });

  it('cuts the texts of its first column when there is no room for three', () => {
    expect(table(COLUMNS, ROWS, 23)).toBe('instan…  state     hits\nshop:1…  coherent     9\n');
  });
});

describe('a short time', () => {
  it.each([
    [46, '46 ms'],
    [59_949, '59.9 s'],
    [60_000, '1m00s'],
    [66_400, '1m06s'],
    [3_599_999, '59m59s'],
    [7_500_000, '2h05m'],
    [Infinity, 'for ever'],
    [undefined, '–'],
  ])('of %j ms is %s', (duration, text) => {
    expect(shortTime(duration)).toBe(text);
  });
});
