import { describe, expect, it } from 'vitest';
import {
  instances,
  LONGEST_BACK_OFF,
  logOf,
  type InstancesInMemory,
} from '../../../../test/support/instances/instances.js';
import type { DistributedCache } from '../cache/distributed-cache.js';
import type { FlushReason } from './follow/log-follower.js';

interface Watched {
  readonly world: InstancesInMemory;
  readonly reasons: FlushReason[];
}

function watched(count: number, invalidationLogLength = 4_096): Watched {
  const world = instances(count).with({ namespace: 'shop', invalidationLogLength });
  const reasons: FlushReason[] = [];
  world.a.on('flush', ({ reason }) => void reasons.push(reason));
  return { world, reasons };
}

function linesOf(cache: DistributedCache): readonly unknown[] {
  return logOf(cache).lines.filter(({ message }) => message.startsWith('Starting empty'));
}

function line(because: RegExp, reason: FlushReason): object {
  return {
    level: 'warn',
    message: expect.stringMatching(because),
    parameters: { namespace: 'shop', target: 'memory', reason },
  };
}

describe('an instance that drops all its entries', () => {
  it('says nothing at an ordinary start, when it has none', async () => {
    const { world, reasons } = watched(1);
    await world.connected();
    expect(reasons).toEqual(['first-sync']);
    expect(linesOf(world.a)).toEqual([]);
  });

  it('says that it has reached the other side for the first time, if it was started without it', async () => {
    const { world, reasons } = watched(1);
    const { a, bridge, clock } = world;
    bridge.cut(a);
    world.started();
    await clock.advance('5s');
    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    expect(reasons).toEqual(['first-sync']);
    expect(linesOf(a)).toEqual([
      line(/this instance has reached the in-memory bridge for the first time/, 'first-sync'),
    ]);
  });

  it('says that the server was restarted or replaced, once a minute', async () => {
    const { world, reasons } = watched(1);
    const { a, bridge, clock } = await world.connected();
    for (let times = 0; times < 3; times += 1) {
      bridge.restart();
      await clock.advance(LONGEST_BACK_OFF);
    }
    expect(reasons.slice(1)).toEqual(['other-server', 'other-server', 'other-server']);
    expect(linesOf(a)).toEqual([line(/was restarted, or another server has taken its place/, 'other-server')]);

    await clock.advance('1m');
    bridge.restart();
    await clock.advance(LONGEST_BACK_OFF);
    expect(linesOf(a)).toHaveLength(2);
  });

  it('says that the log does not reach back far enough', async () => {
    const { world, reasons } = watched(2, 5);
    const { a, b, bridge, clock } = await world.connected();
    bridge.cut(a);
    for (let key = 0; key < 20; key += 1) await b.region('other').evict(key);
    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    expect(reasons.slice(1)).toEqual(['position-lost']);
    expect(linesOf(a)).toEqual([line(/was away for too long \(invalidationLogLength/, 'position-lost')]);
  });

  it('has said already that keys have vanished', async () => {
    const { world, reasons } = watched(1);
    const { a, bridge, clock } = await world.connected();
    bridge.wipe('shop');
    await clock.advance('5s');
    expect(reasons.slice(1)).toEqual(['keys-vanished']);
    expect(linesOf(a)).toEqual([]);
    expect(logOf(a).at('warn')).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/has lost keys .* so the local copies were dropped/) }),
    ]);
  });
});
