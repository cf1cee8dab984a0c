import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  covers,
  EVERYTHING,
  invalidationOf,
  type Invalidation,
  type InvalidationTarget,
} from '../protocol/invalidation.js';
import { AppliedInvalidations, type AppliedMark } from './applied-invalidations.js';
import { TargetIndex } from './target-index.js';

/** A bound for tests that go beyond it, and so many targets that they do. */
const FEW_SLOTS = 4_096;
const MANY = 10_000;

const key = (name: string): Invalidation => invalidationOf([{ kind: 'key', region: 'products', key: name }]);
const tag = (name: string): Invalidation => invalidationOf([{ kind: 'tag', tag: name }]);

describe('TargetIndex', () => {
  it('does not forget what came from another instance when this one evicts more regions than it can tell apart', () => {
    const index = new TargetIndex(1_024);
    index.add(1, key('1'), true);
    for (let number = 2; number <= 5_000; number += 1)
      index.add(number, invalidationOf([{ kind: 'key', region: `tenant-${number}`, key: '1' }]), false);
    expect(index.firstCovering(0, 'products', '1', [], false)).toBe(1);
    expect(index.firstCovering(0, 'products', '1', [], true)).toBe(1);
  });
});

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

  it('keeps a load of 10 s that 50,000 unrelated evictions a second do not cover', () => {
    const applied = new AppliedInvalidations();
    const mark = applied.begin();
    for (let index = 0; index < 500_000; index += 1) applied.record(key(String(index)));

    expect(applied.firstCovering(mark, 'products', 'another', ['sale'])).toBeUndefined();
    expect(applied.firstCovering(mark, 'prices', '1', [])).toBeUndefined();
    expect(applied.firstCovering(mark, 'products', '0', [])).toBe(1);
    expect(applied.firstCovering(mark, 'products', '250000', [])).toBe(250_001);
  });

  it('counts a target that is named again and again as one', () => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    const mark = applied.begin();
    for (let index = 0; index < MANY; index += 1) applied.record(key(String(index % 100)));

    expect(applied.firstCovering(mark, 'products', 'another', [])).toBeUndefined();
    expect(applied.firstCovering(mark, 'products', '7', [])).toBe(8);
  });

  it('fences by what came after a mark, also when the same target was named before it', () => {
    const applied = new AppliedInvalidations();
    applied.begin();
    for (let index = 0; index < 50; index += 1) applied.record(key('1'));
    const mark = applied.begin();
    for (let index = 0; index < 50; index += 1) applied.record(key('2'));
    expect(applied.firstCovering(mark, 'products', '1', [])).toBeUndefined();

    for (let index = 0; index < 50; index += 1) applied.record(key('1'));
    expect(applied.firstCovering(mark, 'products', '1', [])).toBeGreaterThan(mark.sequence);
    expect(applied.firstCovering(mark, 'products', '1', [])).toBeLessThanOrEqual(101);
  });

  it('is bounded: beyond it, it knows no keys of the oldest invalidations, but their regions', () => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    const mark = applied.begin();
    for (let index = 0; index < MANY; index += 1) applied.record(key(String(index)));

    expect(applied.firstCovering(mark, 'products', 'never named', [])).toBe(1);
    expect(applied.firstCovering(mark, 'prices', 'never named', [])).toBeUndefined();
    expect(applied.firstCovering(mark, 'prices', 'never named', ['sale'])).toBeUndefined();
  });

  it('beyond its bound, does not fence a load that began after what it no longer knows', () => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    applied.begin();
    for (let index = 0; index < MANY; index += 1) applied.record(key(String(index)));
    const mark = applied.begin();
    expect(applied.firstCovering(mark, 'products', '1', [])).toBeUndefined();

    applied.record(key('1'));
    expect(applied.firstCovering(mark, 'products', '1', [])).toBe(applied.sequence);
  });

  it('beyond its bound, fences a load that began in between by a number that none of its readers has seen', () => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    applied.begin();
    for (let index = 0; index < 50; index += 1) applied.record(key(String(index)));
    const younger = applied.begin();
    for (let index = 0; index < MANY; index += 1) applied.record(key(String(index)));
    // Not by the last: who joined in between would be given what it can no longer be proven to be.
    expect(applied.firstCovering(younger, 'products', 'never named', [])).toBe(51);
  });

  it('beyond its bound, takes every tag for one that was named', () => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    const mark = applied.begin();
    for (let index = 0; index < MANY; index += 1) applied.record(tag(String(index)));

    expect(applied.firstCovering(mark, 'prices', '1', ['never named'])).toBe(1);
    expect(applied.firstCovering(mark, 'prices', '1', [])).toBeUndefined();
  });

  it.each([
    ['too many regions', (index: number) => invalidationOf([{ kind: 'key', region: `tenant-${index}`, key: '1' }])],
    [
      'regions with names too long',
      (index: number) => invalidationOf([{ kind: 'region', region: `${index}`.padStart(1_000) }]),
    ],
  ])('beyond its bound, fences everything when there are %s', (_, invalidation) => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    const mark = applied.begin();
    for (let index = 0; index < MANY; index += 1) applied.record(invalidation(index));

    expect(applied.firstCovering(mark, 'prices', 'never named', [])).toBe(1);
    expect(applied.firstCovering(applied.begin(), 'prices', 'never named', [])).toBeUndefined();
  });

  it('counts a wide message by its targets, not as one', () => {
    const applied = new AppliedInvalidations(FEW_SLOTS);
    const mark = applied.begin();
    const targets = Array.from({ length: MANY }, (_, index) => ({
      kind: 'key' as const,
      region: 'r',
      key: `${index}`,
    }));
    applied.record(invalidationOf(targets));
    for (let index = 0; index < 20; index += 1) applied.record(key('1'));
    expect(applied.firstCovering(mark, 'r', 'never named', [])).toBe(1);
  });

  it('answers as a list of all invalidations would, or with a smaller number that is still after the mark', () => {
    const history = fc.array(fc.oneof({ weight: 8, arbitrary: STEP }, { weight: 1, arbitrary: fc.constant('end') }), {
      minLength: 40,
      maxLength: 200,
      size: 'max',
    });
    const check = (): void =>
      fc.assert(
        fc.property(history, (steps) => {
          const applied = new AppliedInvalidations();
          const model: { sequence: number; invalidation: Invalidation; isOwn: boolean }[] = [];
          const marks: AppliedMark[] = [];
          for (const step of steps) {
            if (step === 'begin' && marks.length < 4) marks.push(applied.begin());
            else if (step === 'begin') continue;
            else if (step === 'end') end(applied, marks);
            else if (step === 'group') applied.beginGroup();
            else if (step === 'endGroup') applied.endGroup();
            else {
              applied.record(invalidationOf(step.targets), step.isOwn);
              model.push({ sequence: applied.sequence, invalidation: invalidationOf(step.targets), isOwn: step.isOwn });
            }
            const { openGroup } = applied;
            const asked = marks.map((mark) => ({ after: mark.sequence, isReceived: false }));
            if (openGroup && marks.length > 0) asked.push({ after: openGroup.startedAfter, isReceived: true });
            for (const { after, isReceived } of asked) {
              for (const [name, tags] of ENTRIES) {
                const first = model.find(
                  ({ sequence, invalidation, isOwn }) =>
                    sequence > after && !(isReceived && isOwn) && covers(invalidation, 'products', name, tags),
                )?.sequence;
                const answer = applied.firstCoveringAfter(after, 'products', name, tags, isReceived);
                if (!isRight(answer, first, after, isReceived)) return false;
              }
            }
          }
          return true;
        }),
        { numRuns: 300 },
      );
    expect(check).not.toThrow();
  });

  it('keeps nothing of what no load that runs asks for', () => {
    const index = new TargetIndex();
    for (let number = 1; number <= MANY; number += 1) index.add(number, key(String(number)), true);
    expect(index.size).toBeGreaterThanOrEqual(MANY);
    index.forget(MANY - 1, MANY - 1);
    expect(index.size).toBeLessThan(MANY);
    index.forget(MANY, MANY);
    expect(index.size).toBe(0);
  });

  it('of what is evicted here, keeps nothing for a group alone', () => {
    const index = new TargetIndex();
    for (let number = 1; number <= MANY; number += 1) index.add(number, key(String(number)), false);
    index.forget(0, MANY);
    expect(index.size).toBe(0);
  });

  it('takes no more memory than its bound, however many targets there are', () => {
    const index = new TargetIndex(FEW_SLOTS);
    for (let number = 1; number <= MANY; number += 1) {
      index.add(number, invalidationOf([{ kind: 'key', region: `tenant-${number}`, key: '1' }]), true);
      expect(index.size).toBeLessThanOrEqual(FEW_SLOTS + 1_000);
    }
  });
});

type Step =
  'begin' | 'end' | 'group' | 'endGroup' | { readonly targets: readonly InvalidationTarget[]; readonly isOwn: boolean };

/** The entries that the histories ask about. */
const ENTRIES: readonly (readonly [string, readonly string[]])[] = [
  ['1', []],
  ['2', ['sale', 'new']],
];

const TARGET: fc.Arbitrary<InvalidationTarget> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('key' as const),
      region: fc.constantFrom('products', 'prices'),
      key: fc.constantFrom('1', '2', '3', '4'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tag' as const), tag: fc.constantFrom('sale', 'other') }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('region' as const), region: fc.constantFrom('products', 'prices') }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'everything' as const }) },
);

const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ targets: fc.array(TARGET, { minLength: 1, maxLength: 3 }), isOwn: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.constant('begin' as const) },
  { weight: 1, arbitrary: fc.constantFrom('group' as const, 'endGroup' as const) },
);

/** @param first - what is right; the answer may be smaller */
function isRight(answer: number | undefined, first: number | undefined, after: number, isReceived: boolean): boolean {
  if (first !== undefined) return answer !== undefined && answer > after && answer <= first;
  // Of a target that was evicted here and elsewhere, it is not known which came when.
  return answer === undefined || (isReceived && answer > after);
}

/** Ends the load in the middle: loads end in any order. */
function end(applied: AppliedInvalidations, marks: AppliedMark[]): void {
  const [mark] = marks.splice(Math.floor(marks.length / 2), 1);
  if (mark) applied.end(mark);
}
