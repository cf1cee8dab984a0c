import { describe, expect, it } from 'vitest';
import { atLeast } from '../support/common/at-least.js';
import { endures } from '../support/lab/endures.js';
import { lab } from '../support/lab/fault-lab.js';
import type { FaultTarget } from '../support/redis/redis-proxy.js';

interface Half {
  readonly fault: string;
  readonly done: string;
  readonly target: FaultTarget;
}

const HALVES: readonly Half[] = [
  { fault: 'answers lost', done: 'requests arrived, answers and doorbells did not', target: { direction: 'answers' } },
  {
    fault: 'requests lost',
    done: 'answers and doorbells arrived, requests did not',
    target: { direction: 'requests' },
  },
  { fault: 'command connection half-open', done: 'only the doorbells got through', target: { role: 'commands' } },
  {
    fault: 'command connection, answers lost',
    done: 'commands arrived, their answers did not; the doorbells did',
    target: { role: 'commands', direction: 'answers' },
  },
  {
    fault: 'command connection, requests lost',
    done: 'commands did not arrive; the doorbells did',
    target: { role: 'commands', direction: 'requests' },
  },
];

describe('an instance of which one direction or one connection fails', () => {
  it.each(HALVES)('keeps its promises: $fault', async ({ fault, done, target }) => {
    const shop = await lab(3).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault,
      done: `for one of three instances, for longer than its lease: ${done}`,
      begin: () => a.proxy.blackhole(target),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
  });

  it('gives its link up when the channel is silent though Redis answers', async () => {
    // Nothing is evicted everywhere: who waits to be acknowledged needs an answer on that connection, and gives the link up sooner. So does
    // an instance whose probe of that connection is not answered within commandTimeout.
    const shop = await lab(3).with({ commandTimeout: 5_000 }).open();
    const { a } = shop;
    const seen = await endures(shop, {
      fault: 'doorbell silent',
      done: "the doorbells of one of three instances were swallowed, and Redis answered everything else: first it learnt of the others' evictions by its syncs, then it gave the link up, and could not open another for longer than its lease",
      begin: () => a.proxy.blackhole({ role: 'subscriber', direction: 'answers' }),
      lasts: () => shop.untilPastLease(a),
      end: () => a.proxy.restore(),
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(1) } });
    expect(seen.bridge.missed).toBeGreaterThan(0);
  });

  it('dials both connections again when one of them is cut', async () => {
    const shop = await lab(3).open();
    const { a, b } = shop;
    const seen = await endures(shop, {
      fault: 'one connection cut',
      done: 'of one of three instances only the subscriber was cut, of another only the command connection, for longer than their leases',
      begin: () => {
        a.proxy.cut({ role: 'subscriber' });
        b.proxy.cut({ role: 'commands' });
      },
      lasts: () => shop.untilPastLease(a, b),
      end: () => {
        a.proxy.restore();
        b.proxy.restore();
      },
    });
    expect(seen).toMatchObject({ outcome: 'kept', bridge: { flushes: 0, reconnects: atLeast(2) } });
  });
});
