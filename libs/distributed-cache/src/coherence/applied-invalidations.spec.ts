import { describe, expect, it } from 'vitest';
import { EVERYTHING, invalidationOf, type Invalidation } from '../protocol/invalidation.js';
import { Journal } from './applied-invalidations.js';

const OVERFLOW = 10_001;

const key = (name: string): Invalidation => invalidationOf([{ kind: 'key', region: 'products', key: name }]);
const tag = (name: string): Invalidation => invalidationOf([{ kind: 'tag', tag: name }]);

describe('Journal', () => {
  it('tells of the first invalidation since the start that covers the key, its region or its tags', () => {
    const journal = new Journal();
    const mark = journal.begin();
    journal.record(key('1'));
    journal.record(tag('sale'));
    journal.record(key('1'));

    expect(journal.firstCovering(mark, 'products', '1', [])).toBe(1);
    expect(journal.firstCovering(mark, 'products', '2', ['sale'])).toBe(2);
    expect(journal.firstCovering(mark, 'products', '2', [])).toBeUndefined();
  });

  it('holds nothing against what began after the invalidation', () => {
    const journal = new Journal();
    const older = journal.begin();
    journal.record(EVERYTHING);
    const mark = journal.begin();

    expect(journal.firstCovering(older, 'products', '1', [])).toBe(1);
    expect(journal.firstCovering(mark, 'products', '1', [])).toBeUndefined();
  });

  it('reaches back to the oldest that runs, also when younger ones have ended', () => {
    const journal = new Journal();
    const oldest = journal.begin();
    journal.record(key('1'));
    const younger = journal.begin();
    journal.record(key('2'));
    journal.end(younger);

    expect(journal.firstCovering(oldest, 'products', '1', [])).toBe(1);
  });

  it('goes on to fence the younger when the oldest has ended', () => {
    const journal = new Journal();
    const oldest = journal.begin();
    journal.record(key('1'));
    const younger = journal.begin();
    journal.record(key('2'));
    journal.end(oldest);

    expect(journal.firstCovering(younger, 'products', '2', [])).toBe(2);
  });

  it('counts every invalidation, also while nothing runs', () => {
    const journal = new Journal();
    journal.record(key('1'));
    journal.record(key('2'));
    expect(journal.sequence).toBe(2);
    expect(journal.begin().sequence).toBe(2);
  });

  it('is bounded: what overflows counts as everything for all that ran', () => {
    const journal = new Journal();
    const mark = journal.begin();
    for (let index = 0; index < OVERFLOW; index += 1) journal.record(key(String(index)));

    expect(journal.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
  });

  it('that overflowed fences one who began in between by the first invalidation it no longer knows', () => {
    const journal = new Journal();
    const oldest = journal.begin();
    for (let index = 0; index < 50; index += 1) journal.record(key(String(index)));
    const younger = journal.begin();
    for (let index = 0; index < OVERFLOW; index += 1) journal.record(key(String(index)));

    expect(journal.firstCovering(oldest, 'prices', '1', [])).toBe(1);
    // Not by the last: who joined in between would be given what it can no longer be proven to be.
    expect(journal.firstCovering(younger, 'prices', '1', [])).toBe(51);
  });

  it('that overflowed holds nothing against what began afterwards, and goes on', () => {
    const journal = new Journal();
    journal.begin();
    for (let index = 0; index < OVERFLOW; index += 1) journal.record(key(String(index)));
    const mark = journal.begin();

    expect(journal.firstCovering(mark, 'products', '1', [])).toBeUndefined();
    journal.record(key('1'));
    expect(journal.firstCovering(mark, 'products', '1', [])).toBe(journal.sequence);
  });

  it('counts a wide message by its names, not as one', () => {
    const journal = new Journal();
    const mark = journal.begin();
    journal.record(
      invalidationOf(Array.from({ length: OVERFLOW }, (_, index) => ({ kind: 'key', region: 'r', key: `${index}` }))),
    );
    expect(journal.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
  });

  it('is bounded in text too: what others publish can be long', () => {
    const journal = new Journal();
    const mark = journal.begin();
    for (let index = 0; index < 5; index += 1) journal.record(key(`${index}`.padStart(1 << 20)));
    expect(journal.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
    expect(journal.firstCovering(journal.begin(), 'prices', 'never named', [])).toBeUndefined();
  });
});
