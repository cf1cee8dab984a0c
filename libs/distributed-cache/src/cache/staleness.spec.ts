import { leaseAgeOf } from '../../../../test/support/instances/lease-age.js';
import { describe, expect, it } from 'vitest';
import { instances, LONGEST_BACK_OFF, type InstancesInMemory } from '../../../../test/support/instances/instances.js';
import { deferred } from '../../../../test/support/common/deferred.js';
import type { WhenDisconnected } from './settings.js';

const S = 10_000;

/** An instance that has just been cut off, silently, and holds '1', loaded `age` ms ago. */
async function cutOff(age: number, whenDisconnected: WhenDisconnected = 'reload'): Promise<InstancesInMemory> {
  const both = await instances(2).with({ maxStaleness: S, whenDisconnected }).connected();
  await both.b.region('r').getOrLoad('1', () => 'old');
  await both.clock.advance(age);
  both.bridge.cut(both.b);
  return both;
}

describe('an entry', () => {
  it('is served without limit while syncs renew the lease', async () => {
    const { a, clock } = await instances(1).with({ ttl: Infinity }).connected();
    await a.region('r').getOrLoad('1', () => 'kept');
    for (let minutes = 0; minutes < 5; minutes += 1) {
      await clock.advance('1m');
      expect(a.region('r').getSync('1')).toBe('kept');
    }
  });

  it('is served for maxStaleness after the last sync was sent, and no longer', async () => {
    const { b, clock } = await cutOff(60_000);
    await clock.advance(S - leaseAgeOf(b));
    expect(b.region('r').getSync('1')).toBe('old');
    await clock.advance(1);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('that was loaded while cut off is served for maxStaleness after its load began', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const asked = deferred<string>();
    const reader = b.region<string>('r').getOrLoad('1', () => asked.promise);
    await clock.advance(S - 1);
    asked.resolve('slowly loaded');
    await reader;
    await clock.advance(1);
    expect(b.region('r').getSync('1')).toBe('slowly loaded');
    await clock.advance(1);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('is loaded about once per maxStaleness by an instance that is cut off, and no reader but the first waits', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S + 1);
    let loads = 0;
    for (let elapsed = 0; elapsed < 10 * S; elapsed += 500) {
      await b.region('r').getOrLoad('1', () => (loads += 1));
      await clock.advance(500);
    }
    // Loaded again before its lease ends: first from a third of it on, then from three quarters of it on.
    expect(loads).toBeGreaterThanOrEqual(10);
    expect(loads).toBeLessThanOrEqual(14);
    expect(b.stats().regions['r']?.misses).toBe(2);
  });

  it('of an update has the age of its method: the result was true some time since that began', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const slow = deferred<string>();
    const put = b.region<string>('r').update('1', () => slow.promise);
    await clock.advance(S - 1);
    slow.resolve('saved');
    await put;
    await clock.advance(2);
    expect(b.region('r').getSync('1')).toBeUndefined();
  });

  it('is served again after a continuous sync: the log has what was evicted meanwhile', async () => {
    const { a, b, bridge, clock } = await cutOff(0);
    await b.region('r').getOrLoad('2', () => 'two');
    await a.region('r').evict('1');
    await clock.advance(S * 2);
    expect(b.region('r').getSync('2')).toBeUndefined();

    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    expect(b.region('r').getSync('2')).toBe('two');
    expect(b.region('r').getSync('1')).toBeUndefined();
    expect(b.stats().bridge).toMatchObject({ flushes: 1, replayed: 1 });
  });
});

describe("an entry of a region with whenDisconnected: 'bypass'", () => {
  it('is not served while the lease is over, however young: every read loads', async () => {
    const { b, clock } = await cutOff(0, 'bypass');
    await clock.advance(S + 1);
    let loads = 0;
    for (let reads = 0; reads < 3; reads += 1) await b.region('r').getOrLoad('1', () => (loads += 1));
    expect(loads).toBe(3);
  });

  it('does not keep the other regions from reload', async () => {
    const regions = { prices: { whenDisconnected: 'bypass' } } as const;
    const { a, bridge, clock } = await instances(1).with({ regions }).connected();
    bridge.cut(a);
    await clock.advance(S + 1);
    for (const region of ['prices', 'products']) await a.region(region).getOrLoad('1', () => 'loaded');
    expect(a.region('prices').getSync('1')).toBeUndefined();
    expect(a.region('products').getSync('1')).toBe('loaded');
  });

  it('keeps a reader from joining a running load', async () => {
    const { b, clock } = await cutOff(0, 'bypass');
    await clock.advance(S + 1);
    void b.region<string>('r').getOrLoad('1', () => new Promise<string>(() => {}));
    await expect(b.region<string>('r').getOrLoad('1', () => 'its own')).resolves.toBe('its own');
  });
});

describe('a reader', () => {
  it('joins a running load under the same rule by which it is served an entry', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const slow = deferred<string>();
    const first = b.region<string>('r').getOrLoad('1', () => slow.promise);
    await clock.advance(S);
    const joined = b.region<string>('r').getOrLoad('1', () => expect.unreachable());
    await clock.advance(1);
    await expect(b.region<string>('r').getOrLoad('1', () => 'newer')).resolves.toBe('newer');

    slow.resolve('older');
    await expect(Promise.all([first, joined])).resolves.toEqual(['older', 'older']);
    expect(b.region('r').getSync('1')).toBe('newer');
  });

  it('joins a load of any age while the lease is live', async () => {
    const { a, clock } = await instances(1).connected();
    const slow = deferred<string>();
    const first = a.region<string>('r').getOrLoad('1', () => slow.promise);
    await clock.advance(3 * S);
    const joined = a.region<string>('r').getOrLoad('1', () => expect.unreachable());
    slow.resolve('loaded');
    await expect(Promise.all([first, joined])).resolves.toEqual(['loaded', 'loaded']);
  });
});

describe('a load that reads another entry', () => {
  it('has the age of that entry: nesting adds nothing to staleness', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const region = b.region<string>('r');
    await region.getOrLoad('inner', () => 'price');
    await clock.advance(6_000);
    await region.getOrLoad('outer', async () => `page with ${await region.getOrLoad('inner', () => 'unexpected')}`);
    expect(region.getSync('outer')).toBe('page with price');
    await clock.advance(S - 6_000 + 1);
    expect(region.getSync('outer')).toBeUndefined();
  });

  it('has the age of that entry also through a load, a bulk load or a put in between', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const region = b.region<string>('r');
    await region.getOrLoad('inner', () => 'price');
    await clock.advance(6_000);
    const inner = (): Promise<string> => region.getOrLoad('inner', () => expect.unreachable());
    const middle = (): Promise<string> => region.getOrLoad('middle', inner);
    const bulk = (): Promise<Map<string, string>> => region.getOrLoadMany(['inner', 'x'], () => new Map([['x', 'x']]));
    await region.getOrLoad('through a load', () => middle());
    await region.getOrLoad('through a hit of it', () => middle());
    await region.getOrLoad('through a bulk load', async () => [...(await bulk()).values()].join(' '));
    await region.getOrLoad('through a put', () => region.update('put', inner));
    await clock.advance(S - 6_000 + 1);
    const through = ['a load', 'a hit of it', 'a bulk load', 'a put'].map((what) => `through ${what}`);
    expect(['middle', 'put', ...through].filter((key) => region.getSync(key) !== undefined)).toEqual([]);
  });

  it('has the age of a load that it joined', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const region = b.region<string>('r');
    const slow = deferred<string>();
    const inner = region.getOrLoad('inner', () => slow.promise);
    await clock.advance(6_000);
    const outer = region.getOrLoad('outer', () => region.getOrLoad('inner', () => expect.unreachable()));
    slow.resolve('price');
    await Promise.all([inner, outer]);
    expect(region.getSync('outer')).toBe('price');
    await clock.advance(S - 6_000 + 1);
    expect(region.getSync('outer')).toBeUndefined();
  });

  it('is no older than the last sync while the lease is live', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    const region = a.region<string>('r');
    await region.getOrLoad('inner', () => 'price');
    await clock.advance('1m');
    await region.getOrLoad('outer', () => region.getOrLoad('inner', () => expect.unreachable()));
    bridge.cut(a);
    await clock.advance(S - leaseAgeOf(a));
    expect(region.getSync('outer')).toBe('price');
  });

  it('gives its age to the update that it belongs to', async () => {
    const { b, clock } = await cutOff(0);
    await clock.advance(S * 2);
    const region = b.region<string>('r');
    await region.getOrLoad('inner', () => 'price');
    await clock.advance(6_000);
    await region.update('outer', () => region.getOrLoad('inner', () => expect.unreachable()));
    await clock.advance(S - 6_000 + 1);
    expect(region.getSync('outer')).toBeUndefined();
  });
});

describe('a suspend of the machine', () => {
  it('lets the lease lapse within 250 ms, and the next sync renews it', async () => {
    const { a, bridge, clock } = await instances(1).connected();
    await a.region('r').getOrLoad('1', () => 'old');
    bridge.cut(a, { silently: true });
    clock.suspend('1h');
    await clock.advance(250);
    expect(a.region('r').getSync('1')).toBeUndefined();
    expect(a.status().leaseAge).toBeNull();

    bridge.heal(a);
    await clock.advance('5s');
    expect(a.region('r').getSync('1')).toBe('old');
  });
});

describe('maxStaleness of Infinity', () => {
  it('makes an instance that is cut off serve until the TTL', async () => {
    const { a, bridge, clock } = await instances(1).with({ maxStaleness: Infinity, ttl: 60_000 }).connected();
    await a.region('r').getOrLoad('1', () => 'old');
    bridge.cut(a);
    await clock.advance('59s');
    expect(a.region('r').getSync('1')).toBe('old');
    await clock.advance('1s');
    expect(a.region('r').getSync('1')).toBeUndefined();
  });
});
