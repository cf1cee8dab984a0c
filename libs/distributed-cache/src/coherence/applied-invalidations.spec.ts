import { describe, expect, it } from 'vitest';
import { EVERYTHING, invalidationOf, type Invalidation } from '../protocol/invalidation.js';
import { AppliedInvalidations } from './applied-invalidations.js';

const OVERFLOW = 10_001;

const key = (name: string): Invalidation => invalidationOf([{ kind: 'key', region: 'products', key: name }]);
const tag = (name: string): Invalidation => invalidationOf([{ kind: 'tag', tag: name }]);

describe('AppliedInvalidations', () => {
  it('finds the first invalidation since the start that covers the key, its region or its tags', () => {
    const applied = new AppliedInvalidations();
    const mark = applied.begin();
    applied.record(key('1'));
    applied.record(tag('sale'));
    applied.record(key('1'));

    expect(applied.firstCovering(mark, 'products', '1', [])).toBe(1);
    expect(applied.firstCovering(mark, 'products', '2', ['sale'])).toBe(2);
    expect(applied.firstCovering(mark, 'products', '2', [])).toBeUndefined();
  });

  it('does not fence a load that began after the invalidation', () => {
    const applied = new AppliedInvalidations();
    const older = applied.begin();
    applied.record(EVERYTHING);
    const mark = applied.begin();

    expect(applied.firstCovering(older, 'products', '1', [])).toBe(1);
    expect(applied.firstCovering(mark, 'products', '1', [])).toBeUndefined();
  });

  it('reaches back to the start of the oldest running load, also when younger ones have ended', () => {
    const applied = new AppliedInvalidations();
    const oldest = applied.begin();
    applied.record(key('1'));
    const younger = applied.begin();
    applied.record(key('2'));
    applied.end(younger);

    expect(applied.firstCovering(oldest, 'products', '1', [])).toBe(1);
  });

  it('still fences younger loads when the oldest has ended', () => {
    const applied = new AppliedInvalidations();
    const oldest = applied.begin();
    applied.record(key('1'));
    const younger = applied.begin();
    applied.record(key('2'));
    applied.end(oldest);

    expect(applied.firstCovering(younger, 'products', '2', [])).toBe(2);
  });

  it('counts every invalidation, also while no load runs', () => {
    const applied = new AppliedInvalidations();
    applied.record(key('1'));
    applied.record(key('2'));
    expect(applied.sequence).toBe(2);
    expect(applied.begin().sequence).toBe(2);
  });

  it('is bounded in number: beyond it, every running load is fenced', () => {
    const applied = new AppliedInvalidations();
    const mark = applied.begin();
    for (let index = 0; index < OVERFLOW; index += 1) applied.record(key(String(index)));

    expect(applied.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
  });

  it('after an overflow fences a load that began in between, by the first invalidation that was forgotten', () => {
    const applied = new AppliedInvalidations();
    const oldest = applied.begin();
    for (let index = 0; index < 50; index += 1) applied.record(key(String(index)));
    const younger = applied.begin();
    for (let index = 0; index < OVERFLOW; index += 1) applied.record(key(String(index)));

    expect(applied.firstCovering(oldest, 'prices', '1', [])).toBe(1);
    // Not by the last: who joined in between would be given what it can no longer be proven to be.
    expect(applied.firstCovering(younger, 'prices', '1', [])).toBe(51);
  });

  it('after an overflow does not fence loads that begin later, and goes on', () => {
    const applied = new AppliedInvalidations();
    applied.begin();
    for (let index = 0; index < OVERFLOW; index += 1) applied.record(key(String(index)));
    const mark = applied.begin();

    expect(applied.firstCovering(mark, 'products', '1', [])).toBeUndefined();
    applied.record(key('1'));
    expect(applied.firstCovering(mark, 'products', '1', [])).toBe(applied.sequence);
  });

  it('counts a wide message by its targets, not as one', () => {
    const applied = new AppliedInvalidations();
    const mark = applied.begin();
    applied.record(
      invalidationOf(Array.from({ length: OVERFLOW }, (_, index) => ({ kind: 'key', region: 'r', key: `${index}` }))),
    );
    expect(applied.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
  });

  it('is bounded in text too, as the targets of others can be long', () => {
    const applied = new AppliedInvalidations();
    const mark = applied.begin();
    for (let index = 0; index < 5; index += 1) applied.record(key(`${index}`.padStart(1 << 20)));
    expect(applied.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
    expect(applied.firstCovering(applied.begin(), 'prices', 'never named', [])).toBeUndefined();
  });
});
