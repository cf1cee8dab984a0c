import { leaseAgeOf } from '../../../../test/support/instances/lease-age.js';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/common/failure-of.js';
import {
  instances,
  logOf,
  LONGEST_BACK_OFF,
  startedCache,
  type InstancesInMemory,
} from '../../../../test/support/instances/instances.js';
import type { Duration } from '../common/duration.js';
import type { Evicted } from '../coherence/publish/evicted.js';
import { InMemoryInvalidationBridge } from '../testing/in-memory-invalidation-bridge.js';
import { ManualClock } from '../testing/manual-clock.js';
import { InvalidationNotConfirmedError } from '../errors.js';
import type { DistributedCache } from './distributed-cache.js';

const S = 2_000;
const MINUTE = 60_000;
const TEN_MINUTES = 600_000;

const copies = (...caches: DistributedCache[]): unknown[] =>
  caches.map((instance) => instance.region('r').getSync('1'));

async function three(settings = {}): Promise<InstancesInMemory> {
  const shop = await instances(3)
    .with({ maxStaleness: S, ...settings })
    .connected();
  for (const instance of shop.all) await instance.region('r').getOrLoad('1', () => 'old');
  return shop;
}

describe('an eviction everywhere', () => {
  it('resolves when every instance has acknowledged it, without waiting for a lease', async () => {
    const { a, b, c } = await three();
    const evicted = await a.region('r').evict('1', { everywhere: true });
    expect(evicted).toEqual({ delivered: true, instances: 3, waited: 0 });
    expect(copies(a, b, c)).toEqual([undefined, undefined, undefined]);
  });

  it('of many keys, a region, tags or everything resolves alike', async () => {
    const { a } = await three();
    const many = Array.from({ length: 250 }, (_, index) => `${index}`);
    for (const evicted of [
      a.region('r').evictMany(many, { everywhere: true }),
      a.region('r').clear({ everywhere: { timeout: '1s' } }),
      a.evictTags(['t', 'u'], { everywhere: true }),
      a.clear({ everywhere: true }),
    ])
      expect(await evicted).toEqual({ delivered: true, instances: 3, waited: 0 });
  });

  it('waits for an instance that is cut off until its lease is over, and not a moment less', async () => {
    const { a, b, bridge, clock } = await three();
    await clock.advance(400);
    bridge.cut(b, { silently: true });
    const served: [waited: boolean, copy: unknown][] = [];
    let isSettled = false;
    const evicted = a.region('r').evict('1', { everywhere: true });
    void evicted.then(() => (isSettled = true));
    for (let millisecond = 0; millisecond <= S + 1; millisecond += 1) {
      await clock.advance(1);
      served.push([isSettled, copies(b)[0]]);
    }
    expect(served).not.toContainEqual([true, 'old']);
    expect(served.filter(([isOver]) => !isOver)).toHaveLength(S);
    expect((await evicted).waited).toBe(S + 1);
    expect(copies(b)).toEqual([undefined]);
  });

  it('in bypass waits until the lease is over that began with the last sync of the missing instance', async () => {
    const { a, b, bridge, clock } = await three({ whenDisconnected: 'bypass' });
    await clock.advance(500);
    bridge.cut(b, { silently: true });
    const evicted = a.region('r').evict('1', { everywhere: true });
    await clock.advance(S);
    expect((await evicted).waited).toBeLessThanOrEqual(S - 500 + 1);
  });

  it('in bypass waits for the last millisecond of a lease, in which the copy is still served', async () => {
    const { a, b, bridge, clock } = await three({ whenDisconnected: 'bypass' });
    bridge.cut(b, { silently: true });
    await clock.advance(S - leaseAgeOf(b));
    expect(copies(b)).toEqual(['old']);

    const evicted = a.region('r').evict('1', { everywhere: true });
    await clock.advance(1);
    expect((await evicted).waited).toBe(1);
    expect(copies(b)).toEqual([undefined]);
  });

  it('is acknowledged also when a sync brought it', async () => {
    const { a, bridge, clock } = await three();
    bridge.drop();
    const evicted = a.region('r').evict('1', { everywhere: true });
    await clock.advance(S / 3 + 1);
    expect((await evicted).waited).toBeLessThanOrEqual(S / 3 + 1);
  });

  it('rejects after its timeout, naming the instances that did not acknowledge', async () => {
    const { a, b, bridge, clock } = await three();
    bridge.cut(b, { silently: true });
    const failure = failureOf(a.region('r').evict('1', { everywhere: { timeout: '500ms' } }));
    await clock.advance(500);
    expect(await failure).toBeInstanceOf(InvalidationNotConfirmedError);
    expect(await failure).toMatchObject({
      missing: [b.status().instanceId],
      message: expect.stringContaining(b.status().instanceId),
    });
  });

  it('waits for the log, and rejects after its timeout when the log does not have it', async () => {
    const { a, b, bridge, clock } = await three();
    bridge.cut(a);
    await clock.advance(0);
    const late = failureOf(a.region('r').evict('1', { everywhere: { timeout: '300ms' } }));
    const evicted = a.region('r').evict('2', { everywhere: { timeout: '1m' } });
    await clock.advance(300);
    expect(String(await late)).toContain('the in-memory bridge has not accepted it');

    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    expect((await evicted).instances).toBe(3);
    expect(copies(b)).toEqual([undefined]);
  });

  it('is published again when the answer of the log is lost', async () => {
    const { a, b, bridge, clock } = await three();
    bridge.cut(a, { silently: true });
    const evicted = a.region('r').evict('1', { everywhere: { timeout: '1m' } });
    await clock.advance(100);
    bridge.heal(a);
    await clock.advance('10s');
    expect((await evicted).instances).toBe(3);
    expect(copies(b)).toEqual([undefined]);
  });

  it('is published again when another server answers meanwhile: the first may have delivered it to no instance', async () => {
    const { a, b, bridge, clock } = await three();
    bridge.cut(b, { silently: true });
    const evicted = a.region('r').evict('1', { everywhere: { timeout: '1m' } });
    await clock.advance(500);
    bridge.restart({ lost: 1 });
    bridge.heal();
    await clock.advance('10s');
    // From the restart on, it takes the lease of whom the new server may not know.
    expect((await evicted).waited).toBeGreaterThan(500 + S);
    expect(a.stats().bridge.published).toBe(2);
  });

  it('is published again when the log refuses it', async () => {
    const { a, bridge, clock } = await three();
    bridge.refuse('retry');
    const evicted = a.region('r').evict('1', { everywhere: { timeout: '1m' } });
    await clock.advance(10);
    bridge.refuse();
    await clock.advance('10s');
    expect((await evicted).instances).toBe(3);
  });

  it('does not wait for an instance that has left', async () => {
    const { a, b, clock } = await three();
    const closed = b.close();
    await clock.advance(0);
    await closed;
    expect(await a.region('r').evict('1', { everywhere: true })).toEqual({ delivered: true, instances: 2, waited: 0 });
  });

  it('waits for a killed instance until its lease is over, and no more after ten minutes', async () => {
    const { a, b, bridge, clock } = await three();
    bridge.cut(b);
    const evicted = a.region('r').evict('1', { everywhere: true });
    await clock.advance(S + 1);
    expect((await evicted).waited).toBe(S + 1);
    await clock.advance(TEN_MINUTES);
    expect(await a.region('r').evict('1', { everywhere: true })).toEqual({ delivered: true, instances: 2, waited: 0 });
  });

  it('waits for an instance with maxStaleness: Infinity until that acknowledges', async () => {
    const { a, b, bridge, clock } = await three({ maxStaleness: Infinity });
    bridge.cut(b, { silently: true });
    const failure = failureOf(a.region('r').evict('1', { everywhere: { timeout: '1m' } }));
    await clock.advance('1m');
    expect(await failure).toBeInstanceOf(InvalidationNotConfirmedError);
  });

  it('waits for a lease in the first ten minutes of another server, which may not know every instance', async () => {
    const { a, bridge, clock } = await three();
    bridge.restart();
    await clock.advance(LONGEST_BACK_OFF);
    const evicted = a.region('r').evict('1', { everywhere: true });
    await clock.advance(S + 1);
    expect((await evicted).waited).toBe(S + 1);
    await clock.advance(TEN_MINUTES);
    expect((await a.region('r').evict('1', { everywhere: true })).waited).toBe(0);
  });

  it('in bypass waits for unknown instances only as long as a lease from before may last', async () => {
    const { a, bridge, clock } = await three({
      regions: { r: { whenDisconnected: 'bypass' } },
    });
    bridge.restart();
    await clock.advance(S + LONGEST_BACK_OFF);
    expect((await a.region('r').evict('1', { everywhere: true })).waited).toBe(0);
    const elsewhere = a.region('another').evict('1', { everywhere: true });
    await clock.advance(S + 1);
    expect((await elsewhere).waited).toBe(S + 1);
  });

  it('resolves at once in local mode', async () => {
    const { a } = instances(1).local();
    expect(await a.region('r').evict('1', { everywhere: true })).toEqual({ delivered: true, instances: 1, waited: 0 });
  });

  it('that is made before the start resolves when local mode is known', async () => {
    const { a } = instances(1);
    const evicted = a.region('r').evict('1', { everywhere: true });
    a.start(undefined);
    expect((await evicted).instances).toBe(1);
  });

  it('rejects when its instance shuts down', async () => {
    const { a, b, bridge, clock } = await three();
    bridge.cut(b, { silently: true });
    const failure = failureOf(a.region('r').evict('1', { everywhere: true }));
    const closed = a.close();
    await clock.advance('5s');
    await closed;
    expect(String(await failure)).toContain('before the cache was shut down');
  });

  it.each([0, -1, Infinity, '2d'])('refuses the timeout %j, and evicts nothing', async (timeout) => {
    const { a } = await three();
    // @ts-expect-error a wrong unit does not compile
    const evicted = a.region('r').evict('1', { everywhere: { timeout } });
    await expect(evicted).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(copies(a)).toEqual(['old']);
  });

  it('gives up after maxStaleness plus publishTimeout by default, also when that is more than a minute', async () => {
    const { a, bridge, clock } = await three({ maxStaleness: '5m', publishTimeout: 1_000 });
    bridge.restart();
    await clock.advance('10s');
    const evicted = a.region('r').evict('1', { everywhere: true });
    await clock.advance('301s');
    expect((await evicted).waited).toBeGreaterThanOrEqual(5 * MINUTE);
  });

  it('warns once of a timeout that is not above maxStaleness', async () => {
    const { a } = await three({ maxStaleness: '10s' });
    for (const timeout of ['5s', '10s', '11s'] as const) await a.region('r').evict('1', { everywhere: { timeout } });
    expect(logOf(a).at('warn')).toMatchObject([
      {
        message: expect.stringMatching(
          /a timeout of 5000 ms is not above maxStaleness, which is 10000 ms.*Leave the timeout out/s,
        ),
      },
    ]);
  });

  it('gives up after a minute by default with maxStaleness: Infinity', async () => {
    const { a, b, bridge, clock } = await three({ maxStaleness: Infinity, publishTimeout: 1_000 });
    bridge.cut(b, { silently: true });
    const failure = failureOf(a.region('r').evict('1', { everywhere: true }));
    await clock.advance('1m');
    expect(String(await failure)).toContain('within 60000 ms');
  });
});

describe('an eviction everywhere among instances with different settings', () => {
  it('waits for an instance in bypass with a lease of twenty minutes that has been cut off for eleven', async () => {
    const { a, b, bridge, clock } = await three({ maxStaleness: '20m', whenDisconnected: 'bypass' });
    bridge.cut(b, { silently: true });
    await clock.advance('11m');
    const evicted = evictedBy(a, '1d');
    const served = await servedUntilSettled(b, evicted, clock, 60_000);
    expect(served).toEqual([]);
    expect((await evicted).waited).toBeGreaterThan(8 * MINUTE);
    expect((await evicted).waited).toBeLessThan(10 * MINUTE);
  });

  it('waits for a killed instance with maxStaleness: Infinity, however long ago that was', async () => {
    const { a, b, bridge, clock } = await three({ maxStaleness: Infinity });
    bridge.cut(b, { silently: true });
    await clock.advance('11m');
    const failure = failureOf(evictedBy(a, '1m'));
    await clock.advance('1m');
    expect(await failure).toMatchObject({ missing: [b.status().instanceId] });
  });

  it('waits by a longer maxStaleness that it remembers when the server has lost the list', async () => {
    const shop = await instances(1).with({ maxStaleness: 300 }).connected();
    const { a, bridge, clock } = shop;
    const b = await shop.joinedBy({ maxStaleness: '10s' });
    await b.region('r').getOrLoad('1', () => 'old');
    await clock.advance('1s');
    bridge.cut(b);
    bridge.restart({ membersLost: true });
    await clock.advance(LONGEST_BACK_OFF);

    const evicted = evictedBy(a, '1m');
    expect(await servedUntilSettled(b, evicted, clock, 100)).toEqual([]);
    expect((await evicted).waited).toBe(10_001);
  });

  it('waits by reload, although it is in bypass itself, if it remembers an instance in reload', async () => {
    const shop = await instances(1).with({ maxStaleness: S, whenDisconnected: 'bypass' }).connected();
    const { a, bridge, clock } = shop;
    const b = await shop.joinedBy({ whenDisconnected: 'reload' });
    await clock.advance(S);
    bridge.cut(b);
    bridge.restart({ membersLost: true });
    await clock.advance(4 * S);
    // Cut off, it loads again once per maxStaleness.
    await b.region('r').getOrLoad('1', () => 'old');

    const evicted = evictedBy(a, '1m');
    expect(await servedUntilSettled(b, evicted, clock, 100)).toEqual([]);
    expect((await evicted).waited).toBe(S + 1);
  });

  it('waits also by the settings that only another instance remembers, whichever of the two syncs first', async () => {
    const shop = await instances(1).with({ maxStaleness: 300 }).connected();
    const { a, bridge, clock } = shop;
    const b = await shop.joinedBy({ maxStaleness: '10s' });
    await clock.advance('1s');
    bridge.cut(a);
    bridge.cut(b);
    bridge.restart({ membersLost: true });
    // This one begins the list, and knows nobody.
    const first = await shop.joinedBy();
    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    const last = await shop.joinedBy();

    for (const each of [first, last]) {
      const evicted = evictedBy(each, '1m');
      await clock.advance('11s');
      expect((await evicted).waited).toBe(10_001);
    }
  });

  it('waits for unknown instances with a lease of twenty minutes until the list is twenty minutes old', async () => {
    const { a, bridge, clock } = await three({ maxStaleness: '20m', whenDisconnected: 'bypass' });
    bridge.restart({ membersLost: true });
    await clock.advance('12m');
    const evicted = evictedBy(a, '1d');
    await clock.advance('9m');
    expect((await evicted).waited).toBeGreaterThan(7 * MINUTE);
    expect((await evictedBy(a, '1d')).waited).toBe(0);
  });
});

describe('an eviction everywhere when the clock of the server', () => {
  async function onAServer(settings: object) {
    const clock = new ManualClock();
    let offset = 0;
    const bridge = new InMemoryInvalidationBridge({
      clock: {
        now: () => clock.now(),
        wallNow: () => clock.wallNow() + offset,
        schedule: (callback, delay) => clock.schedule(callback, delay),
        nextTurn: (callback) => clock.nextTurn(callback),
      },
    });
    const options = { maxStaleness: S, ...settings, bridge, clock };
    const [a, b] = [startedCache(options), startedCache(options)];
    await clock.advance(0);
    await b.region('r').getOrLoad('1', () => 'old');
    return { a, b, bridge, clock, set: (by: number) => void (offset += by) };
  }

  it.each([11 * MINUTE, -11 * MINUTE])('is set by %d ms waits for an instance that is cut off', async (by) => {
    const { a, b, bridge, clock, set } = await onAServer({});
    bridge.cut(b, { silently: true });
    set(by);
    const evicted = evictedBy(a, '1m');
    expect(await servedUntilSettled(b, evicted, clock, 100)).toEqual([]);
    expect((await evicted).waited).toBe(S + 1);
  });

  it.each([11 * MINUTE, -11 * MINUTE])('is set by %d ms waits in bypass while its lease lasts', async (by) => {
    const { a, b, bridge, clock, set } = await onAServer({ maxStaleness: '30s', whenDisconnected: 'bypass' });
    bridge.cut(b, { silently: true });
    set(by);
    // A sync of the other instance comes first.
    await clock.advance('6s');
    const evicted = evictedBy(a, '1m');
    expect(await servedUntilSettled(b, evicted, clock, 100)).toEqual([]);
    expect((await evicted).waited).toBeLessThanOrEqual(30_001);
  });

  it('is set forward takes no young list for an old one', async () => {
    const { a, bridge, clock, set } = await onAServer({});
    bridge.restart();
    await clock.advance(LONGEST_BACK_OFF);
    set(11 * MINUTE);
    await clock.advance('10s');
    const evicted = evictedBy(a, '1m');
    await clock.advance(S + 1);
    expect((await evicted).waited).toBe(S + 1);
  });

  it('is set back by an hour forgets a killed instance ten minutes later all the same', async () => {
    const { a, b, bridge, clock, set } = await onAServer({});
    bridge.cut(b);
    set(-60 * MINUTE);
    await clock.advance('10m');
    await clock.advance('1m');
    expect((await evictedBy(a, '1m')).instances).toBe(1);
  });

  it('goes on while nobody is connected waits for an instance that comes back later than the others', async () => {
    const { a, b, bridge, clock } = await onAServer({});
    bridge.cut(a);
    bridge.cut(b);
    await clock.advance('11m');
    await b.region('r').getOrLoad('1', () => 'old');
    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    await b.region('r').getOrLoad('1', () => 'old');
    const evicted = evictedBy(a, '1m');
    expect(await servedUntilSettled(b, evicted, clock, 100)).toEqual([]);
    expect((await evicted).waited).toBe(S + 1);
  });
});

/** Which values `instance` served once the eviction had settled, if it is read every `step` ms until then and once after that. */
async function servedUntilSettled(
  instance: DistributedCache,
  evicted: Promise<unknown>,
  clock: ManualClock,
  step: number,
): Promise<unknown[]> {
  const settled: unknown[] = [];
  void evicted.then((outcome) => settled.push(outcome));
  while (settled.length === 0) await clock.advance(step);
  return copies(instance).filter((copy) => copy !== undefined);
}

function evictedBy(instance: DistributedCache, timeout: Duration): Promise<Evicted> {
  return instance.region('r').evict('1', { everywhere: { timeout } });
}

describe('a failover that loses the tail of the log', () => {
  it.each([
    ['received its own doorbell', false],
    ['did not receive its own doorbell', true],
  ])('is repaired by a publisher that %s: it republishes', async (_, isUnheard) => {
    const { a, b, c, bridge, clock } = await three();
    bridge.cut(b);
    if (isUnheard) bridge.drop();
    await a.region('r').evict('1');
    await clock.advance(0);
    // b comes back to a server that has never heard of it, as everybody else.
    bridge.restart({ lost: 1 });
    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    for (const instance of [a, b, c]) await instance.region('r').getOrLoad('1', () => 'new');

    expect(a.stats().bridge.published).toBe(2);
    expect(copies(a, b, c)).toEqual(['new', 'new', 'new']);
    // Again it is the same server: nothing is said a third time.
    await clock.advance('1m');
    expect(a.stats().bridge.published).toBe(2);
  });

  it('makes every instance flush, also when the publisher is dead', async () => {
    const { a, b, c, bridge, clock } = await three();
    bridge.cut(b);
    await a.region('r').evict('1');
    bridge.cut(a);
    bridge.restart({ lost: 1 });
    bridge.heal(b);
    await clock.advance(LONGEST_BACK_OFF);
    expect([b, c].map((instance) => instance.status().state)).toEqual(['coherent', 'coherent']);
    expect(copies(b, c)).toEqual([undefined, undefined]);
  });

  it('is the only reason to republish: a wiped log of the same server only makes instances flush', async () => {
    const { a, bridge, clock } = await three();
    await a.region('r').evict('1');
    bridge.wipe('shop');
    await clock.advance('10s');
    expect(a.stats().bridge).toMatchObject({ flushes: 2, published: 1 });
  });

  it('is repaired also for an instance that was on the new server before the publisher', async () => {
    const { a, b, bridge, clock } = await three();
    await a.region('r').evict('1');
    bridge.cut(a);
    bridge.restart({ lost: 1 });
    await clock.advance(LONGEST_BACK_OFF);
    // Loaded from a source that is behind, or by a reader that is older than the eviction: the publisher knows better.
    await b.region('r').getOrLoad('1', () => 'old');
    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    expect(copies(b)).toEqual([undefined]);
  });
});
