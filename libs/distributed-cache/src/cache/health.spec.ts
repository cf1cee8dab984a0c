import { describe, expect, it } from 'vitest';
import { instances, startedCache } from '../../../../test/support/instances/instances.js';
import { resolveSettings } from '../module/options/resolve-settings.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { DistributedCache } from './distributed-cache.js';

/** A cache of an application that does not start without Redis. */
function demanding(): { cache: DistributedCache; bridge: InMemoryInvalidationBridge; clock: ManualClock } {
  const clock = new ManualClock();
  const bridge = new InMemoryInvalidationBridge({ clock });
  const cache = new DistributedCache(resolveSettings({ bridge, clock }), { clock });
  cache.start(bridge, undefined, true);
  return { cache, bridge, clock };
}

describe('the health of a cache', () => {
  it('is up in local mode', () => {
    expect(startedCache().health()).toEqual({ status: 'up', state: 'local', leaseAge: 0, outbox: 0 });
  });

  it('is up while the instance is coherent, degraded while it is cut off, and up again', async () => {
    const { a, bridge, clock } = await instances(2).with({ maxStaleness: '2s' }).connected();
    expect(a.health()).toEqual({ status: 'up', state: 'coherent', leaseAge: 0, outbox: 0 });
    bridge.cut(a);
    await clock.advance('3s');
    void a.region('r').evict('1');
    expect(a.health()).toMatchObject({ status: 'degraded', state: 'disconnected', outbox: 1 });
    bridge.heal(a);
    await clock.advance('5s');
    expect(a.health()).toMatchObject({ status: 'up', state: 'coherent', outbox: 0 });
  });

  it('is down only with abortConnect, until the first sync', async () => {
    const { cache, bridge, clock } = demanding();
    expect(cache.health().status).toBe('down');
    await clock.advance(0);
    expect(cache.health().status).toBe('up');
    bridge.cut(cache);
    await clock.advance('1m');
    expect(cache.health().status).toBe('degraded');
    await cache.close();
  });
});
