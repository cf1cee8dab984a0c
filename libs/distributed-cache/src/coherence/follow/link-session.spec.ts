import { describe, expect, it } from 'vitest';
import { bridgeMember, peersOf } from '../../../../../test/support/bridges/bridge-member.js';
import { ScriptedBridge, syncReply } from '../../../../../test/support/bridges/scripted-bridge.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { newBridgeCounts } from '../bridge-stats.js';
import { BridgeRefusal, type Doorbell } from '../../protocol/invalidation-bridge.js';
import { LinkSession, type Vanished } from './link-session.js';
import { LogFollower } from './log-follower.js';
import { isAfter } from '../../redis/link/stream-id.js';

const HEARTBEAT = 3_000;
const COMMAND_TIMEOUT = 2_000;

interface Running {
  readonly clock: ManualClock;
  readonly bridge: ScriptedBridge;
  readonly session: LinkSession;
  readonly follower: LogFollower;
  readonly applied: string[];
  readonly syncedAt: number[];
  readonly refusals: BridgeRefusal[];
  readonly ends: Error[];
  readonly vanished: Vanished[];
  readonly syncs: () => number;
}

/** A session whose first sync is on its way. */
async function opened(): Promise<Running> {
  const clock = new ManualClock(0);
  const bridge = new ScriptedBridge();
  const applied: string[] = [];
  const syncedAt: number[] = [];
  const refusals: BridgeRefusal[] = [];
  const ends: Error[] = [];
  const vanished: Vanished[] = [];
  const follower = new LogFollower(
    clock,
    newBridgeCounts(),
    {
      apply: (payload) => void applied.push(payload),
      flush: () => void applied.push('FLUSH'),
      fellBehind() {},
      caughtUp() {},
    },
    () => 'no-op',
    isAfter,
  );
  const settings = {
    member: bridgeMember(),
    peers: peersOf(),
    commandTimeout: COMMAND_TIMEOUT,
    heartbeat: HEARTBEAT,
  };
  const session = new LinkSession(settings, clock, follower, {
    synced: (_link, sentAt) => syncedAt.push(sentAt),
    acknowledged: () => {},
    noticed: () => {},
    refused: (refusal) => refusals.push(refusal),
    vanished: (what) => vanished.push(what),
    ended: (cause) => ends.push(cause),
  });
  await session.open(bridge);
  const syncs = (): number => bridge.link.syncs.length;
  return { clock, bridge, session, follower, applied, syncedAt, refusals, ends, vanished, syncs };
}

/** One that stands at 1-0. */
async function synced(): Promise<Running> {
  const running = await opened();
  running.bridge.lastSync.resolve(syncReply());
  await running.clock.advance(0);
  return running;
}

const upToDate = syncReply({ continuous: true });
const bell = (id: string, previousId: string): Doorbell => ({ payload: id, entry: { id, previousId } });

describe('a link session', () => {
  it('syncs as soon as the dial has resolved, which confirms the subscription', async () => {
    const { bridge } = await opened();
    expect(bridge.link.syncs).toHaveLength(1);
  });

  it('syncs again a heartbeat after each complete sync', async () => {
    const { clock, bridge, syncs, syncedAt } = await synced();
    await clock.advance(HEARTBEAT - 1);
    expect(syncs()).toBe(1);
    await clock.advance(1);
    expect(syncs()).toBe(2);

    await clock.advance(100);
    bridge.lastSync.resolve(upToDate);
    await clock.advance(0);
    expect(syncedAt).toEqual([0, HEARTBEAT]);
    await clock.advance(HEARTBEAT);
    expect(syncs()).toBe(3);
  });

  it('runs one sync at a time, and at most one more waits', async () => {
    const { clock, bridge, session, syncs } = await synced();
    session.syncNow();
    session.syncNow();
    session.syncNow();
    expect(syncs()).toBe(2);

    bridge.lastSync.resolve(upToDate);
    await clock.advance(0);
    expect(syncs()).toBe(3);
    bridge.lastSync.resolve(upToDate);
    await clock.advance(0);
    expect(syncs()).toBe(3);
  });

  it('syncs at once because of a gap', async () => {
    const { clock, bridge, syncs } = await synced();
    bridge.link.ring(bell('9-0', '8-0'));
    expect(syncs()).toBe(2);
    bridge.lastSync.resolve(syncReply({ newest: { id: '9-0', hash: 'h9' } }));
    await clock.advance(0);

    bridge.link.ring(bell('19-0', '18-0'));
    await clock.advance(99);
    expect(syncs()).toBe(2);
    await clock.advance(1);
    expect(syncs()).toBe(3);
  });

  it('syncs because of gaps at most ten times a second, however many there are', async () => {
    const { clock, bridge, syncs } = await synced();
    const before = syncs();
    for (let at = 10; at < 1_010; at += 1) {
      bridge.link.ring(bell(`${2 * at}-0`, `${2 * at - 1}-0`));
      bridge.lastSync.resolve(syncReply({ newest: { id: `${2 * at}-0`, hash: 'h' } }));
      await clock.advance(1);
    }
    expect(syncs() - before).toBeLessThanOrEqual(11);
    expect(syncs() - before).toBeGreaterThan(8);
  });

  it('syncs once more for a gap that a sync has left open', async () => {
    const { clock, bridge, syncs } = await synced();
    bridge.link.ring(bell('9-0', '8-0'));
    bridge.link.ring(bell('19-0', '18-0'));
    bridge.lastSync.resolve(upToDate);
    await clock.advance(0);
    await clock.advance(100);
    expect(syncs()).toBe(3);
  });
});

describe('a link', () => {
  it('is broken when no answer came within commandTimeout', async () => {
    const { clock, bridge, ends } = await opened();
    await clock.advance(COMMAND_TIMEOUT - 1);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends.map(({ message }) => message)).toEqual([expect.stringContaining('no answer to a sync')]);
    expect(bridge.link.isClosed).toBe(true);
  });

  it('is broken when the bridge throws instead of rejecting', async () => {
    const { clock, bridge, session, ends } = await synced();
    bridge.link.sync = () => {
      throw new Error('thrown');
    };
    session.syncNow();
    await clock.advance(0);
    expect(ends).toEqual([new Error('thrown')]);
    expect(bridge.link.isClosed).toBe(true);
  });

  it('is not broken when the answer arrived while the event loop was blocked', async () => {
    const { clock, bridge, ends, syncedAt } = await opened();
    clock.schedule(() => bridge.lastSync.resolve(syncReply()), COMMAND_TIMEOUT);
    await clock.block('10s');
    expect(ends).toEqual([]);
    expect(syncedAt).toEqual([0]);
  });

  it('is reported broken once, whatever breaks it and however often', async () => {
    const { clock, bridge, session, ends } = await synced();
    bridge.link.break();
    bridge.link.break();
    session.end(new Error('again'));
    await clock.advance('1m');
    expect(ends).toHaveLength(1);
  });

  it('that was given up neither renews the lease nor moves the position by a late answer', async () => {
    const { clock, bridge, session, follower, syncedAt, applied } = await synced();
    session.syncNow();
    const late = bridge.lastSync;
    bridge.link.break();
    late.resolve(syncReply({ newest: { id: '9-0', hash: 'h9' } }));
    await clock.advance(0);

    expect(syncedAt).toEqual([0]);
    expect(follower.position?.id).toBe('1-0');
    expect(applied).toEqual(['FLUSH']);
  });

  it('that was given up still delivers invalidations, but moves no position', async () => {
    const { bridge, follower, applied } = await synced();
    bridge.link.break();
    bridge.link.ring(bell('2-0', '1-0'));
    expect(applied).toEqual(['FLUSH', '2-0']);
    expect(follower.position?.id).toBe('1-0');
  });

  it('sends no further sync once it has ended', async () => {
    const { clock, bridge, session, syncs } = await synced();
    bridge.link.break();
    session.syncNow();
    await clock.advance('1m');
    expect(syncs()).toBe(1);
  });

  it('whose channel did not deliver an entry of the log is given up, and its sync still counts', async () => {
    const { clock, bridge, session, ends, syncedAt, applied } = await synced();
    await clock.advance(10);
    session.syncNow();
    const entries = [{ id: '2-0', payload: 'two', age: 1_000 }];
    bridge.lastSync.resolve(syncReply({ continuous: true, entries, newest: { id: '2-0', hash: 'h' } }));
    await clock.advance(0);

    expect(applied).toContain('two');
    expect(syncedAt).toEqual([0, 10]);
    expect(ends).toHaveLength(1);
    // The bridge may know another node to listen at.
    expect(bridge.link.closedBecause).toBe('silent-channel');
  });

  it('that was dialled for a session that has ended is closed', async () => {
    const { session, bridge } = await opened();
    const opening = session.open(bridge);
    session.end(new Error('shut down'));
    await opening;
    expect(bridge.links.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  });
});

describe('an error answer to a sync', () => {
  it.each(['retry', 'report'] as const)(
    "with the remedy '%s' renews no lease and is followed by another try",
    async (remedy) => {
      const { clock, bridge, ends, refusals, syncedAt, syncs } = await opened();
      bridge.lastSync.reject(new BridgeRefusal(remedy, 'refused'));
      await clock.advance('1s');
      expect(refusals.map((refusal) => refusal.remedy)).toEqual([remedy]);
      expect(syncedAt).toEqual([]);
      expect(ends).toEqual([]);
      expect(syncs()).toBe(2);
    },
  );

  it.each([
    ['with the remedy redial', new BridgeRefusal('redial', 'READONLY')],
    ['that is no refusal', new Error('ECONNRESET')],
  ])('%s ends the link', async (_, error) => {
    const { clock, bridge, ends } = await opened();
    bridge.lastSync.reject(error);
    await clock.advance(0);
    expect(ends).toEqual([error]);
  });
});

it('a link session that cannot dial ends with the reason', async () => {
  const { bridge, session, ends } = await opened();
  bridge.refusal = new Error('ECONNREFUSED');
  await session.open(bridge);
  expect(ends).toEqual([bridge.refusal]);
});
