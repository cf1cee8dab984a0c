import assert from 'node:assert/strict';
import { payloads } from './bridge-under-test.js';
import { clause, type Clause } from './clause.js';

/** The life of a link, and what it shares with no other. @internal */
export const LINK_CLAUSES: readonly Clause[] = [
  clause('a bridge says what it connects to', async ({ harness }) => {
    assert.ok(harness.bridge.target !== '', 'the target is empty');
    assert.notEqual(harness.bridge.name, '');
  }),

  clause('a dial whose signal is aborted rejects', async (bridge) => {
    const listener = { heard() {}, acknowledged() {}, broken() {} };
    await assert.rejects(bridge.harness.bridge.dial(bridge.member(), listener, AbortSignal.abort()));
  }),

  clause('a restart of the server breaks each link once', async (bridge) => {
    const open = await bridge.dial();
    await bridge.harness.restart();

    await bridge.eventually(() => assert.notEqual(open.broken.length, 0));
    await bridge.dialAgain();
    assert.equal(open.broken.length, 1);
  }),

  clause('a restart of the server changes the epoch, so that no position from before is continuous', async (bridge) => {
    const before = await bridge.sync(await bridge.dial());
    await bridge.harness.restart();

    const reply = await bridge.syncAfter(await bridge.dialAgain(), before);
    assert.notEqual(reply.epoch, before.epoch);
    assert.equal(reply.continuous, false);
  }),

  clause('a broken link leaves no request without an end', async (bridge) => {
    const open = await bridge.dial();
    await bridge.harness.restart();
    await bridge.eventually(() => assert.notEqual(open.broken.length, 0));

    await assert.rejects(bridge.sync(open));
    await assert.rejects(open.link.publish('too late'));
  }),

  clause('a closed link brings nothing more, and is not called broken', async (bridge) => {
    const closed = await bridge.dial();
    const other = await bridge.dial();
    closed.link.close();

    await other.link.publish('after');
    await bridge.heardBy(other, 1);
    await bridge.sync(other);
    assert.deepEqual(closed.heard, []);
    assert.deepEqual(closed.broken, []);
  }),

  clause('a link can be closed twice', async (bridge) => {
    const { link } = await bridge.dial();
    link.close();
    assert.doesNotThrow(() => link.close());
  }),

  clause('two namespaces are kept apart, in the channel and in the log', async (bridge) => {
    const ours = await bridge.dial();
    const theirs = await bridge.dial({ namespace: `${bridge.namespace}-other` });
    const before = await bridge.sync(ours);

    await theirs.link.publish('theirs');
    await bridge.heardBy(theirs, 1);
    await ours.link.publish('ours');
    await bridge.heardBy(ours, 1);

    assert.deepEqual(payloads(ours.heard), ['ours']);
    assert.deepEqual(payloads(theirs.heard), ['theirs']);
    assert.deepEqual(payloads((await bridge.syncAfter(ours, before)).entries), ['ours']);
  }),
];
