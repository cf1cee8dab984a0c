import assert from 'node:assert/strict';
import type { MembersReply, SyncReply } from '../../protocol/invalidation-bridge.js';
import { encodeSettings, staysListedFor, type MemberSettings } from '../../protocol/member.js';
import { withoutAge } from './bridge-under-test.js';
import { clause, type Clause } from './clause.js';

const MINUTE = 60_000;

/** Which instances may hold copies, and how they say that they do not. @internal */
export const MEMBER_CLAUSES: readonly Clause[] = [
  clause('a publish to members is in the log and arrives, as any other', async (bridge) => {
    const open = await bridge.dial();
    const before = await bridge.sync(open);
    const { id } = await open.link.publishToMembers('one');

    await bridge.heardBy(open, 1);
    assert.deepEqual(open.heard[0], { payload: 'one', entry: { id, previousId: before.newest.id } });
    assert.deepEqual(withoutAge((await bridge.syncAfter(open, before)).entries), [{ id, payload: 'one' }]);
  }),

  clause(
    'a publish to members tells every instance that has synced, its settings, and how long ago',
    async (bridge) => {
      const a = await bridge.join({ instanceId: 'a', maxStaleness: Infinity });
      await bridge.join({ instanceId: 'b', whenDisconnected: 'bypass', exceptions: ['products', 'ré gion'] });
      await bridge.dial({ instanceId: 'c' });

      const reply = await a.link.publishToMembers('one');
      assert.deepEqual(idsIn(reply), ['a', 'b']);
      const settingsOf = (id: string): unknown[] =>
        reply.members
          .filter(({ member }) => member.instanceId === id)
          .map(({ member: { maxStaleness, whenDisconnected, exceptions } }) => [
            maxStaleness,
            whenDisconnected,
            exceptions,
          ]);
      assert.deepEqual(settingsOf('a'), [[Infinity, 'reload', []]]);
      assert.deepEqual(settingsOf('b'), [[10_000, 'bypass', ['products', 'ré gion']]]);
      for (const { syncAge } of reply.members) assert.ok(syncAge >= 0 && syncAge < MINUTE, `synced ${syncAge} ms ago`);
    },
  ),

  clause('a publish to members tells an instance once that has synced twice', async (bridge) => {
    const a = await bridge.join({ instanceId: 'a' });
    await bridge.sync(a);
    assert.deepEqual(idsIn(await a.link.publishToMembers('one')), ['a']);
  }),

  clause('a publish to members does not tell an instance that has left', async (bridge) => {
    const a = await bridge.join({ instanceId: 'a' });
    const b = await bridge.join({ instanceId: 'b' });
    await b.link.leave();
    assert.deepEqual(idsIn(await a.link.publishToMembers('one')), ['a']);
  }),

  clause(
    'a publish to members says that the list is young once another server keeps it, and then older',
    async (bridge) => {
      const before = await bridge.join({ instanceId: 'a' });
      await before.link.publishToMembers('one');
      await bridge.harness.restart();
      const a = await bridge.dialAgain();
      await bridge.sync(a);

      const { listAge } = await a.link.publishToMembers('two');
      assert.ok(
        listAge >= 0 && listAge < staysListedFor(bridge.member()),
        `the list has been complete for ${listAge} ms`,
      );
      await bridge.eventually(async () => assert.ok((await a.link.publishToMembers('three')).listAge > listAge));
    },
  ),

  clause('a publish to members tells each combination of settings once', async (bridge) => {
    const a = await bridge.join({ instanceId: 'a', maxStaleness: Infinity });
    await bridge.join({ instanceId: 'b', whenDisconnected: 'bypass', exceptions: ['products'] });
    await bridge.join({ instanceId: 'c', whenDisconnected: 'bypass', exceptions: ['products'] });
    await bridge.join({ instanceId: 'd', maxStaleness: 1, namespace: `${bridge.namespace}-other` });
    const expected: MemberSettings[] = [
      { maxStaleness: Infinity, whenDisconnected: 'reload', exceptions: [] },
      { maxStaleness: 10_000, whenDisconnected: 'bypass', exceptions: ['products'] },
    ];
    assertSettings(await a.link.publishToMembers('one'), expected);
    assertSettings(await bridge.sync(a), expected);
  }),

  clause(
    'a sync from another epoch leaves the settings that its instance remembers, for the other instances',
    async (bridge) => {
      const { epoch } = await bridge.sync(await bridge.dial());
      await bridge.harness.restart();
      const a = await bridge.dialAgain();
      const remembered: MemberSettings[] = [{ maxStaleness: 77_000, whenDisconnected: 'bypass', exceptions: ['r'] }];
      const own = { maxStaleness: 10_000, whenDisconnected: 'reload', exceptions: [] } as const;
      assertSettings(await bridge.sync(a, { epoch, remembered }), [own, ...remembered]);

      const b = await bridge.join({ instanceId: 'b' });
      assertSettings(await b.link.publishToMembers('one'), [own, ...remembered]);
    },
  ),

  clause('a sync tells the members when they are wanted, and otherwise none', async (bridge) => {
    const a = await bridge.join({ instanceId: 'a' });
    await bridge.join({ instanceId: 'b', whenDisconnected: 'bypass' });
    assert.deepEqual((await bridge.sync(a)).members, []);

    const { members } = await bridge.sync(a, { wantsMembers: true });
    assert.deepEqual(idsIn({ members }), ['a', 'b']);
    const b = members.find(({ member }) => member.instanceId === 'b');
    assert.equal(b?.member.whenDisconnected, 'bypass');
  }),

  clause('a publish to members keeps to its namespace', async (bridge) => {
    const ours = await bridge.join({ instanceId: 'a' });
    await bridge.join({ instanceId: 'b', namespace: `${bridge.namespace}-other` });
    assert.deepEqual(idsIn(await ours.link.publishToMembers('one')), ['a']);
  }),

  clause(
    'an acknowledgement reaches an instance that has published to members, with the name of its sender',
    async (bridge) => {
      const a = await bridge.join({ instanceId: 'a' });
      const b = await bridge.join({ instanceId: 'web-1:4711:9f86d081' });
      await a.link.publishToMembers('one');
      await b.link.acknowledge('token-1');

      await bridge.eventually(() => assert.deepEqual(a.acknowledged, [['token-1', 'web-1:4711:9f86d081']]));
    },
  ),

  clause('an acknowledgement does not cross namespaces', async (bridge) => {
    const ours = await bridge.join({ instanceId: 'a' });
    const theirs = await bridge.join({ instanceId: 'b', namespace: `${bridge.namespace}-other` });
    await ours.link.publishToMembers('one');
    await theirs.link.publishToMembers('one');
    await theirs.link.acknowledge('theirs');
    await ours.link.acknowledge('ours');

    await bridge.eventually(() => assert.deepEqual(ours.acknowledged, [['ours', 'a']]));
    await bridge.eventually(() => assert.deepEqual(theirs.acknowledged, [['theirs', 'b']]));
  }),

  clause(
    'a link that was dialled with minReplicas tells in bounded time how many replicas have what was published',
    async (bridge) => {
      const { link } = await bridge.dial({ minReplicas: 1 });
      await link.publish('one');
      const replicas = await link.replicated(1, 50);
      assert.ok(Number.isInteger(replicas) && replicas >= 0, `${replicas} replicas`);
    },
  ),
];

function assertSettings({ settings }: MembersReply | SyncReply, expected: readonly MemberSettings[]): void {
  assert.deepEqual(settings.map(encodeSettings).toSorted(), expected.map(encodeSettings).toSorted());
}

function idsIn({ members }: Pick<MembersReply, 'members'>): string[] {
  return members.map(({ member }) => member.instanceId).toSorted();
}
