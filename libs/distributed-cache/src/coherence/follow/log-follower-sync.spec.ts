import { describe, expect, it, vi } from 'vitest';
import { syncReply } from '../../../../../test/support/bridges/scripted-bridge.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { newBridgeCounts } from '../bridge-stats.js';
import type { LogEntry, SyncReply } from '../../protocol/invalidation-bridge.js';
import { LogFollower, type SyncOutcome, type LogRequest } from './log-follower.js';
import { advance } from '../../protocol/position.js';
import { isAfter } from '../../redis/link/stream-id.js';

interface Log {
  readonly clock: ManualClock;
  readonly follower: LogFollower;
  readonly stats: ReturnType<typeof newBridgeCounts>;
  /** Payloads as they were applied, and `FLUSH`. */
  readonly applied: string[];
  /** Why each `FLUSH` came. */
  readonly reasons: string[];
  readonly requests: LogRequest[];
  sync(
    replies: readonly SyncReply[],
    more?: { isFirstOfLink?: boolean; isAbandoned?: () => boolean },
  ): Promise<SyncOutcome>;
}

/** Every reply takes 10 ms. */
function newLog(): Log {
  const clock = new ManualClock(0);
  const stats = newBridgeCounts();
  const applied: string[] = [];
  const reasons: string[] = [];
  const requests: LogRequest[] = [];
  const events = {
    apply(payload: string) {
      applied.push(payload);
      return /^not announced: (.+)$/.exec(payload)?.[1];
    },
    flush(reason: string) {
      applied.push('FLUSH');
      reasons.push(reason);
    },
    fellBehind() {},
    caughtUp() {},
  };
  let noOps = 0;
  const follower = new LogFollower(clock, stats, events, () => `no-op ${(noOps += 1)}`, isAfter);
  const sync: Log['sync'] = (replies, { isFirstOfLink = false, isAbandoned = () => false } = {}) => {
    const rest = [...replies];
    const ask = async (request: LogRequest): Promise<SyncReply> => {
      requests.push(request);
      await clock.advance(10);
      return rest.shift() ?? syncReply();
    };
    return follower.sync(ask, isFirstOfLink, isAbandoned);
  };
  return { clock, follower, stats, applied, reasons, requests, sync };
}

/** One that stands at 1-0 of the first run. */
async function synced(): Promise<Log> {
  const log = newLog();
  await log.sync([syncReply()], { isFirstOfLink: true });
  log.applied.length = 0;
  log.reasons.length = 0;
  log.requests.length = 0;
  return log;
}

function after(hash: string, entries: readonly LogEntry[], reply: Partial<SyncReply> = {}): SyncReply {
  let newest = { id: '1-0', hash };
  for (const { id, payload } of entries) newest = advance(newest.hash, id, payload);
  return syncReply({ continuous: true, entries, newest, ...reply });
}

describe('the first sync', () => {
  it('is never continuous, whatever the server answers: it flushes and adopts the newest position and the epoch', async () => {
    const { follower, applied, stats, requests, sync } = newLog();
    const entries = [{ id: '1-0', payload: 'one', age: 0 }];
    await sync([syncReply({ continuous: true, entries })]);

    expect(applied).toEqual(['FLUSH']);
    expect(stats.flushes).toBe(1);
    expect(follower.position).toEqual({ id: '1-0', hash: 'h1' });
    await sync([after('h1', [])]);
    expect(requests[1]).toMatchObject({ position: { id: '1-0', hash: 'h1' }, epoch: 'first-run' });
  });

  it('is sent without position and epoch, and with a random no-op for an empty log', async () => {
    const { requests, sync } = newLog();
    await sync([syncReply()]);
    await sync([after('h1', [])]);
    expect(requests[0]).toEqual({ position: undefined, epoch: undefined, noOp: 'no-op 1' });
    expect(requests[1]?.noOp).not.toBe(requests[0]?.noOp);
  });
});

describe('a sync that is continuous', () => {
  it('applies the entries after the position in their order and does not flush', async () => {
    const { follower, applied, stats, sync } = await synced();
    const reply = after('h1', [
      { id: '2-0', payload: 'two', age: 0 },
      { id: '3-0', payload: 'three', age: 0 },
    ]);
    await sync([reply]);

    expect(applied).toEqual(['two', 'three']);
    expect(follower.position).toEqual(reply.newest);
    expect(stats).toMatchObject({ replayed: 2, flushes: 1 });
  });

  it('flushes when the ids match but the computed hash does not: an entry was written without the chain', async () => {
    const { follower, applied, sync } = await synced();
    const entries = [{ id: '2-0', payload: 'two', age: 0 }];
    await sync([syncReply({ continuous: true, entries, newest: { id: '2-0', hash: 'another history' } })]);

    expect(applied).toEqual(['two', 'FLUSH']);
    expect(follower.position).toEqual({ id: '2-0', hash: 'another history' });
  });

  it('in chunks asks for each from the end of the previous one, which proves that it continues', async () => {
    const { applied, requests, sync } = await synced();
    const two = after('h1', [{ id: '2-0', payload: 'two', age: 0 }], { complete: false });
    const three = advance(two.newest.hash, '3-0', 'three');
    await sync([
      two,
      syncReply({ continuous: true, entries: [{ id: '3-0', payload: 'three', age: 0 }], newest: three }),
    ]);

    expect(applied).toEqual(['two', 'three']);
    expect(requests.map(({ position }) => position)).toEqual([{ id: '1-0', hash: 'h1' }, two.newest]);
  });

  it('flushes when a later chunk is not continuous', async () => {
    const { follower, applied, sync } = await synced();
    const two = after('h1', [{ id: '2-0', payload: 'two', age: 0 }], { complete: false });
    await sync([two, syncReply({ newest: { id: '9-0', hash: 'h9' } })]);

    expect(applied).toEqual(['two', 'FLUSH']);
    expect(follower.position).toEqual({ id: '9-0', hash: 'h9' });
  });

  it('dates the lease from the request of its last chunk', async () => {
    const { clock, sync } = await synced();
    const startedAt = clock.now();
    const two = after('h1', [{ id: '2-0', payload: 'two', age: 0 }], { complete: false });
    const last = syncReply({ continuous: true, newest: two.newest });
    expect(await sync([two, last])).toMatchObject({ kind: 'complete', sentAt: startedAt + 10 });
  });
});

describe('a sync that is not continuous', () => {
  it('flushes and adopts the newest position and the epoch', async () => {
    const { follower, applied, requests, sync } = await synced();
    await sync([syncReply({ epoch: 'second-run', newest: { id: '7-0', hash: 'h7' } })]);
    expect(applied).toEqual(['FLUSH']);
    expect(follower.position).toEqual({ id: '7-0', hash: 'h7' });

    await sync([syncReply({ continuous: true, epoch: 'second-run', newest: { id: '7-0', hash: 'h7' } })]);
    expect(requests[1]).toMatchObject({ position: { id: '7-0', hash: 'h7' }, epoch: 'second-run' });
  });

  it('is the first one of every link to a server without an epoch, which may be another server', async () => {
    const log = newLog();
    await log.sync([syncReply({ epoch: undefined })], { isFirstOfLink: true });
    await log.sync([after('h1', [], { epoch: undefined })]);
    expect(log.applied).toEqual(['FLUSH']);

    log.follower.linkOpened();
    await log.sync([after('h1', [], { epoch: undefined })], { isFirstOfLink: true });
    expect(log.applied).toEqual(['FLUSH', 'FLUSH']);
  });
});

describe('a flush says why:', () => {
  const elsewhere = { id: '7-0', hash: 'h7' };

  it.each([
    ['position-lost', syncReply({ newest: elsewhere })],
    ['other-server', syncReply({ epoch: 'second-run', newest: elsewhere })],
    ['unknown-server', syncReply({ epoch: undefined, newest: elsewhere })],
    ['keys-vanished', syncReply({ newest: elsewhere, vanished: ['log'] })],
    ['keys-vanished', syncReply({ epoch: 'new list', newest: elsewhere, vanished: ['members'] })],
    ['foreign-entry', syncReply({ continuous: true, newest: { id: '1-0', hash: 'another history' } })],
  ])('%s', async (reason, reply) => {
    const { reasons, sync } = await synced();
    await sync([reply]);
    expect(reasons).toEqual([reason]);
  });

  it('first-sync, also when the server has refused one before', async () => {
    const { follower, reasons, sync } = newLog();
    follower.forgetPosition();
    await sync([syncReply()]);
    expect(reasons).toEqual(['first-sync']);
  });

  it('position-refused, when the server has refused the position, and only then', async () => {
    const { follower, reasons, sync } = await synced();
    follower.forgetPosition();
    await sync([syncReply()]);
    await sync([syncReply({ newest: elsewhere })]);
    expect(reasons).toEqual(['position-refused', 'position-lost']);
  });
});

describe('a sync on a link that was given up meanwhile', () => {
  it('has no effect', async () => {
    const { follower, applied, sync } = await synced();
    const reply = after('h1', [{ id: '2-0', payload: 'two', age: 0 }]);
    expect(await sync([reply], { isAbandoned: () => true })).toEqual({ kind: 'abandoned' });
    expect(applied).toEqual([]);
    expect(follower.position?.id).toBe('1-0');
  });
});

describe('entries that only a sync delivers', () => {
  const late = { id: '1000-0', payload: 'old', age: 1_000 };
  const inTime = { id: '1001-0', payload: 'young', age: 999 };
  const old = { ...late, age: 59_000 };
  const young = { ...inTime, age: 58_999 };

  it('count as missed when their doorbell was due a second ago', async () => {
    const { stats, sync } = await synced();
    const outcome = await sync([after('h1', [late, inTime])]);
    expect(outcome).toMatchObject({ missed: 1 });
    expect(stats.missed).toBe(1);
  });

  it('do not count as missed when they are older than the link', async () => {
    const { stats, sync } = await synced();
    const outcome = await sync([after('h1', [old])], { isFirstOfLink: true });
    expect(outcome).toMatchObject({ missed: 0 });
    expect(stats).toMatchObject({ missed: 0, replayed: 1 });
  });

  it('do not count as missed while the channel still delivers older ones: this instance reads slowly', async () => {
    const { follower, stats, sync } = await synced();
    const outcome = sync([after('h1', [old, young])]);
    follower.heard({ payload: 'old', entry: { id: old.id, previousId: '1-0' } });
    expect(await outcome).toMatchObject({ missed: 0, hasGap: false });
    expect(stats.missed).toBe(0);
  });

  it('do not count as missed when the next entry says that the channel has carried neither', async () => {
    const { follower, stats, sync } = await synced();
    const note = { id: '1000-1', payload: `not announced: ${late.id}`, age: 1_000 };
    expect(await sync([after('h1', [late, note])])).toMatchObject({ missed: 0, hasGap: false });
    expect(stats).toMatchObject({ missed: 0, replayed: 2 });
    expect(follower.position?.id).toBe(note.id);
  });

  it('do not count as missed when the answer ends between the two', async () => {
    const { stats, sync } = await synced();
    const note = { id: '1000-1', payload: `not announced: ${late.id}`, age: 1_000 };
    const first = after('h1', [late], { complete: false });
    const position = advance('h1', late.id, late.payload);
    expect(await sync([first, after(position.hash, [note])])).toMatchObject({ missed: 0 });
    expect(stats.missed).toBe(0);
  });

  it('count as missed when a later entry, and not the next one, says so: anybody may write anything', async () => {
    const { sync } = await synced();
    const note = { id: '1002-0', payload: `not announced: ${late.id}`, age: 1_000 };
    expect(await sync([after('h1', [late, { ...inTime, age: 1_000 }, note])])).toMatchObject({ missed: 3 });
  });

  it('do not count as missed when their doorbells are held', async () => {
    const { follower, sync } = await synced();
    follower.heard({ payload: 'young', entry: { id: young.id, previousId: old.id } });
    expect(await sync([after('h1', [old, young])])).toMatchObject({ missed: 1, hasGap: false });
  });
});

describe('a long replay', () => {
  const long = Array.from({ length: 100 }, (_, index) => ({
    id: `${1_000 + index}-0`,
    payload: `${index}`.padEnd(4_096),
    age: 2_000,
  }));

  /** Calls `listener` each time that the rest waits for the next turn of the event loop. */
  const atEachTurn = ({ clock }: Log, listener: () => void): void => {
    const nextTurn = clock.nextTurn.bind(clock);
    vi.spyOn(clock, 'nextTurn').mockImplementation((callback) => {
      listener();
      nextTurn(callback);
    });
  };

  it('is applied over several turns of the event loop, in the order of the log', async () => {
    const log = await synced();
    const { follower, applied, stats, clock, sync } = log;
    const ends: number[] = [];
    atEachTurn(log, () => ends.push(applied.length));
    const syncing = sync([after('h1', long)]);
    await clock.advance(20);
    expect(await syncing).toMatchObject({ kind: 'complete', hasGap: false });
    expect(Math.max(...ends.map((end, turn) => end - (ends[turn - 1] ?? 0)))).toBe(4);
    expect(ends.at(-1)).toBe(96);
    expect(applied).toEqual(long.map(({ payload }) => payload));
    expect(follower.position?.id).toBe(long.at(-1)?.id);
    expect(stats.replayed).toBe(100);
  });

  it('is applied for a millisecond in each turn when an entry takes longer than its size tells', async () => {
    const log = await synced();
    const { applied, clock, sync } = log;
    const ends: number[] = [];
    atEachTurn(log, () => ends.push(applied.length));
    const startedAt = clock.now();
    vi.spyOn(clock, 'now').mockImplementation(() => startedAt + applied.length);
    const syncing = sync([after('h1', long.slice(0, 5))]);
    await clock.advance(20);
    await syncing;
    expect(ends).toEqual([1, 2, 3, 4]);
  });

  it('is complete only when all of it is applied, and counts from when it was asked for', async () => {
    const log = await synced();
    const { applied, clock, sync } = log;
    const asked = clock.now();
    let appliedAtEnd = 0;
    const syncing = sync([after('h1', long)]).then((outcome) => {
      appliedAtEnd = applied.length;
      return outcome;
    });
    await clock.advance(20);
    expect(await syncing).toMatchObject({ sentAt: asked });
    expect(appliedAtEnd).toBe(100);
  });

  it('ends where it is when the link is given up, with the position of what it has applied', async () => {
    const log = await synced();
    const { follower, applied, clock, sync } = log;
    const syncing = sync([after('h1', long)], { isAbandoned: () => applied.length >= 12 });
    await clock.advance(20);
    expect(await syncing).toEqual({ kind: 'abandoned' });
    expect(applied.length).toBeLessThan(20);
    expect(follower.position?.id).toBe(long[applied.length - 1]?.id);
  });

  it('does not count an entry as missed whose doorbell comes between two turns', async () => {
    const log = await synced();
    const { follower, clock, sync } = log;
    let turns = 0;
    atEachTurn(log, () => {
      turns += 1;
      if (turns !== 2) return;
      for (const [index, { id, payload }] of long.entries())
        follower.heard({ payload, entry: { id, previousId: long[index - 1]?.id ?? '1-0' } });
    });
    const syncing = sync([after('h1', long)]);
    await clock.advance(20);
    expect(await syncing).toMatchObject({ kind: 'complete', missed: 0, hasGap: false });
  });
});
