import { describe, expect, it } from 'vitest';
import { copies, fill } from '../../../../test/support/instances/copies.js';
import { instances, logOf } from '../../../../test/support/instances/instances.js';

describe('a log that vanished while its server stayed the same', () => {
  it('is told by every instance, with the memory policy as the likely cause', async () => {
    const { all, a, b, bridge, clock } = await instances(2).with({ maxStaleness: '3s', namespace: 'shop' }).connected();
    await fill('1', 'one', a, b);
    bridge.wipe('shop');
    await clock.advance('1s');

    expect(copies('1', a, b)).toEqual([undefined, undefined]);
    for (const each of all) {
      expect(logOf(each).at('warn')).toEqual([
        {
          level: 'warn',
          message: expect.stringMatching(
            /has lost keys of this namespace without a restart.*memory policy evicts them/,
          ),
          parameters: { namespace: 'shop', target: 'memory', vanished: 'log' },
        },
      ]);
    }
  });

  it('is told once a minute', async () => {
    const { a, bridge, clock } = await instances(1).with({ maxStaleness: '3s', namespace: 'shop' }).connected();
    for (let second = 0; second < 59; second += 1) {
      bridge.wipe('shop');
      await clock.advance('1s');
    }
    expect(logOf(a).at('warn')).toHaveLength(1);
    await clock.advance('2s');
    bridge.wipe('shop');
    await clock.advance('1s');
    expect(logOf(a).at('warn')).toHaveLength(2);
  });

  it('is not told when the server was restarted, or when the log was only trimmed', async () => {
    const { a, b, bridge, clock } = await instances(2)
      .with({ maxStaleness: '3s', namespace: 'shop', invalidationLogLength: 16 })
      .connected();
    bridge.restart({ lost: 100, membersLost: true });
    await clock.advance('5s');
    bridge.cut(b);
    for (let i = 0; i < 50; i += 1) await a.region('products').evict(i);
    bridge.heal(b);
    await clock.advance('5s');

    expect(b.stats().bridge.flushes).toBe(3);
    const told = [a, b].flatMap((each) => logOf(each).at('warn')).map(({ message }) => message);
    expect(told.filter((message) => message.includes('has lost keys'))).toEqual([]);
  });
});
