import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import { lab } from '../support/lab/fault-lab.js';

const LOG = '{lab}:log';

describe('instances whose Redis is killed', () => {
  it.each([
    { persistent: false, how: 'empty' },
    { persistent: true, how: 'from its append-only file' },
  ])('flush their copies when it comes back $how', async ({ persistent, how }) => {
    const shop = await lab(3).evictingEverywhere().on({ persistent }).open();
    const seen = await endures(shop, {
      fault: `Redis killed, restarted ${how}`,
      done: 'SIGKILL, and started again on the same port when the leases of three instances were over',
      begin: () => shop.redis.kill(),
      lasts: () => shop.untilPastLease(...shop.instances),
      end: () => shop.redis.restart(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 3, reconnects: atLeast(3) } });
  });

  it('flush their copies also when it is back before they notice', async () => {
    const shop = await lab(3).on({ persistent: true }).open();
    const seen = await endures(shop, {
      fault: 'Redis restarted at once',
      done: 'SIGKILL and started again at once from its append-only file, three times',
      begin: () => {},
      lasts: async () => {
        for (let i = 0; i < 3; i += 1) {
          await shop.redis.restart();
          await shop.untilHealthy();
        }
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 9, reconnects: atLeast(9) } });
  });
});

describe('instances whose Redis loses', () => {
  it('its scripts miss no invalidation and keep their links', async () => {
    const shop = await lab(3).open();
    const seen = await endures(shop, {
      fault: 'SCRIPT FLUSH',
      done: 'SCRIPT FLUSH, forty times, each as soon as every instance had evicted something more',
      begin: () => {},
      lasts: async () => {
        for (let i = 0; i < 40; i += 1) {
          await shop.admin.call('SCRIPT', 'FLUSH');
          await shop.untilEvicted(5);
        }
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, missed: 0, reconnects: 0 } });
  });

  it('the log flush their copies, each of ten times', async () => {
    const shop = await lab(3).open();
    const seen = await endures(shop, {
      fault: 'log deleted',
      done: 'DEL of the log under traffic, ten times',
      begin: () => {},
      lasts: async () => {
        for (let i = 0; i < 10; i += 1) {
          await shop.admin.del(LOG);
          await shop.untilHealthy();
        }
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { reconnects: 0 } });
    expect(seen.bridge.flushes).toBeGreaterThanOrEqual(30);
  });

  it('all its data flush their copies, also one that was cut off meanwhile', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'FLUSHALL',
      done: 'FLUSHALL under traffic, while one of three instances was cut off for longer than its lease',
      begin: () => a.proxy.cut(),
      lasts: async () => {
        await shop.admin.flushall();
        await shop.untilPastLease(a);
      },
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 3, reconnects: atLeast(1) } });
  });

  it('log entries that a disconnected one has not received make that one flush its copies', async () => {
    const shop = await lab(3).with({ invalidationLogLength: 50 }).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'log trimmed past an absent instance',
      done: 'one of three instances was cut off while the others wrote several times what the log holds',
      begin: () => a.proxy.cut(),
      lasts: async () => {
        await shop.untilEvicted(200);
        await shop.untilPastLease(a);
      },
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 1, reconnects: atLeast(1) } });
  });
});
