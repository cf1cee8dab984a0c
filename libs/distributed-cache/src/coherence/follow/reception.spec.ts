import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { noopLogger } from '../../common/logger.js';
import { Operations } from '../../common/operations.js';
import { beginningOfMessages, encodeInvalidation, encodeNoOp } from '../../protocol/invalidation-message.js';
import type { InvalidationTarget } from '../../protocol/invalidation.js';
import { isAfter } from '../../redis/link/stream-id.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { AppliedInvalidations } from '../applied-invalidations.js';
import { newBridgeCounts } from '../bridge-stats.js';
import { OpenGroup } from './open-group.js';
import { Reception } from './reception.js';

const LIST: InvalidationTarget = { kind: 'key', region: 'lists', key: '1' };
const ROW: InvalidationTarget = { kind: 'key', region: 'items', key: '1' };

function receiving() {
  const applied = new AppliedInvalidations();
  const acknowledged: string[] = [];
  const group = new OpenGroup(applied, new ManualClock(), isAfter, (token) => acknowledged.push(token));
  const reception = new Reception({
    namespace: 'n',
    instanceId: 'b',
    applied,
    group,
    stats: newBridgeCounts(),
    operations: new Operations(noopLogger),
    events: { heardOwn: () => {}, applyInvalidation: () => {}, malformed: () => expect.unreachable() },
  });
  /** A message of instance A. `id`: of its entry; `undefined`: the log has refused it. */
  const receive = (id: string | undefined, target: InvalidationTarget, token: string, hasMore = false): void => {
    reception.apply(encodeInvalidation('a', [target], token, hasMore), id);
    group.caughtUp(id);
  };
  return { applied, acknowledged, reception, receive };
}

describe('a message of this instance', () => {
  it('is not decoded: after a burst of evictions very many of them come back', () => {
    const { reception } = receiving();
    const decode = vi.spyOn(JSON, 'parse');
    onTestFinished(() => decode.mockRestore());
    reception.apply(encodeInvalidation('b', [ROW]), '1-0');
    expect(decode).not.toHaveBeenCalled();
    reception.apply(encodeInvalidation('b2', [ROW]), '2-0');
    expect(decode).toHaveBeenCalledOnce();
  });

  it.each(['a', 'host"1', 'host\\1', 'wirt-ä', ''])(
    'is known by its beginning, whatever its sender is called: %j',
    (from) => {
      const beginning = beginningOfMessages(from);
      expect(encodeInvalidation(from, [ROW], 'token', true).startsWith(beginning)).toBe(true);
      expect(encodeNoOp(from, 'random').startsWith(beginning)).toBe(true);
    },
  );
});

describe('a message that the log has refused', () => {
  it('does not end the group of another eviction of its sender', () => {
    const { applied, receive } = receiving();
    receive('1-0', LIST, 'first', true);
    receive(undefined, LIST, 'next', true);
    receive(undefined, ROW, 'its last');
    expect(applied.openGroup).toBeDefined();
    receive('2-0', ROW, 'last');
    expect(applied.openGroup).toBeUndefined();
  });

  it('begins no group: its sender sends all parts again', () => {
    const { applied, receive } = receiving();
    receive(undefined, LIST, 'first', true);
    expect(applied.openGroup).toBeUndefined();
  });

  it('is not acknowledged if more parts follow, and is when it comes again with them', () => {
    const { acknowledged, receive } = receiving();
    receive(undefined, LIST, 'first', true);
    expect(acknowledged).toEqual([]);
    receive('1-0', LIST, 'first', true);
    receive('2-0', ROW, 'last');
    expect(acknowledged).toEqual(['first', 'last']);
  });

  it('is acknowledged at once if it is all of an eviction', () => {
    const { acknowledged, receive } = receiving();
    receive(undefined, LIST, 'only');
    expect(acknowledged).toEqual(['only']);
  });
});
