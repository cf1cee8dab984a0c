import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import { lab } from '../support/lab/fault-lab.js';
import { until } from '../support/lab/waits.js';

describe('instances whose connections Redis closes', () => {
  it('forty times under load are coherent again each time, and miss no invalidation', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const before = shop.reconnects;
    const kill = (): Promise<unknown> => shop.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    const seen = await endures(shop, {
      fault: 'subscribers killed again and again',
      done: 'CLIENT KILL TYPE pubsub, forty times in a row, each as soon as every instance had evicted something more',
      begin: kill,
      lasts: async () => {
        for (let kills = 1; kills < 40; kills += 1) {
          // Somebody is connected again, others may not be yet.
          await until(() => expect(shop.reconnects).toBeGreaterThanOrEqual(before + kills));
          await shop.untilEvicted(5);
          await kill();
        }
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, missed: 0, reconnects: atLeast(39) } });
  });

  it('and refuses because of maxclients are coherent when there is room again', async () => {
    const shop = await lab(3).open();
    const seen = await endures(shop, {
      fault: 'maxclients',
      done: 'all connections of three instances were killed, and maxclients let none of them in again for longer than their leases',
      begin: async () => {
        await shop.admin.config('SET', 'maxclients', 2);
        await shop.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      },
      lasts: () => shop.untilPastLease(...shop.instances),
      end: () => shop.admin.config('SET', 'maxclients', 10_000),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(3) } });
  });
});
