import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import { lab, PUBLISH_TIMEOUT } from '../support/lab/fault-lab.js';
import { until } from '../support/lab/waits.js';

describe('an instance whose link', () => {
  it('is cut misses no invalidation: the log is replayed from its position', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'link cut',
      done: 'one of three instances was cut off for longer than its lease',
      begin: () => a.proxy.cut(),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
    expect(seen.bridge.replayed).toBeGreaterThan(0);
  });

  it('is half-open gives it up and dials again', async () => {
    const shop = await lab(3).evictingEverywhere().open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'link half-open',
      done: 'all bytes of one of three instances were swallowed, both ways, for longer than its lease; nobody was told',
      begin: () => a.proxy.blackhole(),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(a.proxy.swallowed).toBeGreaterThan(0);
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
  });

  it('stalls for less than commandTimeout keeps it, and applies what arrives late', async () => {
    const shop = await lab(3).open();
    const { a } = shop;
    const [traffic] = shop.traffic;
    const seen = await endures(shop, {
      fault: 'link stalled, briefly',
      done: 'nothing of one of three instances got through for publishTimeout, and then everything did',
      begin: () => a.proxy.stall(),
      lasts: () => until(() => expect(traffic?.longestEvict).toBeGreaterThanOrEqual(PUBLISH_TIMEOUT)),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0 } });
  });

  it('stalls for longer than the lease ignores what then arrives on links that it has given up', async () => {
    const shop = await lab(3).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'link stalled',
      done: 'nothing of one of three instances got through for longer than its lease, and then everything did, also what it had sent on links that it had given up',
      begin: () => a.proxy.stall(),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
  });

  it('is slow stays coherent', async () => {
    const shop = await lab(3).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'link slow',
      done: 'every byte of one of three instances took 200 ms, each way',
      begin: () => a.proxy.slow({ latency: 200 }),
      lasts: () => shop.untilEvicted(200),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0 } });
  });

  it('is slower than commandTimeout counts as cut off', async () => {
    const shop = await lab(3).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'link slower than commandTimeout',
      done: 'every byte of one of three instances took 400 ms, each way, for longer than its lease',
      begin: () => a.proxy.slow({ latency: 400 }),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0 } });
  });

  it('has less bandwidth than the messages need serves nothing that was invalid for longer than the lease', async () => {
    const shop = await lab(3).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'link throttled',
      done: 'one of three instances was given 4 KB/s, each way, for longer than its lease',
      begin: () => a.proxy.slow({ bytesPerSecond: 4_000 }),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0 } });
  });
});

describe('the fault laboratory', () => {
  it('notices a copy that is served for longer than the lease', async () => {
    const shop = await lab(2).with({ maxStaleness: 3_600_000 }).open();
    const { a } = shop;
    const seen = await endures(shop, {
      done: 'one of two instances, which has no lease to speak of, was cut off',
      begin: () => a.proxy.cut(),
      lasts: () => shop.untilEvicted(200),
      end: () => a.proxy.restore(),
    });
    expect(seen.worstStaleness).toBeGreaterThan(1_250);
  });
});
