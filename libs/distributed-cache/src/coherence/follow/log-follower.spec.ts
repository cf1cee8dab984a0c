import { describe, expect, it } from 'vitest';
import { syncReply } from '../../../../../test/support/bridges/scripted-bridge.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { newBridgeCounts } from '../bridge-stats.js';
import type { Doorbell, LogEntry, SyncReply } from '../../protocol/invalidation-bridge.js';
import { LogFollower, type LogRequest } from './log-follower.js';
import { advance } from '../../protocol/position.js';
import { isAfter } from '../../redis/link/stream-id.js';

const MOST_HELD = 10_000;

interface Following {
  readonly follower: LogFollower;
  readonly clock: ManualClock;
  readonly stats: ReturnType<typeof newBridgeCounts>;
  readonly applied: string[];
  readonly sync: (...replies: SyncReply[]) => ReturnType<LogFollower['sync']>;
  /** The same, with these heard after it was asked for and before it is answered. */
  readonly syncHearing: (bells: readonly Doorbell[], reply: SyncReply) => ReturnType<LogFollower['sync']>;
}

function following(): Following {
  const stats = newBridgeCounts();
  const applied: string[] = [];
  const events = {
    apply: (payload: string) => void applied.push(payload),
    flush: () => void applied.push('FLUSH'),
    fellBehind() {},
    caughtUp() {},
  };
  const clock = new ManualClock();
  const follower = new LogFollower(clock, stats, events, () => 'no-op', isAfter);
  const sync = (...replies: SyncReply[]): ReturnType<LogFollower['sync']> => {
    const ask = async (_request: LogRequest): Promise<SyncReply> => replies.shift() ?? syncReply();
    return follower.sync(ask, false, () => false);
  };
  const syncHearing = (bells: readonly Doorbell[], reply: SyncReply): ReturnType<LogFollower['sync']> => {
    const ask = async (): Promise<SyncReply> => {
      for (const each of bells) follower.heard(each);
      return reply;
    };
    return follower.sync(ask, false, () => false);
  };
  return { follower, clock, stats, applied, sync, syncHearing };
}

/** A follower that stands at entry 1-0 of the log. */
async function synced(): Promise<Following> {
  const log = following();
  await log.sync(syncReply());
  log.applied.length = 0;
  return log;
}

const bell = (id: string, previousId: string | undefined, payload = id): Doorbell => ({
  payload,
  entry: { id, previousId },
});

/** The reply to a follower at 1-0 that brings these entries. */
function replay(...entries: LogEntry[]): SyncReply {
  let newest = { id: '1-0', hash: 'h1' };
  for (const { id, payload } of entries) newest = advance(newest.hash, id, payload);
  return syncReply({ continuous: true, entries, newest });
}

describe('a doorbell', () => {
  it('is always applied: also twice, with any id, after a gap, during a gap and without ids', async () => {
    const { follower, applied } = await synced();
    follower.heard(bell('2-0', '1-0', 'next'));
    follower.heard(bell('2-0', '1-0', 'again'));
    follower.heard(bell('0-5', '0-4', 'older than our position'));
    follower.heard(bell('9-0', '8-0', 'after a gap'));
    follower.heard(bell('9-1', '9-0', 'while the gap is open'));
    follower.heard({ payload: 'plain', entry: undefined });
    const payloads = ['next', 'again', 'older than our position', 'after a gap', 'while the gap is open', 'plain'];
    expect(applied).toEqual(payloads);
  });

  it('is applied before the first sync too', () => {
    const { follower, applied } = following();
    follower.heard(bell('5-0', '4-0', 'early'));
    expect(applied).toEqual(['early']);
  });

  it('whose previous id is the id of our position advances it, and the hash with it', async () => {
    const { follower, stats } = await synced();
    expect(follower.heard(bell('2-0', '1-0', 'two'))).toBe(false);
    expect(follower.heard(bell('3-0', '2-0', 'three'))).toBe(false);
    expect(follower.position).toEqual(advance(advance('h1', '2-0', 'two').hash, '3-0', 'three'));
    expect(stats.gaps).toBe(0);
  });

  it('whose id is not after the position only counts as a duplicate', async () => {
    const { follower, stats } = await synced();
    follower.heard(bell('2-0', '1-0'));
    const { position } = follower;

    expect(follower.heard(bell('2-0', '1-0'))).toBe(false);
    expect(follower.heard(bell('0-5', '0-4'))).toBe(false);
    expect(follower.position).toBe(position);
    expect(stats).toMatchObject({ duplicates: 2, gaps: 0 });
  });

  it('that does not continue the position is a gap, and leaves the position', async () => {
    const { follower, stats } = await synced();
    expect(follower.heard(bell('3-0', '2-0'))).toBe(true);
    expect(follower.position).toEqual({ id: '1-0', hash: 'h1' });
    expect(stats.gaps).toBe(1);
  });

  it('without a previous entry never continues the position: it begins another log', async () => {
    const { follower } = await synced();
    expect(follower.heard(bell('2-0', undefined))).toBe(true);
    expect(follower.position).toEqual({ id: '1-0', hash: 'h1' });
  });

  it('without ids does not move the position, as it is not in the log', async () => {
    const { follower, stats } = await synced();
    expect(follower.heard({ payload: 'plain', entry: undefined })).toBe(false);
    expect(follower.position).toEqual({ id: '1-0', hash: 'h1' });
    expect(stats).toMatchObject({ duplicates: 0, gaps: 0 });
  });

  it('before the first sync of a link does not move the position', async () => {
    const { follower } = await synced();
    follower.linkOpened();
    expect(follower.heard(bell('2-0', '1-0'))).toBe(false);
    expect(follower.position).toEqual({ id: '1-0', hash: 'h1' });
  });
});

describe('doorbells that are held while a sync closes the gap', () => {
  it('cause no further sync, and move the position afterwards', async () => {
    const { follower, stats, syncHearing } = await synced();
    follower.heard(bell('3-0', '2-0', 'three'));
    const missing = replay({ id: '2-0', payload: 'two', age: 0 }, { id: '3-0', payload: 'three', age: 0 });

    const outcome = await syncHearing([bell('4-0', '3-0', 'four'), bell('5-0', '4-0', 'five')], missing);
    expect(outcome).toMatchObject({ kind: 'complete', hasGap: false });
    const { hash } = advance(missing.newest.hash, '4-0', 'four');
    expect(follower.position).toEqual(advance(hash, '5-0', 'five'));
    expect(stats.gaps).toBe(1);
  });

  it('cause one more sync when they still leave a gap, and are held until that is sent', async () => {
    const { follower, sync, syncHearing } = await synced();
    const two = replay({ id: '2-0', payload: 'two', age: 0 });
    expect(await syncHearing([bell('5-0', '4-0', 'five')], two)).toMatchObject({ hasGap: true });
    expect(follower.position?.id).toBe('2-0');

    let newest = { id: '2-0', hash: two.newest.hash };
    const rest = ['3-0', '4-0', '5-0'].map((id) => ({ id, payload: id, age: 0 }));
    for (const { id, payload } of rest) newest = advance(newest.hash, id, payload);
    expect(await sync(syncReply({ continuous: true, entries: rest, newest }))).toMatchObject({ hasGap: false });
    expect(follower.position?.id).toBe('5-0');
  });

  it('and arrived before it was sent are dropped: one that is not in the answer was forged', async () => {
    const { follower, stats, sync } = await synced();
    follower.heard(bell('18446744073709551615-0', '17-0', 'forged'));
    expect(await sync(replay({ id: '2-0', payload: 'two', age: 0 }))).toMatchObject({ hasGap: false });
    expect(follower.heard(bell('3-0', '2-0'))).toBe(false);
    expect(follower.position?.id).toBe('3-0');
    expect(stats.gaps).toBe(1);
  });

  it('are followed by doorbells that move the position at once', async () => {
    const { follower, sync } = await synced();
    follower.heard(bell('3-0', '2-0'));
    await sync(replay({ id: '2-0', payload: '2-0', age: 0 }, { id: '3-0', payload: '3-0', age: 0 }));
    expect(follower.heard(bell('4-0', '3-0'))).toBe(false);
    expect(follower.position?.id).toBe('4-0');
  });

  it('are bounded: one more sync fetches the entries of those that were not held', async () => {
    const { syncHearing } = await synced();
    const bells = Array.from({ length: MOST_HELD + 1 }, (_, index) => bell(`${index + 2}-0`, `${index + 1}-0`));
    expect(await syncHearing(bells, replay())).toMatchObject({ hasGap: true });
  });

  it('do not count as missed when some of them were not held', async () => {
    const { follower, sync, clock } = await synced();
    follower.heard(bell('9-0', '8-0', 'a gap'));
    for (let index = 0; index < MOST_HELD; index += 1) follower.heard(bell('9-1', '9-0', 'a flood'));
    follower.heard(bell('2-0', '1-0', 'two'));
    await sync(replay({ id: '2-0', payload: 'two', age: 0 }));
    await clock.advance('5s');
    expect(await sync(replay())).toMatchObject({ missed: 0 });
  });

  it('are dropped with the link that delivered them', async () => {
    const { follower, sync } = await synced();
    follower.heard(bell('3-0', '2-0'));
    follower.linkOpened();
    expect(await sync(replay())).toMatchObject({ hasGap: false });
    expect(follower.position?.id).toBe('1-0');
  });
});
