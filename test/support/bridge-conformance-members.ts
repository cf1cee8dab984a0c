import { describe, expect, it, vi } from 'vitest';
import type { MembersReply } from '../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { PATIENCE, type BridgeCaller, type BridgeCallers } from './bridge-callers.js';

const TEN_MINUTES = 600_000;

/** What a bridge must know of the instances: who may hold copies, and how they say that they do not. */
export function describeMembers(callers: () => BridgeCallers): void {
  const synced = async (settings: Parameters<BridgeCallers['dial']>[0]): Promise<BridgeCaller> => {
    const caller = await callers().dial(settings);
    await callers().sync(caller);
    return caller;
  };
  const idsIn = ({ members }: MembersReply): string[] => members.map(({ member }) => member.instanceId).toSorted();

  describe('a publish to members', () => {
    it('is in the log and on the channel, as any other', async () => {
      const caller = await callers().dial();
      const before = await callers().sync(caller);
      const { id } = await caller.link.publishToMembers('one');

      await callers().heardBy(caller, 1);
      expect(caller.heard[0]).toEqual({ payload: 'one', entry: { id, previousId: before.newest.id } });
      expect((await callers().syncAfter(caller, before)).entries).toMatchObject([{ id, payload: 'one' }]);
    });

    it('tells everybody who has synced, with what they said of themselves, and how long ago', async () => {
      const a = await synced({ instanceId: 'a', maxStaleness: Infinity });
      await synced({ instanceId: 'b', whenDisconnected: 'bypass', exceptions: ['products', 'ré gion'] });
      await callers().dial({ instanceId: 'c' });

      const reply = await a.link.publishToMembers('one');
      expect(idsIn(reply)).toEqual(['a', 'b']);
      const listed = reply.members.find(({ member }) => member.instanceId === 'b');
      expect(listed?.member).toMatchObject({
        instanceId: 'b',
        maxStaleness: 10_000,
        whenDisconnected: 'bypass',
        exceptions: ['products', 'ré gion'],
      });
      expect(listed?.syncAge).toBeGreaterThanOrEqual(0);
      expect(listed?.syncAge).toBeLessThan(60_000);
    });

    it('tells one that syncs again once', async () => {
      const a = await synced({ instanceId: 'a' });
      await callers().sync(a);
      expect(idsIn(await a.link.publishToMembers('one'))).toEqual(['a']);
    });

    it('does not tell one that has left', async () => {
      const a = await synced({ instanceId: 'a' });
      const b = await synced({ instanceId: 'b' });
      await b.link.leave();
      expect(idsIn(await a.link.publishToMembers('one'))).toEqual(['a']);
    });

    it('says that the list is young once the server was another one, and then older', async () => {
      const before = await synced({ instanceId: 'a' });
      await before.link.publishToMembers('one');
      await callers().server.restart();
      const a = await callers().dialAgain();
      await callers().sync(a);

      const { listAge } = await a.link.publishToMembers('two');
      expect(listAge).toBeGreaterThanOrEqual(0);
      expect(listAge).toBeLessThan(TEN_MINUTES);
      await vi.waitFor(async () => {
        expect((await a.link.publishToMembers('three')).listAge).toBeGreaterThan(listAge);
      }, PATIENCE);
    });

    it('keeps to its namespace', async () => {
      const ours = await synced({ instanceId: 'a' });
      await synced({ instanceId: 'b', namespace: `${callers().namespace}-other` });
      expect(idsIn(await ours.link.publishToMembers('one'))).toEqual(['a']);
    });
  });

  describe('an acknowledgement', () => {
    it('reaches who has published to members before, with the name of who gives it', async () => {
      const a = await synced({ instanceId: 'a' });
      const b = await synced({ instanceId: 'web-1:4711:9f86d081' });
      await a.link.publishToMembers('one');
      await b.link.acknowledge('token-1');

      await vi.waitFor(() => expect(a.acknowledged).toEqual([['token-1', 'web-1:4711:9f86d081']]), PATIENCE);
    });

    it('does not cross namespaces', async () => {
      const ours = await synced({ instanceId: 'a' });
      const theirs = await synced({ instanceId: 'b', namespace: `${callers().namespace}-other` });
      await ours.link.publishToMembers('one');
      await theirs.link.publishToMembers('one');
      await theirs.link.acknowledge('theirs');
      await ours.link.acknowledge('ours');

      await vi.waitFor(() => expect(ours.acknowledged).toEqual([['ours', 'a']]), PATIENCE);
      expect(theirs.acknowledged).toEqual([['theirs', 'b']]);
    });
  });
}
