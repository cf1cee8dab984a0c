import { describe, expect, it } from 'vitest';
import { bridgeMember, peersOf } from '../../../../test/support/bridges/bridge-member.js';
import { ScriptedBridge, syncReply } from '../../../../test/support/bridges/scripted-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { newBridgeCounts } from './bridge-stats.js';
import { LinkSession } from './follow/link-session.js';
import { LogFollower } from './follow/log-follower.js';
import { isAfter } from '../redis/link/stream-id.js';

interface Leaving {
  readonly clock: ManualClock;
  readonly bridge: ScriptedBridge;
  readonly session: LinkSession;
  /** What was asked of the server, oldest first. */
  readonly order: string[];
  /** The server has taken it off the list. */
  left(this: void): void;
}

async function synced(): Promise<Leaving> {
  const clock = new ManualClock(0);
  const bridge = new ScriptedBridge();
  const follower = new LogFollower(
    clock,
    newBridgeCounts(),
    { apply: () => {}, flush: () => {}, fellBehind() {}, caughtUp() {} },
    () => 'no-op',
    isAfter,
  );
  const session = new LinkSession(
    { member: bridgeMember(), peers: peersOf(), commandTimeout: 2_000, heartbeat: 3_000 },
    clock,
    follower,
    { synced() {}, acknowledged() {}, noticed() {}, refused() {}, vanished() {}, ended() {} },
  );
  await session.open(bridge);
  bridge.lastSync.resolve(syncReply());
  await clock.advance(0);
  const order: string[] = [];
  const link = bridge.link;
  const sync = link.sync.bind(link);
  link.sync = (request) => (order.push('sync'), sync(request));
  let left = (): void => {};
  link.leave = () => (order.push('leave'), new Promise<void>((resolve) => (left = resolve)));
  return { clock, bridge, session, order, left: () => left() };
}

describe('an instance that has left the list of members', () => {
  it('does not sync again because of a gap', async () => {
    const { clock, bridge, session, order, left } = await synced();
    const leaving = session.leave(2_000);
    bridge.link.ring({ payload: 'x', entry: { id: '9-0', previousId: '8-0' } });
    await clock.advance(500);
    left();
    await leaving;
    session.end(new Error('shut down'));
    expect(order.slice(order.indexOf('leave'))).toEqual(['leave']);
  });

  it('does not sync again by a heartbeat that is due meanwhile', async () => {
    const { clock, session, order, left } = await synced();
    await clock.advance(2_900);
    const leaving = session.leave(2_000);
    await clock.advance(500);
    left();
    await leaving;
    session.end(new Error('shut down'));
    expect(order.slice(order.indexOf('leave'))).toEqual(['leave']);
  });

  it('does not ask for the next chunk of a running sync', async () => {
    const { clock, bridge, session, order, left } = await synced();
    await clock.advance(3_000);
    expect(order).toEqual(['sync']);
    const leaving = session.leave(2_000);
    bridge.lastSync.resolve(
      syncReply({
        continuous: true,
        entries: [{ id: '2-0', payload: 'x', age: 0 }],
        newest: { id: '3-0', hash: 'h' },
        complete: false,
      }),
    );
    await clock.advance(1);
    left();
    await leaving;
    session.end(new Error('shut down'));
    expect(order.slice(order.indexOf('leave'))).toEqual(['leave']);
  });

  it('leaves also while its first sync runs, which has put it on the list', async () => {
    const clock = new ManualClock(0);
    const bridge = new ScriptedBridge();
    const follower = new LogFollower(
      clock,
      newBridgeCounts(),
      { apply: () => {}, flush: () => {}, fellBehind() {}, caughtUp() {} },
      () => 'no-op',
      isAfter,
    );
    const session = new LinkSession(
      { member: bridgeMember(), peers: peersOf(), commandTimeout: 2_000, heartbeat: 3_000 },
      clock,
      follower,
      {
        synced: () => {},
        acknowledged: () => {},
        noticed: () => {},
        refused: () => {},
        vanished: () => {},
        ended: () => {},
      },
    );
    await session.open(bridge);
    expect(bridge.link.syncs).toHaveLength(1);
    const leaving = session.leave(2_000);
    await clock.advance(1);
    await leaving;
    expect(bridge.link.hasLeft).toBe(true);
  });
});
