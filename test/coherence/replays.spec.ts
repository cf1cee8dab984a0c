import { describe, expect, it } from 'vitest';
import type { SyncReply } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { encodeInvalidation } from '../../libs/distributed-cache/src/protocol/invalidation-message.js';
import { isAfter } from '../../libs/distributed-cache/src/redis/link/stream-id.js';
import { MadeValue, type Origin, type Part } from './made-value.js';
import type { Moment } from './moments.js';
import { Replays } from './replays.js';
import { keyOf } from './shop.js';

const CHAIR = { region: 'items', key: 'chair' };
const LIST = { region: 'lists', key: 'all' };

const at = (sequence: number): Moment => ({ sequence, time: sequence });
const originOf = (entry: { readonly region: string; readonly key: string }, began: number): Origin => ({
  ...entry,
  id: began,
  kind: 'load',
  instance: 'b',
  began: at(began),
  tags: [],
  since: began,
  ownEviction: undefined,
  flight: undefined,
  expiresAt: undefined,
  isKept: false,
});
const evicting = (id: string, entry: typeof CHAIR, from = 'a', hasMore = false) => ({
  id,
  payload: encodeInvalidation(from, [keyOf(entry)], undefined, hasMore),
  age: 0,
});
const reply = (entries: SyncReply['entries'], complete = true, newest = '9-0'): SyncReply => ({
  epoch: 'e',
  newest: { id: newest, hash: '' },
  continuous: true,
  entries,
  complete,
  settings: [],
  members: [],
});

/** A list that was loaded at 11, of a copy of the chair that was loaded at 1. */
const chair: Part = { row: 'chair', version: 1, from: originOf(CHAIR, 1) };
const list = new MadeValue([chair], originOf(LIST, 11));

describe('A replay', () => {
  it('that brought the evictions of a list and of its row in two answers, forbids the list to whoever asks after the last answer', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([evicting('1-0', LIST)], false), 'b', at(10));
    replays.received(reply([evicting('2-0', CHAIR)]), 'b', at(12));
    expect(replays.broughtBoth(list, chair, at(12))).toBe(false);
    expect(replays.broughtBoth(list, chair, at(13))).toBe(true);
  });

  it('that brought only one of the two evictions forbids nothing', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([evicting('1-0', LIST)]), 'b', at(10));
    replays.received(reply([evicting('2-0', CHAIR)]), 'b', at(12));
    expect(replays.broughtBoth(list, chair, at(13))).toBe(false);
  });

  it('forbids nothing that is made of a copy loaded since', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([evicting('1-0', LIST), evicting('2-0', CHAIR)]), 'b', at(10));
    const part: Part = { ...chair, from: originOf(CHAIR, 11) };
    expect(replays.broughtBoth(new MadeValue([part], originOf(LIST, 12)), part, at(13))).toBe(false);
  });

  it('does not count evictions of the instance itself: they have taken effect before', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([evicting('1-0', LIST, 'b'), evicting('2-0', CHAIR)]), 'b', at(10));
    expect(replays.broughtBoth(list, chair, at(13))).toBe(false);
  });

  it('is not known to have ended while the channel has brought newer entries, or parts of an eviction are missing', () => {
    const both = [evicting('1-0', LIST), evicting('2-0', CHAIR)];
    const behind = new Replays({ isAfter });
    behind.heard({ payload: encodeInvalidation('a', [keyOf(CHAIR)]), entry: { id: '9-1', previousId: '8-0' } });
    behind.received(reply(both), 'b', at(10));
    const inParts = new Replays({ isAfter });
    inParts.received(reply([...both, evicting('3-0', CHAIR, 'c', true)]), 'b', at(10));
    expect([behind, inParts].map((replays) => replays.broughtBoth(list, chair, at(13)))).toEqual([false, false]);
  });

  it('that the log cannot bring, since it is another log, forbids nothing: the instance drops everything', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([evicting('1-0', LIST)], false), 'b', at(10));
    replays.received({ ...reply([]), continuous: false }, 'b', at(11));
    replays.received(reply([evicting('2-0', CHAIR)]), 'b', at(12));
    expect(replays.broughtBoth(list, chair, at(13))).toBe(false);
  });
});

describe('A group of an instance', () => {
  it('is open from the moment at which a sync is sent until its last answer', () => {
    const replays = new Replays({ isAfter });
    expect(replays.isGroupOpen).toBe(false);
    replays.asked();
    replays.received(reply([evicting('1-0', LIST)], false), 'b', at(1));
    expect(replays.isGroupOpen).toBe(true);
    replays.received(reply([]), 'b', at(2));
    expect(replays.isGroupOpen).toBe(false);
  });

  it('is open after a gap, until a sync has closed it', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([]), 'b', at(1));
    replays.heard({ payload: encodeInvalidation('a', [keyOf(CHAIR)]), entry: { id: '9-2', previousId: '9-1' } });
    expect(replays.isGroupOpen).toBe(true);
    replays.received(reply([evicting('9-1', LIST)], true, '9-2'), 'b', at(2));
    expect(replays.isGroupOpen).toBe(false);
  });

  it('is open while parts of an eviction are missing', () => {
    const replays = new Replays({ isAfter });
    replays.received(reply([evicting('8-0', LIST, 'a', true)]), 'b', at(1));
    expect(replays.isGroupOpen).toBe(true);
    replays.heard({ payload: encodeInvalidation('a', [keyOf(CHAIR)]), entry: { id: '9-1', previousId: '9-0' } });
    expect(replays.isGroupOpen).toBe(false);
  });
});
