import { describe, expect, it } from 'vitest';
import { memberWith, peersOf } from '../../../../test/support/bridges/bridge-member.js';
import { syncReply } from '../../../../test/support/bridges/scripted-bridge.js';
import { instances, logOf } from '../../../../test/support/instances/instances.js';
import type { Member, MemberSettings } from '../protocol/member.js';
import type { InvalidationTarget } from '../protocol/invalidation.js';
import { ManualClock } from '../testing/manual-clock.js';
import { Peers } from './peers.js';

const MINUTE = 60_000;
const price: InvalidationTarget = { kind: 'key', region: 'prices', key: '1' };

function settings(maxStaleness: number, whenDisconnected: 'reload' | 'bypass' = 'reload'): MemberSettings {
  return { maxStaleness, whenDisconnected, exceptions: [] };
}

describe('an instance that is missing from a young list of members', () => {
  it('may serve for the longest maxStaleness that was ever seen', () => {
    const peers = peersOf(memberWith({ maxStaleness: 300 }));
    peers.learn([settings(10_000), settings(2_000)]);
    expect(peers.unlistedMayServeFor(MINUTE, [price])).toBe(10_000);
  });

  it('may serve by reload although every other instance is in bypass', () => {
    const peers = peersOf(memberWith({ whenDisconnected: 'bypass' }));
    expect(peers.unlistedMayServeFor(9_000, [price])).toBe(1_000);
    expect(peers.unlistedMayServeFor(MINUTE, [price])).toBeLessThan(0);
    peers.learn([settings(2_000)]);
    expect(peers.unlistedMayServeFor(MINUTE, [price])).toBe(2_000);
  });

  it('in bypass may serve as long as a lease from before the list, in reload by the mode of the region', () => {
    const peers = peersOf(memberWith({ whenDisconnected: 'bypass', exceptions: ['prices'] }));
    expect(peers.unlistedMayServeFor(4_000, [{ ...price, region: 'products' }])).toBe(6_000);
    expect(peers.unlistedMayServeFor(4_000, [price])).toBe(10_000);
  });

  it.each([
    [10_000, 10 * MINUTE],
    [60 * MINUTE, 60 * MINUTE],
    [Infinity, 10 * MINUTE],
  ])('with a maxStaleness of %d ms counts until the list is %d ms old', (maxStaleness, age) => {
    const peers = peersOf(memberWith({ maxStaleness }));
    expect(peers.unlistedMayServeFor(age - 1, [price])).toBe(maxStaleness);
    expect(peers.unlistedMayServeFor(age, [price])).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is waited for no less when there are more different settings than an instance remembers', () => {
    const peers = peersOf(memberWith({ maxStaleness: 1, whenDisconnected: 'bypass' }));
    const all = Array.from({ length: 150 }, (_, index) => settings(1_000 + index, 'bypass'));
    peers.learn([...all, settings(Infinity, 'bypass'), settings(3)]);
    expect(peers.request.remembered.length).toBeLessThan(100);
    expect(peers.unlistedMayServeFor(0, [price])).toBe(Infinity);
    expect(peers.unlistedMayServeFor(10 * MINUTE - 1, [price])).toBe(Infinity);
    expect(peersOf().request.remembered).toHaveLength(1);
  });
});

describe('an instance is told that another has other settings', () => {
  const own = memberWith({ instanceId: 'a' });
  const other = memberWith({ instanceId: 'b', maxStaleness: 1 });
  const listed = (...members: Member[]) => syncReply({ members: members.map((member) => ({ member, syncAge: 0 })) });

  it('at its first sync, and not again', () => {
    const told: Member[] = [];
    const peers = new Peers(own, new ManualClock(), (member) => told.push(member));
    expect(peers.request.wantsMembers).toBe(true);
    peers.answered(listed(own, other));
    expect(told).toEqual([other]);

    expect(peers.request.wantsMembers).toBe(false);
    peers.answered(listed(own, other));
    expect(told).toHaveLength(1);
  });

  it('and is told nothing when all have the same, in whatever order they name their regions', () => {
    const told: Member[] = [];
    const peers = new Peers({ ...own, exceptions: ['x', 'y'] }, new ManualClock(), (member) => told.push(member));
    peers.answered(listed({ ...own, instanceId: 'b', exceptions: ['y', 'x'] }));
    expect(told).toEqual([]);
  });

  it('by one warning that names both, and not at a reconnect', async () => {
    const shop = await instances(1).with({ maxStaleness: '300ms' }).connected();
    const b = await shop.joinedBy({ maxStaleness: '10s', whenDisconnected: 'bypass' });
    const ids = [b, shop.a].map((each) => each.status().instanceId);
    const warnings = () =>
      logOf(b)
        .at('warn')
        .filter(({ message }) => message.includes('other settings'));
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toMatchObject({
      parameters: {
        own: { instanceId: ids[0], maxStaleness: 10_000, whenDisconnected: 'bypass' },
        other: { instanceId: ids[1], maxStaleness: 300, whenDisconnected: 'reload' },
      },
    });
    shop.bridge.restart();
    await shop.clock.advance('10s');
    expect(warnings()).toHaveLength(1);
  });
});

describe('the number of instances on the list of members', () => {
  const reply = (count: number) =>
    syncReply({
      members: Array.from({ length: count }, (_, index) => ({
        member: memberWith({ instanceId: `shop:1:${index}` }),
        syncAge: 0,
      })),
    });

  it('is asked for at the first sync, and again after a minute', async () => {
    const clock = new ManualClock();
    const peers = peersOf(memberWith(), clock);
    expect(peers.listed).toBeUndefined();
    expect(peers.request.wantsMembers).toBe(true);
    peers.answered(reply(3));
    expect(peers.listed).toBe(3);

    await clock.advance('59s');
    expect(peers.request.wantsMembers).toBe(false);
    peers.answered(reply(0));
    expect(peers.listed).toBe(3);

    await clock.advance('1s');
    expect(peers.request.wantsMembers).toBe(true);
    peers.answered(reply(2));
    expect(peers.listed).toBe(2);
    expect(peers.request.wantsMembers).toBe(false);
  });
});
