import { expect, it } from 'vitest';
import { key } from '../../../../../test/support/bridges/publishing.js';
import { widen } from './widen.js';

const EVERYTHING = [{ kind: 'everything' }];

it('widen() widens keys to their regions, each once, and keeps regions and tags', () => {
  const names = [
    key('1'),
    { kind: 'tag' as const, tag: 'sale' },
    key('2'),
    { kind: 'region' as const, region: 'products' },
    key('1', 'prices'),
  ];
  expect(widen(names, 3)).toEqual([
    { kind: 'region', region: 'products' },
    { kind: 'region', region: 'prices' },
    { kind: 'tag', tag: 'sale' },
  ]);
});

it('widens to everything when the regions and tags are still more than the limit', () => {
  expect(widen([key('1'), key('1', 'prices'), { kind: 'tag', tag: 'sale' }], 2)).toEqual(EVERYTHING);
});

it('gives everything alone when it is among the targets', () => {
  expect(widen([key('1'), { kind: 'everything' }, { kind: 'tag', tag: 'sale' }], 9)).toEqual(EVERYTHING);
});
