import { expect, it } from 'vitest';
import { instances } from '../../../../../test/support/instances/instances.js';

it.each([300, 900, 2_900, 9_000])(
  'a silent channel is noticed and subscribed to again, also with a maxStaleness of %i ms',
  async (maxStaleness) => {
    const { a, b, bridge, clock } = await instances(2).with({ maxStaleness }).connected();
    bridge.drop(Infinity);
    for (let second = 0; second < 10; second += 1) {
      await a.region('products').evict(`${second}`);
      await clock.advance('1s');
    }
    expect(b.stats().bridge.missed).toBeGreaterThan(0);
    expect(b.stats().bridge.reconnects).toBeGreaterThan(0);

    bridge.heal();
    await clock.advance('10s');
    const { reconnects } = b.stats().bridge;
    await clock.advance('1m');
    expect(b.stats().bridge.reconnects).toBe(reconnects);
  },
);

it('a position that the server refuses is given up: the instance starts over', async () => {
  const { a, bridge, clock } = await instances(1).connected();
  await a.region('products').getOrLoad('1', () => 'old');
  bridge.refuse('report');
  await clock.advance('6s');
  bridge.refuse();
  await clock.advance('6s');
  expect(a.stats().bridge.flushes).toBe(2);
  expect(a.status().state).toBe('coherent');
  expect(a.region('products').getSync('1')).toBeUndefined();
});
