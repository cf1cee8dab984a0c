import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bridgeMember } from './bridge-member.js';
import { BridgeCallers, PATIENCE, type BridgeUnderTest } from './bridge-callers.js';
import { describeMembers } from './bridge-conformance-members.js';
import { describeSync } from './bridge-conformance-sync.js';

export type { BridgeUnderTest };

/** What every bridge must do, whatever it speaks to: the contract of `InvalidationBridge`, sentence by sentence. */
export function describeInvalidationBridge(name: string, makeBridge: () => Promise<BridgeUnderTest>): void {
  describe(`${name} as an invalidation bridge`, () => {
    let callers: BridgeCallers;

    beforeEach(async () => {
      callers = new BridgeCallers(await makeBridge(), `conformance-${randomUUID()}`);
    });

    afterEach(() => callers.close());

    it('says what it connects to', () => {
      expect(callers.server.bridge.target).not.toBe('');
    });

    it('brings what is published right after the dial resolved: the subscription was acknowledged', async () => {
      const listener = await callers.dial();
      const publisher = await callers.dial();

      const id = await publisher.link.publish('one');

      await callers.heardBy(listener, 1);
      expect(listener.heard[0]).toMatchObject({ payload: 'one', entry: { id } });
    });

    it('brings a publisher its own messages too', async () => {
      const caller = await callers.dial();
      const id = await caller.link.publish('mine');

      await callers.heardBy(caller, 1);
      expect(caller.heard[0]?.entry?.id).toBe(id);
    });

    it('names no previous entry for the first one of a log', async () => {
      const caller = await callers.dial();
      await caller.link.publish('one');

      await callers.heardBy(caller, 1);
      expect(caller.heard[0]?.entry).toBeDefined();
      expect(caller.heard[0]?.entry?.previousId).toBeUndefined();
    });

    it('names with every later entry the one before it, in the order of the log', async () => {
      const listener = await callers.dial();
      const publisher = await callers.dial();

      const ids = await Promise.all(['one', 'two', 'three'].map((payload) => publisher.link.publish(payload)));

      await callers.heardBy(listener, 3);
      expect(listener.heard.map(({ payload }) => payload)).toEqual(['one', 'two', 'three']);
      expect(listener.heard.map(({ entry }) => entry?.id)).toEqual(ids);
      expect(listener.heard.slice(1).map(({ entry }) => entry?.previousId)).toEqual(ids.slice(0, 2));
      expect(ids.every((id, index) => index === 0 || callers.server.bridge.isAfter(id, ids[index - 1] ?? ''))).toBe(
        true,
      );
    });

    it('carries any text unchanged, on the channel and in the log', async () => {
      const text = '{"k":[["ré gion","42 \\u0000\\n"]]} 1-1 2-2 {x} 価格 💶';
      const caller = await callers.dial();
      const before = await callers.sync(caller);
      await caller.link.publish(text);

      await callers.heardBy(caller, 1);
      expect(caller.heard[0]?.payload).toBe(text);
      expect((await callers.syncAfter(caller, before)).entries.map(({ payload }) => payload)).toEqual([text]);
    });

    describeSync(() => callers);
    describeMembers(() => callers);

    describe('a restart of the server', () => {
      it('breaks the links, once each', async () => {
        const caller = await callers.dial();
        await callers.server.restart();

        await vi.waitFor(() => expect(caller.broken).not.toHaveLength(0), PATIENCE);
        await callers.dialAgain();
        expect(caller.broken).toHaveLength(1);
      });

      it('changes the epoch, so that no position from before is continuous', async () => {
        const before = await callers.sync(await callers.dial());
        await callers.server.restart();

        const caller = await callers.dialAgain();
        const reply = await callers.syncAfter(caller, before);
        expect(reply.epoch).not.toBe(before.epoch);
        expect(reply.continuous).toBe(false);
      });

      it('leaves nothing that is asked on a broken link without an end', async () => {
        const caller = await callers.dial();
        await callers.server.restart();
        await vi.waitFor(() => expect(caller.broken).not.toHaveLength(0), PATIENCE);

        await expect(callers.sync(caller)).rejects.toThrow();
        await expect(caller.link.publish('too late')).rejects.toThrow();
      });
    });

    it('brings a closed link nothing any more, and does not call it broken', async () => {
      const closed = await callers.dial();
      const other = await callers.dial();
      closed.link.close();

      await other.link.publish('after');
      await callers.heardBy(other, 1);
      await callers.sync(other);
      expect(closed.heard).toEqual([]);
      expect(closed.broken).toEqual([]);
    });

    it('lets a link be closed twice', async () => {
      const { link } = await callers.dial();
      link.close();
      expect(() => link.close()).not.toThrow();
    });

    it('keeps two namespaces apart, on the channel and in the log', async () => {
      const ours = await callers.dial();
      const theirs = await callers.dial({ namespace: `${callers.namespace}-other` });
      const before = await callers.sync(ours);

      await theirs.link.publish('theirs');
      await callers.heardBy(theirs, 1);
      await ours.link.publish('ours');
      await callers.heardBy(ours, 1);

      expect(ours.heard.map(({ payload }) => payload)).toEqual(['ours']);
      expect((await callers.syncAfter(ours, before)).entries.map(({ payload }) => payload)).toEqual(['ours']);
      expect(theirs.heard.map(({ payload }) => payload)).toEqual(['theirs']);
    });

    it('rejects a dial that was aborted', async () => {
      const member = bridgeMember({ namespace: callers.namespace });
      const listener = { heard() {}, acknowledged() {}, broken() {} };
      const dialled = callers.server.bridge.dial(member, listener, AbortSignal.abort());
      await expect(dialled).rejects.toThrow();
    });
  });
}
