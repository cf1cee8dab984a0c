import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { BOUNDS, exceeded, type Size } from '../../scripts/size/bounds.mjs';
import { inRepository } from '../../tools/repository.mjs';

const recorded: Size = JSON.parse(readFileSync(inRepository('docs/evidence/size.json'), 'utf8'));

it('the recorded package keeps within each of its bounds', () => {
  expect(exceeded(recorded)).toEqual([]);
  expect(BOUNDS.map(({ of }) => of(recorded)).every((size) => size > 0)).toBe(true);
});

it('a package that exceeds a bound is told by how much', () => {
  expect(exceeded({ ...recorded, tarball: 2 * 2 ** 20 })).toEqual(['the tarball: 2.00 MiB, and may be 1.20 MiB']);
  expect(exceeded({ ...recorded, alone: { ...recorded.alone, packages: 40 } })).toEqual([
    'the packages of its install: 40, and may be 5',
  ]);
});
