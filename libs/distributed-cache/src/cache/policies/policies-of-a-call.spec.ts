import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { instances, startedCache } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { LoadTimeoutError } from '../../errors.js';
import type { DistributedCacheOptions, RegionOptions } from '../../module/options/distributed-cache.options.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { withTestCache } from '../../testing/test-cache.js';
import type { DistributedCache } from '../distributed-cache.js';
import type { LoadPolicies } from './load-policies.js';

/** One policy, and whether it is in force for reads with these options. */
interface Probe {
  readonly policy: keyof LoadPolicies;
  readonly on: LoadPolicies;
  readonly off: LoadPolicies;
  isInForce(cache: DistributedCache, clock: ManualClock, ofCall: LoadPolicies | undefined): Promise<boolean>;
}

const never = (): Promise<never> => new Promise(() => {});
const down = (): Promise<never> => Promise.reject(new Error('down'));

const PROBES: readonly Probe[] = [
  {
    policy: 'staleWhileRevalidate',
    on: { staleWhileRevalidate: '1m' },
    off: { staleWhileRevalidate: 0 },
    async isInForce(cache, clock, ofCall) {
      await cache.region('r').getOrLoad('1', () => 'old', ofCall);
      await clock.advance('10s');
      return (await cache.region('r').getOrLoad('1', () => 'new', ofCall)) === 'old';
    },
  },
  {
    policy: 'staleIfError',
    on: { staleIfError: '1m' },
    off: { staleIfError: 0 },
    async isInForce(cache, clock, ofCall) {
      await cache.region('r').getOrLoad('1', () => 'old', ofCall);
      await clock.advance('10s');
      return (
        (await cache
          .region('r')
          .getOrLoad('1', down, ofCall)
          .catch(() => 'error')) === 'old'
      );
    },
  },
  {
    policy: 'loadTimeout',
    on: { loadTimeout: '1s' },
    off: { loadTimeout: 0 },
    async isInForce(cache, clock, ofCall) {
      let error: unknown;
      void failureOf(cache.region('r').getOrLoad('1', never, ofCall)).then((each) => (error = each));
      await clock.advance('1s');
      return error instanceof LoadTimeoutError;
    },
  },
  {
    policy: 'refreshAhead',
    on: { refreshAhead: 0.5 },
    off: { refreshAhead: false },
    async isInForce(cache, clock, ofCall) {
      let loads = 0;
      const read = (): Promise<number> => cache.region('r').getOrLoad('1', () => (loads += 1), ofCall);
      await read();
      await clock.advance('5s');
      await read();
      await clock.advance(0);
      return loads === 2;
    },
  },
  {
    policy: 'refreshOnInvalidate',
    on: { refreshOnInvalidate: true },
    off: { refreshOnInvalidate: false },
    async isInForce(cache, clock, ofCall) {
      let loads = 0;
      const read = (): Promise<number> => cache.region('r').getOrLoad('1', () => (loads += 1), ofCall);
      await read();
      await read();
      await cache.region('r').evict('1');
      await clock.advance('1s');
      return loads === 2;
    },
  },
  {
    policy: 'retryAfter',
    on: { retryAfter: '5s' },
    off: { retryAfter: '1s' },
    async isInForce(cache, clock, ofCall) {
      const stale = { ...ofCall, staleIfError: '1m' } as const;
      await cache.region('r').getOrLoad('1', () => 'old', stale);
      await clock.advance('10s');
      await cache.region('r').getOrLoad('1', down, stale);
      await clock.advance('2s');
      return (await cache.region('r').getOrLoad('1', () => 'new', stale)) === 'old';
    },
  },
];

async function inForce(
  { isInForce }: Probe,
  options: DistributedCacheOptions,
  ofRegion: RegionOptions | undefined,
  ofCall?: LoadPolicies,
): Promise<boolean> {
  const { a, clock } = instances(1)
    .with({ ttl: '10s', ...options, ...(ofRegion && { regions: { r: ofRegion } }) })
    .local();
  return isInForce(a, clock, ofCall);
}

describe.each(PROBES.map((probe) => [probe.policy, probe] as const))('%s', (_, probe) => {
  const { on, off } = probe;

  it('is off by default', async () => {
    expect(await inForce(probe, {}, undefined)).toBe(false);
  });

  it('of the module is in force for every region', async () => {
    expect(await inForce(probe, on, undefined)).toBe(true);
    expect(await inForce(probe, on, { maxEntries: 10 })).toBe(true);
  });

  it('of the region wins over that of the module', async () => {
    expect(await inForce(probe, off, on)).toBe(true);
    expect(await inForce(probe, on, off)).toBe(false);
  });

  it('of the call wins over that of the region', async () => {
    expect(await inForce(probe, {}, off, on)).toBe(true);
    expect(await inForce(probe, {}, on, off)).toBe(false);
  });
});

describe('a policy of @Cacheable', () => {
  it('wins over that of the region, in both directions', async () => {
    const clock = new ManualClock();
    class Products {
      calls = 0;
      @Cacheable({ region: 'strict', key: (id: string) => id, staleWhileRevalidate: '1m' })
      async lenient(_id: string): Promise<number> {
        return (this.calls += 1);
      }
      @Cacheable({ region: 'lenient', key: (id: string) => id, staleWhileRevalidate: 0 })
      async strict(_id: string): Promise<number> {
        return (this.calls += 1);
      }
      @Cacheable({ region: 'lenient', key: (id: string) => id })
      async asItsRegion(_id: string): Promise<number> {
        return (this.calls += 1);
      }
    }
    const regions = { lenient: { staleWhileRevalidate: '1m' }, strict: { staleWhileRevalidate: 0 } } as const;
    const service = withTestCache(new Products(), startedCache({ clock, ttl: '10s', ttlJitter: 0, regions }));
    expect(await service.lenient('1')).toBe(1);
    expect(await service.strict('1')).toBe(2);
    expect(await service.asItsRegion('2')).toBe(3);
    await clock.advance('10s');
    expect(await service.lenient('1')).toBe(1);
    expect(await service.asItsRegion('2')).toBe(3);
    await clock.advance(0);
    expect(await service.strict('1')).toBe(6);
  });
});

describe('the policies of a bulk read', () => {
  it('win over those of the region', async () => {
    const { a, clock } = instances(1).with({ ttl: '10s' }).local();
    const read = (value: string): Promise<Map<string, string>> =>
      a.region<string>('r').getOrLoadMany(['1'], () => new Map([['1', value]]), { staleWhileRevalidate: '1m' });
    await read('old');
    await clock.advance('10s');
    await expect(read('new')).resolves.toEqual(new Map([['1', 'old']]));
  });
});
