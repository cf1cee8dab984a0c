import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import { COMMAND_TIMEOUT, lab, MAX_STALENESS } from '../support/lab/fault-lab.js';

describe('instances whose Redis', () => {
  it('is stopped for about commandTimeout, eight times, miss no invalidation', async () => {
    const shop = await lab(3).open();
    const stop = async (milliseconds: number): Promise<void> => {
      shop.redis.pause();
      await pause(milliseconds);
      shop.redis.resume();
      await shop.untilEvicted(20);
    };
    const seen = await endures(shop, {
      fault: 'Redis stopped for about commandTimeout',
      done: 'SIGSTOP and SIGCONT, eight times, from 100 ms less than commandTimeout to 40 ms more',
      begin: () => {},
      lasts: async () => {
        for (let longer = -100; longer <= 40; longer += 20) await stop(COMMAND_TIMEOUT + longer);
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0 } });
  });

  it('is stopped for longer than the lease serve within the lease, and are coherent when it goes on', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const seen = await endures(shop, {
      fault: 'Redis stopped',
      done: 'SIGSTOP, and SIGCONT when the leases of three instances were over',
      begin: () => shop.redis.pause(),
      lasts: () => shop.untilPastLease(...shop.instances),
      end: () => shop.redis.resume(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(3) } });
  });

  it.each(['WRITE', 'ALL'])(
    'pauses its clients (%s) serve nothing that was invalid for longer than the lease',
    async (mode) => {
      const shop = await lab(3).open();
      const length = 1.5 * MAX_STALENESS;
      const seen = await endures(shop, {
        fault: `CLIENT PAUSE ${mode}`,
        done: `CLIENT PAUSE ${length} ${mode}, longer than the leases of three instances`,
        begin: () => shop.admin.call('CLIENT', 'PAUSE', length, mode),
        lasts: async () => {
          await shop.untilPastLease(...shop.instances);
          // A write: it is answered when the pause is over.
          await shop.admin.set('over', '1');
        },
      });
      expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0 } });
    },
  );
});
