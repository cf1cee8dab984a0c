import assert from 'node:assert/strict';
import { payloads } from './bridge-under-test.js';
import { clause, type Clause } from './clause.js';

/** The id of an entry that no log has written, in forms that a stranger may send. */
const FORGED_IDS = ['', '-', 'x', '0', '1-1', '-1', '99999999999999999999-0', 'NaN', '\u0000', '1-1'.repeat(1_000)];

/** How messages travel, and the order of the log. @internal */
export const CHANNEL_CLAUSES: readonly Clause[] = [
  clause(
    'a message published right after the dial has resolved arrives: the subscription was acknowledged',
    async (bridge) => {
      const listener = await bridge.dial();
      const publisher = await bridge.dial();
      const id = await publisher.link.publish('one');

      await bridge.heardBy(listener, 1);
      assert.equal(listener.heard[0]?.payload, 'one');
      assert.equal(listener.heard[0]?.entry?.id, id);
    },
  ),

  clause('a message arrives at its publisher too', async (bridge) => {
    const publisher = await bridge.dial();
    const id = await publisher.link.publish('mine');

    await bridge.heardBy(publisher, 1);
    assert.equal(publisher.heard[0]?.entry?.id, id);
  }),

  clause('a message that is the first entry of a log names no previous entry', async (bridge) => {
    const publisher = await bridge.dial();
    await publisher.link.publish('one');

    await bridge.heardBy(publisher, 1);
    assert.ok(publisher.heard[0]?.entry);
    assert.equal(publisher.heard[0].entry.previousId, undefined);
  }),

  clause('a message names the entry before it, and messages arrive in the order of the log', async (bridge) => {
    const listener = await bridge.dial();
    const publisher = await bridge.dial();
    const ids = await Promise.all(['one', 'two', 'three'].map((payload) => publisher.link.publish(payload)));

    await bridge.heardBy(listener, 3);
    assert.deepEqual(payloads(listener.heard), ['one', 'two', 'three']);
    assert.deepEqual(
      listener.heard.map(({ entry }) => entry?.id),
      ids,
    );
    assert.deepEqual(
      listener.heard.slice(1).map(({ entry }) => entry?.previousId),
      ids.slice(0, 2),
    );
  }),

  clause('a message carries any text unchanged, through the channel and in the log', async (bridge) => {
    const text = '{"k":[["ré gion","42 \\u0000\\n"]]} 1-1 2-2 {x} 価格 💶';
    const publisher = await bridge.dial();
    const before = await bridge.sync(publisher);
    await publisher.link.publish(text);

    await bridge.heardBy(publisher, 1);
    assert.equal(publisher.heard[0]?.payload, text);
    assert.deepEqual(payloads((await bridge.syncAfter(publisher, before)).entries), [text]);
  }),

  clause('ids have the order of the log, and no id is after itself', async (bridge) => {
    const { isAfter } = orderOf(bridge.harness.bridge);
    const { link } = await bridge.dial();
    // More than ten: ids whose numbers are compared as texts would go wrong.
    const ids = await Promise.all(Array.from({ length: 120 }, (_, index) => link.publish(`message ${index}`)));
    ids.forEach((id, index) => {
      for (const [otherIndex, other] of ids.entries()) assert.equal(isAfter(id, other), index > otherIndex);
    });
  }),

  clause('ids that nobody has written are compared without an error: a stranger can send any', async (bridge) => {
    const { isAfter } = orderOf(bridge.harness.bridge);
    const { link } = await bridge.dial();
    const ids = [await link.publish('one'), ...FORGED_IDS];
    for (const id of ids) for (const other of ids) assert.equal(typeof isAfter(id, other), 'boolean');
  }),
];

function orderOf(bridge: { isAfter(id: string, other: string): boolean }): {
  readonly isAfter: (id: string, other: string) => boolean;
} {
  return { isAfter: (id, other) => bridge.isAfter(id, other) };
}
