import { describe, expect, it } from 'vitest';
import { instances } from '../../../../test/support/instances/instances.js';
import type { Clock } from '../common/clock.js';
import type { Invalidation } from '../protocol/invalidation.js';
import { ManualClock } from '../testing/manual-clock.js';
import { DelayedReevictions } from './delayed-reevictions.js';

const DELAY = 500;

describe('reevictAfter', () => {
  it('evicts a value that was loaded from a lagging replica of the source, in every instance', async () => {
    const { a, b, clock } = await instances(2).with({ reevictAfter: DELAY }).connected();
    await a.region('r').evict('1');
    await clock.advance(DELAY - 1);
    for (const instance of [a, b]) await instance.region('r').getOrLoad('1', () => 'lagging');
    await clock.advance(1);
    await clock.advance(0);
    expect([a, b].map((instance) => instance.region('r').getSync('1'))).toEqual([undefined, undefined]);
  });

  it('repeats an eviction once', async () => {
    const { a, b, clock } = await instances(2).with({ reevictAfter: DELAY }).connected();
    await a.region('r').evict('1');
    await clock.advance(1);
    await a.clear({ everywhere: true });
    await clock.advance('1m');
    expect(a.stats().bridge.published).toBe(4);
    expect(b.stats().bridge.received).toBe(4);
  });

  it('does not repeat an eviction of a peer', async () => {
    const { a, b, clock } = await instances(2).with({ reevictAfter: DELAY }).connected();
    await a.region('r').evict('1');
    await clock.advance('1m');
    expect(b.stats().bridge.published).toBe(0);
  });

  it('repeats each eviction after its own delay', async () => {
    const { a, clock } = await instances(1).with({ reevictAfter: DELAY }).connected();
    const repeated: [number, readonly string[]][] = [];
    const startedAt = clock.now();
    await a.region('r').evict('1');
    await clock.advance(200);
    await a.region('r').evict('2');
    a.on('evict', ({ invalidation }) =>
      repeated.push([clock.now() - startedAt, [...(invalidation.keys.get('r') ?? [])]]),
    );
    await clock.advance('1m');
    expect(repeated).toEqual([
      [DELAY, ['1']],
      [DELAY + 200, ['2']],
    ]);
  });

  it('repeats pending evictions at shutdown', async () => {
    const { a, b, clock } = await instances(2).with({ reevictAfter: DELAY }).connected();
    await a.region('r').evict('1');
    await b.region('r').getOrLoad('1', () => 'lagging');
    const closed = a.close();
    await clock.advance(0);
    await closed;
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('widens pending keys to their regions beyond outboxLimit', async () => {
    const { a, clock } = await instances(1).with({ reevictAfter: DELAY, outboxLimit: 10 }).connected();
    for (let key = 0; key < 100; key += 1) await a.region('r').evict(`${key}`);
    const repeated: Invalidation[] = [];
    a.on('evict', ({ invalidation }) => repeated.push(invalidation));
    await clock.advance('1m');
    expect(repeated.map(({ regions }) => [...regions])).toEqual([['r']]);
    expect(repeated[0]?.keys.get('r')?.size).toBeLessThanOrEqual(10);
  });

  it('repeats the evictions of one tick as one, also when the clock moves on while they are made', async () => {
    const clock = new ManualClock();
    let lateBy = 0;
    const moving: Clock = {
      now: () => clock.now() + lateBy,
      wallNow: () => clock.wallNow() + lateBy,
      schedule: (callback, delay) => clock.schedule(callback, delay),
      nextTurn: (callback) => clock.nextTurn(callback),
    };
    const repeated: number[] = [];
    const settings = { reevictAfter: DELAY, outboxLimit: 10_000 };
    const reevictions = new DelayedReevictions(settings, moving, (targets) => repeated.push(targets.length));
    for (const region of ['pages', 'others', 'products']) {
      reevictions.later([{ kind: 'region', region }]);
      lateBy += 2;
    }
    lateBy = 0;
    await clock.advance('1m');
    expect(repeated).toEqual([3]);
  });

  // Nobody waits for it, and what nobody hears would end the process: the test run fails then.
  it.each(['after its delay', 'at shutdown'])(
    "puts what cannot be delivered %s into the outbox, also with onUndelivered: 'throw'",
    async (when) => {
      const settings = { reevictAfter: DELAY, onUndelivered: 'throw', drainTimeout: 1_000 } as const;
      const { a, bridge, clock } = await instances(1).with(settings).connected();
      await a.region('r').evict('1');
      bridge.cut(a);
      await clock.advance(1);
      const closed = when === 'at shutdown' ? a.close() : undefined;
      await clock.advance(DELAY);
      expect(a.status().outbox).toBe(1);
      await clock.advance('5s');
      await closed;
    },
  );
});
