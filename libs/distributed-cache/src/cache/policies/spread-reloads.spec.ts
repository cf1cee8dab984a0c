import { describe, expect, it } from 'vitest';
import { Moments } from '../../../../../test/support/common/moments.js';
import {
  instances,
  LONGEST_BACK_OFF,
  type InstancesInMemory,
} from '../../../../../test/support/instances/instances.js';
import { leaseAgeOf } from '../../../../../test/support/instances/lease-age.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import type { DistributedCacheOptions } from '../../module/options/distributed-cache.options.js';
import { withTestCache } from '../../testing/test-cache.js';

const S = 10_000;
const SECOND = 1_000;
/** How far the clock moves between two rounds of reads, in ms. */
const STEP = 20;

interface Outage extends InstancesInMemory {
  readonly loads: Moments;
  /** Reads each of the first `count` keys every `pause` ms, from a phase of its own, for `time` ms. */
  read(this: void, count: number, time: number, pause?: number): Promise<void>;
  /** Called for each load; what it returns or throws is the result. */
  loader: (key: string) => unknown;
  misses(): number | undefined;
}

/** An instance that holds the keys from 0 to `keys` - 1 for a minute, and was cut off just after a sync. */
async function outage(keys: number, options: DistributedCacheOptions = {}, cut = { silently: false }): Promise<Outage> {
  const world = await instances(1)
    .with({ maxStaleness: S, ttl: Infinity, ...options })
    .connected();
  const { a, bridge, clock } = world;
  const region = a.region('products');
  const loads = new Moments();
  const load = (key: string): unknown => {
    loads.add(clock.now());
    return found.loader(key);
  };
  const found: Outage = Object.assign(world, {
    loads,
    loader: (key: string): unknown => key,
    async read(count: number, time: number, pause = 500) {
      for (let passed = 0; passed < time; passed += STEP) {
        for (let key = 0; key < count; key += 1) {
          const phase = ((key * 0.618) % 1) * pause;
          if ((passed + phase) % pause >= STEP) continue;
          void region.getOrLoad(String(key), () => load(String(key))).catch(() => {});
        }
        await clock.advance(STEP);
      }
    },
    misses: () => a.stats().regions['products']?.misses,
  });
  for (let key = 0; key < keys; key += 1) await region.getOrLoad(String(key), () => 'old');
  await clock.advance('1m');
  while (leaseAgeOf(a) >= STEP) await clock.advance(STEP);
  bridge.cut(a, cut);
  return found;
}

/** How many keys would be loaded in a second if their loads were spread evenly over `maxStaleness`. */
function mean(keys: number, maxStaleness = S): number {
  return (keys * SECOND) / maxStaleness;
}

describe('entries that are read while there is no news', () => {
  it.each([
    { maxStaleness: 10_000, silently: false },
    { maxStaleness: 10_000, silently: true },
    { maxStaleness: 2_000, silently: false },
  ])(
    'are loaded again before their lease ends, at most 3 × the mean in any second: %o',
    async ({ maxStaleness, silently }) => {
      const keys = 300;
      const shop = await outage(keys, { maxStaleness }, { silently });
      const { clock } = shop;
      const misses = shop.misses();
      shop.loader = () => new Promise((resolve) => clock.schedule(() => resolve('new'), 50));
      await shop.read(keys, 3 * maxStaleness, maxStaleness / 10);

      expect(shop.a.status().state).toBe('disconnected');
      expect(shop.misses()).toBe(misses);
      expect(shop.loads.count).toBeGreaterThan(2 * keys);
      expect(shop.loads.count).toBeLessThan(5 * keys);
      expect(shop.loads.mostWithin(SECOND)).toBeLessThanOrEqual(3 * mean(keys, maxStaleness));
    },
  );

  it('are loaded again also when each is read seldom, and no reader waits that comes within the lease', async () => {
    const keys = 300;
    const shop = await outage(keys);
    const misses = shop.misses();
    await shop.read(keys, 3 * S, S / 3);
    expect(shop.misses()).toBe(misses);
    expect(shop.loads.mostWithin(SECOND)).toBeLessThanOrEqual(3 * mean(keys));
  });

  it('are the only ones that are loaded again', async () => {
    const shop = await outage(100);
    await shop.read(30, S - STEP);
    expect(shop.loads.count).toBe(30);
    // Each was read after that, which is worth one load more.
    await shop.clock.advance(S);
    expect(shop.loads.count).toBe(60);
    await shop.clock.advance(10 * S);
    expect(shop.loads.count).toBe(60);
  });

  it('are loaded no more often, in a second, when the source is down too; they are served until their lease ends', async () => {
    const keys = 300;
    const shop = await outage(keys);
    const misses = shop.misses();
    shop.loader = () => Promise.reject(new Error('the source is down'));
    await shop.read(keys, S - STEP);
    expect(shop.misses()).toBe(misses);
    expect(shop.loads.count).toBeLessThanOrEqual(2 * keys);
    expect(shop.loads.mostWithin(SECOND)).toBeLessThanOrEqual(3 * mean(keys));
  });

  it('are not loaded again after the next news', async () => {
    const shop = await outage(100);
    await shop.read(100, S / 2);
    shop.bridge.heal(shop.a);
    await shop.clock.advance(LONGEST_BACK_OFF);
    const { count } = shop.loads;
    expect(count).toBeLessThan(100);
    await shop.read(100, 2 * S);
    expect(shop.loads.count).toBe(count);
    expect(shop.misses()).toBe(100);
  });

  it('are not loaded again after they were evicted, until a reader has loaded them', async () => {
    const shop = await outage(10);
    await shop.read(10, S / 2);
    await shop.a.region('products').clear();
    const { count } = shop.loads;
    expect(count).toBeLessThan(10);
    await shop.clock.advance(S);
    expect(shop.loads.count).toBe(count);
    await shop.read(10, S);
    expect(shop.misses()).toBe(20);
  });

  it('are loaded again by an instance that has never had news, and in a region that is first used then', async () => {
    const { a, bridge, clock } = instances(1).with({ maxStaleness: S });
    bridge.cut(a);
    a.start(bridge);
    await clock.advance(2 * S);
    let loads = 0;
    for (let passed = 0; passed < 5 * S; passed += 500) {
      await a.region('new').getOrLoad('1', () => (loads += 1));
      await clock.advance(500);
    }
    expect(a.stats().regions['new']).toMatchObject({ misses: 1, loads });
    expect(loads).toBeGreaterThanOrEqual(5);
  });

  it.each([
    ["whenDisconnected: 'bypass'", { whenDisconnected: 'bypass' }],
    ['maxStaleness: Infinity', { maxStaleness: Infinity }],
  ] as const)('are not loaded again with %s', async (_, options) => {
    const shop = await outage(100, options);
    await shop.read(100, S / 2);
    expect(shop.loads.count).toBe(0);
  });

  it('are loaded again by all reads that have a loader: single, bulk and decorated', async () => {
    class Products {
      loads = 0;

      @Cacheable({ region: 'decorated', key: (id: string) => id })
      find(id: string): Promise<string> {
        this.loads += 1;
        return Promise.resolve(id);
      }
    }
    const shop = await outage(0);
    const { a, bridge, clock } = shop;
    const loads = { single: 0, bulk: 0 };
    const service = withTestCache(new Products(), a);
    const readAll = async (): Promise<void> => {
      await a.region('single').getOrLoad('1', () => (loads.single += 1));
      await a.region('bulk').getOrLoadMany(['1', '2'], (ids) => {
        loads.bulk += ids.length;
        return new Map(ids.map((id) => [id, 'value']));
      });
      await service.find('1');
    };
    bridge.heal(a);
    await clock.advance(LONGEST_BACK_OFF);
    await readAll();
    await clock.advance('1m');
    bridge.cut(a);
    for (let passed = 0; passed < S; passed += 100) {
      await readAll();
      await clock.advance(100);
    }
    // The last sync before the cut may be a third of the lease old: then a reload comes early enough for another one.
    for (const count of [loads.single, loads.bulk / 2, service.loads]) {
      expect(count).toBeGreaterThanOrEqual(2);
      expect(count).toBeLessThanOrEqual(3);
    }
    for (const [name, misses] of [
      ['single', 1],
      ['bulk', 2],
      ['decorated', 1],
    ] as const) {
      expect(a.stats().regions[name]?.misses).toBe(misses);
    }
  });

  it('are served although the options of their readers are refused when they are loaded again', async () => {
    const shop = await outage(1);
    const region = shop.a.region('products');
    for (let passed = 0; passed < S / 2; passed += 100) {
      expect(await region.getOrLoad('0', () => 'new', { ttl: unsafeCast('no duration') })).toBe('old');
      await shop.clock.advance(100);
    }
    expect(shop.loads.count).toBe(0);
  });
});

it('Hits are not watched while syncs succeed', async () => {
  const { a, clock } = await instances(1).with({ maxStaleness: S }).connected();
  const region = a.region('products');
  for (let passed = 0; passed < 3 * S; passed += 10) {
    expect(region.state.watchers > 0).toBe(false);
    await clock.advance(10);
  }
});
