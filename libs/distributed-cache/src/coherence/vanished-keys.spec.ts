import { describe, expect, it } from 'vitest';
import { ScriptedBridge, syncReply } from '../../../../test/support/bridges/scripted-bridge.js';
import { copies, fill } from '../../../../test/support/instances/copies.js';
import { instances, logOf } from '../../../../test/support/instances/instances.js';
import { RecordedLogger } from '../../../../test/support/instances/recorded-logger.js';
import { DistributedCache } from '../cache/distributed-cache.js';
import { resolveSettings } from '../module/options/resolve-settings.js';
import { ManualClock } from '../testing/manual-clock.js';

const POLICY = { message: 'Redis may evict the log', parameters: { maxmemoryPolicy: 'allkeys-lru' } };

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

describe('what a link warns of', () => {
  it('is logged once, however many links warn of it', async () => {
    const clock = new ManualClock();
    const bridge = new ScriptedBridge('Redis');
    const log = new RecordedLogger();
    const settings = resolveSettings({ bridge, clock, namespace: 'shop' });
    const cache = new DistributedCache(settings, { clock, logger: log });
    cache.start(bridge);
    await clock.advance(0);
    for (let i = 0; i < 3; i += 1) {
      bridge.link.warningsOfServer = [POLICY];
      bridge.lastSync.resolve(syncReply());
      await clock.advance(0);
      bridge.link.break();
      await clock.advance('5s');
    }

    const told = log.at('warn').filter(({ message }) => message === POLICY.message);
    expect(told).toEqual([
      {
        level: 'warn',
        message: POLICY.message,
        parameters: { namespace: 'shop', target: 'scripted', ...POLICY.parameters },
      },
    ]);
  });
});
