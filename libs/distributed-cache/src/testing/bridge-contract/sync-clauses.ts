import assert from 'node:assert/strict';
import type { SyncReply } from '../../protocol/invalidation-bridge.js';
import { advance } from '../../protocol/position.js';
import { NO_OP, withoutAge } from './bridge-under-test.js';
import { clause, type Clause } from './clause.js';

/** The most entries that one reply may bring. */
const MOST_ENTRIES = 500;
const MINUTE = 60_000;

/** The answer to a sync, and when it is continuous. @internal */
export const SYNC_CLAUSES: readonly Clause[] = [
  clause('a sync without a position is not continuous and tells the newest entry', async (bridge) => {
    const open = await bridge.dial();
    await open.link.publish('one');
    const id = await open.link.publish('two');

    const reply = await bridge.sync(open);
    assertNotContinuous(reply);
    assert.deepEqual(reply.entries, []);
    assert.equal(reply.complete, true);
    assert.equal(reply.newest.id, id);
  }),

  clause('a sync that finds the log empty appends the no-op, so that there is something to hold', async (bridge) => {
    const open = await bridge.dial();
    const first = await bridge.sync(open);
    assert.deepEqual(first.newest, advance('', first.newest.id, NO_OP));

    const second = await bridge.syncAfter(open, first);
    assertContinuous(second);
    assert.deepEqual(second.entries, []);
    assert.deepEqual(second.newest, first.newest);
  }),

  clause(
    'a sync chains every entry to the one before it by the hash that the reader computes as well',
    async (bridge) => {
      const open = await bridge.dial();
      const { newest } = await bridge.sync(open);
      const one = await open.link.publish('one');
      const two = await open.link.publish('two');

      const expected = advance(advance(newest.hash, one, 'one').hash, two, 'two');
      assert.deepEqual((await bridge.sync(open)).newest, expected);
    },
  ),

  clause('a sync from a position of this log gives the entries after it, oldest first', async (bridge) => {
    const open = await bridge.dial();
    const before = await bridge.sync(open);
    const ids = [await open.link.publish('one'), await open.link.publish('two')];

    const reply = await bridge.syncAfter(open, before);
    assertContinuous(reply);
    assert.equal(reply.complete, true);
    assert.equal(reply.epoch, before.epoch);
    assert.deepEqual(withoutAge(reply.entries), [
      { id: ids[0], payload: 'one' },
      { id: ids[1], payload: 'two' },
    ]);
  }),

  clause('a sync tells the age of every entry, which grows with the clock of the log', async (bridge) => {
    const open = await bridge.dial();
    const before = await bridge.sync(open);
    await open.link.publish('one');
    const age = async (): Promise<number> => {
      const [entry] = (await bridge.syncAfter(open, before)).entries;
      return entry?.age ?? Number.NaN;
    };

    const young = await age();
    assert.ok(young >= 0 && young < MINUTE, `an age of ${young} ms`);
    await bridge.eventually(async () => assert.ok((await age()) > young));
  }),

  clause(
    'a sync gives a long backlog in chunks, each of which can be proven to continue the one before',
    async (bridge) => {
      const open = await bridge.dial();
      const before = await bridge.sync(open);
      const published = Array.from({ length: MOST_ENTRIES + 100 }, (_, index) => `message ${index}`);
      await Promise.all(published.map((payload) => open.link.publish(payload)));

      let { newest } = before;
      let position = newest;
      const replayed: string[] = [];
      let chunks = 0;
      for (let isComplete = false; !isComplete; chunks += 1) {
        const reply = await bridge.sync(open, { position, epoch: before.epoch });
        assertContinuous(reply);
        assert.ok(reply.entries.length <= MOST_ENTRIES, `${reply.entries.length} entries in one reply`);
        for (const { id, payload } of reply.entries) {
          replayed.push(payload);
          position = advance(position.hash, id, payload);
        }
        isComplete = reply.complete;
        newest = reply.newest;
      }
      assert.deepEqual(position, newest);
      assert.deepEqual(replayed, published);
      assert.ok(chunks > 1, 'all entries came in one reply');
    },
  ),

  clause('a sync is not continuous when the id is there but its history is another', async (bridge) => {
    const open = await bridge.dial();
    const { newest, epoch } = await bridge.sync(open);

    const reply = await bridge.sync(open, { position: { ...newest, hash: 'f'.repeat(40) }, epoch });
    assertNotContinuous(reply);
    assert.deepEqual(reply.newest, newest);
  }),

  clause('a sync is not continuous when the position is not in the log', async (bridge) => {
    const open = await bridge.dial();
    const { newest, epoch } = await bridge.sync(open);
    const other = await bridge.dial({ namespace: `${bridge.namespace}-other` });
    // Two logs may give one id to entries of the same moment.
    const id = await bridge.eventually(async () => {
      const elsewhere = await other.link.publish('elsewhere');
      assert.notEqual(elsewhere, newest.id);
      return elsewhere;
    });
    assertNotContinuous(await bridge.sync(open, { position: { ...newest, id }, epoch }));
  }),

  clause('a sync is not continuous when the position was taken from another run of the server', async (bridge) => {
    const open = await bridge.dial();
    const { newest } = await bridge.sync(open);
    assertNotContinuous(await bridge.sync(open, { position: newest, epoch: 'another-run' }));
  }),

  clause('a sync is not continuous once the position was trimmed away', async (bridge) => {
    const open = await bridge.dial({ logLength: 10 });
    const before = await bridge.sync(open);
    // Trimming may be approximate, so far more than one block of it.
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => open.link.publish(`message ${index}`)));
    assertNotContinuous(await bridge.syncAfter(open, before));
  }),

  clause('a sync is not continuous once the log was wiped, and leaves a new log to hold on to', async (bridge) => {
    const open = await bridge.dial();
    const before = await bridge.sync(open);
    await bridge.harness.wipe(bridge.namespace);

    // Another payload: an entry that is written again within the same moment may get the same id.
    const { newest, epoch } = before;
    const reply = await bridge.sync(open, { position: newest, epoch, noOp: `${NO_OP} again` });
    assertNotContinuous(reply);
    assertContinuous(await bridge.syncAfter(open, reply));
  }),

  clause(
    'a sync says that something has vanished only where the server has run all the time, and not of what was trimmed',
    async (bridge) => {
      const open = await bridge.dial({ logLength: 10 });
      const first = await bridge.sync(open);
      assertVanished(first, []);
      assertVanished(await bridge.syncAfter(open, first), []);
      await Promise.all(Array.from({ length: 1_000 }, (_, index) => open.link.publish(`message ${index}`)));
      const trimmed = await bridge.syncAfter(open, first);
      assertVanished(trimmed, []);

      await bridge.harness.restart();
      assertVanished(await bridge.syncAfter(await bridge.dialAgain(), trimmed), []);
    },
  ),

  clause('an exercise of the connections of a link changes nothing, and is answered', async (bridge) => {
    const open = await bridge.dial({ minReplicas: 1 });
    const before = await bridge.sync(open);
    await open.link.exercise?.();
    await open.link.exercise?.();
    await open.link.publish('one');
    await bridge.heardBy(open, 1);
    assert.deepEqual(open.heard.length, 1);
    assertContinuous(await bridge.syncAfter(open, before));
  }),
];

function assertVanished({ vanished = [] }: SyncReply, expected: readonly string[]): void {
  assert.deepEqual(vanished, expected);
}

function assertContinuous({ continuous }: SyncReply): void {
  assert.equal(continuous, true, 'the reply is not continuous');
}

function assertNotContinuous({ continuous }: SyncReply): void {
  assert.equal(continuous, false, 'the reply is continuous');
}
