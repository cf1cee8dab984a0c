import { describe, expect, it, vi } from 'vitest';
import { advance } from '../../libs/distributed-cache/src/protocol/position.js';
import { NO_OP, PATIENCE, type BridgeCallers } from './bridge-callers.js';

/** The most entries that one reply may bring. */
const CHUNK_BOUND = 500;

/** What a sync must answer, and when it is continuous. */
export function describeSync(callers: () => BridgeCallers): void {
  describe('a sync', () => {
    it('without a position is not continuous and tells the newest entry', async () => {
      const caller = await callers().dial();
      await caller.link.publish('one');
      const id = await caller.link.publish('two');

      const reply = await callers().sync(caller);

      expect(reply).toMatchObject({ continuous: false, entries: [], complete: true, newest: { id } });
    });

    it('that finds the log empty appends the no-op, so that there is something to hold', async () => {
      const caller = await callers().dial();
      const first = await callers().sync(caller);

      expect(first.newest).toEqual(advance('', first.newest.id, NO_OP));
      expect(await callers().syncAfter(caller, first)).toMatchObject({
        continuous: true,
        entries: [],
        newest: first.newest,
      });
    });

    it('chains every entry to the one before it by the hash that the reader computes as well', async () => {
      const caller = await callers().dial();
      const { newest } = await callers().sync(caller);
      const one = await caller.link.publish('one');
      const two = await caller.link.publish('two');

      const expected = advance(advance(newest.hash, one, 'one').hash, two, 'two');
      expect((await callers().sync(caller)).newest).toEqual(expected);
    });

    it('from a position of this log gives the entries after it, oldest first', async () => {
      const caller = await callers().dial();
      const before = await callers().sync(caller);
      const ids = [await caller.link.publish('one'), await caller.link.publish('two')];

      const reply = await callers().syncAfter(caller, before);

      expect(reply).toMatchObject({ continuous: true, complete: true, epoch: before.epoch });
      expect(reply.entries).toMatchObject([
        { id: ids[0], payload: 'one' },
        { id: ids[1], payload: 'two' },
      ]);
    });

    it('gives a long backlog in chunks of which every one can be proven to continue the one before', async () => {
      const caller = await callers().dial();
      const before = await callers().sync(caller);
      const payloads = Array.from({ length: CHUNK_BOUND + 100 }, (_, index) => `message ${index}`);
      await Promise.all(payloads.map((payload) => caller.link.publish(payload)));

      let { newest } = before;
      let position = newest;
      const replayed: string[] = [];
      let chunks = 0;
      for (let isComplete = false; !isComplete; chunks += 1) {
        const reply = await callers().sync(caller, { position, epoch: before.epoch });
        expect(reply.continuous).toBe(true);
        expect(reply.entries.length).toBeLessThanOrEqual(CHUNK_BOUND);
        for (const { id, payload } of reply.entries) {
          replayed.push(payload);
          position = advance(position.hash, id, payload);
        }
        isComplete = reply.complete;
        newest = reply.newest;
      }
      expect(position).toEqual(newest);
      expect(replayed).toEqual(payloads);
      expect(chunks).toBeGreaterThan(1);
    });

    it('is not continuous when the id is there but its history is another', async () => {
      const caller = await callers().dial();
      const { newest, epoch } = await callers().sync(caller);

      const reply = await callers().sync(caller, { position: { ...newest, hash: 'f'.repeat(40) }, epoch });
      expect(reply).toMatchObject({ continuous: false, newest });
    });

    it('is not continuous when the position is not in the log', async () => {
      const caller = await callers().dial();
      const { newest, epoch } = await callers().sync(caller);

      expect((await callers().sync(caller, { position: { ...newest, id: '1-1' }, epoch })).continuous).toBe(false);
    });

    it('is not continuous when the position was taken from another run of the server', async () => {
      const caller = await callers().dial();
      const { newest } = await callers().sync(caller);

      expect((await callers().sync(caller, { position: newest, epoch: 'another-run' })).continuous).toBe(false);
    });

    it('is not continuous once the position was trimmed away', async () => {
      const caller = await callers().dial({ logLength: 10 });
      const before = await callers().sync(caller);
      // Trimming may be approximate: far more than one block of it.
      await Promise.all(Array.from({ length: 1_000 }, (_, index) => caller.link.publish(`message ${index}`)));

      expect((await callers().syncAfter(caller, before)).continuous).toBe(false);
    });

    it('is not continuous once the log was wiped, and leaves a new log to hold on to', async () => {
      const caller = await callers().dial();
      const before = await callers().sync(caller);
      await callers().server.wipe(callers().namespace);

      // Random in earnest: an entry written again within the same millisecond has the same id.
      const reply = await callers().sync(caller, {
        position: before.newest,
        epoch: before.epoch,
        noOp: `${NO_OP} again`,
      });
      expect(reply.continuous).toBe(false);
      expect((await callers().syncAfter(caller, reply)).continuous).toBe(true);
    });

    it('tells the age of each entry, on the clock of the log', async () => {
      const caller = await callers().dial();
      const before = await callers().sync(caller);
      await caller.link.publish('one');
      await vi.waitFor(async () => {
        const [entry] = (await callers().syncAfter(caller, before)).entries;
        expect(entry?.age).toBeGreaterThan(0);
        expect(entry?.age).toBeLessThan(60_000);
      }, PATIENCE);
    });
  });
}
