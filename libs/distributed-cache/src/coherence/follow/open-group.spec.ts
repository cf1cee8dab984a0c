import { describe, expect, it } from 'vitest';
import { invalidationOf } from '../../protocol/invalidation.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { AppliedInvalidations } from '../applied-invalidations.js';
import { isAfter } from '../../redis/link/stream-id.js';
import { OpenGroup } from './open-group.js';

function following() {
  const clock = new ManualClock();
  const applied = new AppliedInvalidations();
  const acknowledged: string[] = [];
  const group = new OpenGroup(applied, clock, isAfter, (token) => acknowledged.push(token));
  return { clock, applied, acknowledged, group };
}

/** What a result was served in that is served something now. */
function openGroups({ openGroup }: AppliedInvalidations) {
  return openGroup ? [{ group: openGroup }] : [];
}

const page = invalidationOf([{ kind: 'key', region: 'pages', key: '1' }]);

describe('a group of invalidations', () => {
  it('lasts from the first part of an eviction to its last', () => {
    const { applied, group } = following();
    group.part('a', '1-0', true);
    expect(applied.openGroup).toBeDefined();
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeDefined();
    group.part('a', '2-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeUndefined();
  });

  it('does not begin with an eviction that is one message', () => {
    const { applied, group } = following();
    group.part('a', '1-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeUndefined();
  });

  it('ends only when the parts of every sender have been applied', () => {
    const { applied, group } = following();
    group.part('a', '1-0', true);
    group.part('b', '2-0', true);
    group.part('a', '3-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeDefined();
    group.part('b', '4-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeUndefined();
  });

  it('lasts while entries of the log may be missing, whatever doorbells arrive, until a sync is complete', () => {
    const { applied, group } = following();
    group.fellBehind();
    group.part('a', '1-0', true);
    group.part('a', '2-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeDefined();
    group.caughtUp(undefined, 1);
    expect(applied.openGroup).toBeUndefined();
  });

  it('ends with a sync that was sent a minute after the last part, if its sender has died', async () => {
    const { clock, applied, group } = following();
    group.part('a', '1-0', true);
    await clock.advance('60s');
    group.caughtUp(undefined, clock.now());
    expect(applied.openGroup).toBeDefined();
    await clock.advance(1);
    group.caughtUp(undefined, clock.now());
    expect(applied.openGroup).toBeUndefined();
  });

  it('is not ended by an older message of the sender that a sync brings again', () => {
    const { applied, group } = following();
    group.part('a', '2-0', true);
    group.part('a', '1-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeDefined();
    group.part('a', '3-0', false);
    group.caughtUp(undefined);
    expect(applied.openGroup).toBeUndefined();
  });

  it('does not begin again with a part that a sync brings again', () => {
    const { applied, group } = following();
    group.fellBehind();
    group.part('a', '1-0', true);
    group.part('a', '2-0', false);
    group.part('a', '1-0', true);
    group.caughtUp(undefined, 1);
    expect(applied.openGroup).toBeUndefined();
  });

  it('does not begin again with a doorbell that comes after a sync has brought its entry and the last part', () => {
    const { applied, group } = following();
    group.fellBehind();
    group.part('a', '1-0', true);
    group.part('a', '2-0', false);
    group.caughtUp('2-0', 1);
    group.part('a', '1-0', true);
    expect(applied.openGroup).toBeUndefined();
  });

  it('begins with a part that comes after the end of the one before it', () => {
    const { applied, group } = following();
    group.fellBehind();
    group.caughtUp('2-0', 1);
    group.part('a', '3-0', true);
    expect(applied.openGroup).toBeDefined();
  });

  it('holds the acknowledgement of a last part back, also when a sync brings it again', () => {
    const { acknowledged, group } = following();
    group.fellBehind();
    group.part('a', '1-0', true);
    group.applied('last', group.part('a', '2-0', false), undefined);
    group.applied('last', group.part('a', '2-0', false), undefined);
    expect(acknowledged).toEqual([]);
    group.caughtUp(undefined, 1);
    expect(acknowledged).toEqual(['last', 'last']);
  });

  it('begins with the parts of another server, whose ids may be smaller', () => {
    const { applied, group } = following();
    group.fellBehind();
    group.part('a', '8-0', true);
    group.part('a', '9-0', false);
    group.caughtUp('9-0', 1);
    group.startedOver();
    group.part('a', '1-0', true);
    group.caughtUp('1-0', 2);
    expect(applied.openGroup).toBeDefined();
  });

  it('ends when the instance starts over: no copy is left that a part could remove', () => {
    const { applied, group } = following();
    group.part('a', '1-0', true);
    group.fellBehind();
    group.startedOver();
    group.caughtUp(undefined, 1);
    expect(applied.openGroup).toBeUndefined();
  });

  it('does not hold back the acknowledgement of an eviction that is one message', () => {
    const { acknowledged, group } = following();
    group.part('a', '1-0', true);
    group.applied('of b', group.part('b', '2-0', false), undefined);
    expect(acknowledged).toEqual(['of b']);
  });

  it('holds acknowledgements back until it has ended', () => {
    const { acknowledged, group } = following();
    group.part('a', '1-0', true);
    group.applied('first', true, undefined);
    group.part('a', '2-0', false);
    group.applied('last', true, undefined);
    expect(acknowledged).toEqual([]);
    group.caughtUp(undefined);
    expect(acknowledged).toEqual(['first', 'last']);
    group.applied('alone', false, undefined);
    expect(acknowledged).toEqual(['first', 'last', 'alone']);
  });

  it('of senders without end, as a forger can claim to be, is bounded', () => {
    const { applied, group } = following();
    for (let index = 0; index < 5_000; index += 1) group.part(`forged-${index}`, `${index}-0`, true);
    for (let index = 0; index < 5_000; index += 1) group.part(`forged-${index}`, `${10_000 + index}-0`, false);
    group.caughtUp(undefined);
    // Those beyond the bound count as one unknown sender.
    expect(applied.openGroup).toBeDefined();
  });
});

/** A page was evicted by the first part of an eviction; then a load of it began and was served something. */
function pageBegunInAGroup() {
  const { applied, group } = following();
  group.part('a', '1-0', true);
  applied.record(page);
  return { applied, group, mark: applied.begin(), servedIn: openGroups(applied) };
}

describe('a result that was served a copy inside of a group', () => {
  it('is overtaken by what the group had applied before it began, from the end of the group on', () => {
    const { applied, group, mark, servedIn } = pageBegunInAGroup();
    expect(applied.overtakenAt(mark, 'pages', '1', [])).toBeUndefined();
    expect(applied.overtakenAt(mark, 'pages', '2', [], servedIn)).toBeUndefined();
    expect(applied.overtakenAt(mark, 'pages', '1', [], servedIn)).toBe(applied.sequence + 1);
    group.part('a', '2-0', false);
    group.caughtUp(undefined);
    expect(applied.overtakenAt(mark, 'pages', '1', [], servedIn)).toBe(applied.sequence);
    applied.end(mark);
  });

  it('is overtaken at the end of the group, also when something that comes later covers it', () => {
    const { applied, group, mark, servedIn } = pageBegunInAGroup();
    group.part('a', '2-0', false);
    group.caughtUp(undefined);
    const ended = applied.sequence;
    applied.record(page);
    expect(applied.overtakenAt(mark, 'pages', '1', [], servedIn)).toBe(ended);
    applied.end(mark);
  });

  it('is overtaken by what the group in which it began had applied, also when it was served something in a later group first', () => {
    const { applied, group, mark, servedIn } = pageBegunInAGroup();
    group.part('a', '2-0', false);
    group.caughtUp(undefined);
    const ended = applied.sequence;
    group.part('a', '3-0', true);
    expect(applied.overtakenAt(mark, 'pages', '1', [], [...openGroups(applied), ...servedIn])).toBe(ended);
    applied.end(mark);
  });

  it('is not overtaken by what this instance evicts itself: that takes effect at once', () => {
    const { applied, group } = following();
    group.fellBehind();
    applied.record(page, true);
    const mark = applied.begin();
    expect(applied.overtakenAt(mark, 'pages', '1', [], openGroups(applied))).toBeUndefined();
    applied.end(mark);
  });
});
