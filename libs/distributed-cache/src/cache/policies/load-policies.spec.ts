import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../../test/support/common/failure-of.js';
import { startedCache } from '../../../../../test/support/instances/instances.js';
import { Cacheable } from '../../decorators/cacheable.decorator.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { InvalidOptionsError } from '../../errors.js';
import { resolveSettings } from '../../module/options/resolve-settings.js';
import { NO_POLICY, policyOf, type LoadPolicies } from './load-policies.js';

/** What a configuration file or plain JavaScript may give. */
type Given = Partial<Record<keyof LoadPolicies, unknown>>;

const REFUSED: readonly (readonly [Given, RegExp])[] = [
  [{ refreshAhead: 1.5 }, /refreshAhead: 1\.5 is not allowed; allowed: a number above 0 and below 1/],
  [{ refreshAhead: -0.1 }, /refreshAhead: -0\.1 is not allowed/],
  [{ refreshAhead: 1 }, /refreshAhead: 1 is not allowed/],
  [{ refreshAhead: 80 }, /refreshAhead: 80 is not allowed/],
  [{ refreshAhead: Number.NaN }, /refreshAhead: NaN is not allowed/],
  [{ refreshAhead: '0.8' }, /refreshAhead: .*0\.8.* is not allowed/],
  [{ refreshAhead: true }, /refreshAhead: true is not allowed/],
  [
    { staleWhileRevalidate: Infinity },
    /staleWhileRevalidate: Infinity is not allowed; allowed: a duration with an end/,
  ],
  [
    { staleIfError: 'Infinity' },
    /staleIfError: .*Infinity.* is not allowed; allowed: a duration with an end.*ttl: Infinity/,
  ],
  [{ staleWhileRevalidate: '5x' }, /staleWhileRevalidate: .*5x.* is not a duration/],
  [{ staleIfError: '60' }, /staleIfError: .*60.* has no unit/],
  [{ staleWhileRevalidate: false }, /staleWhileRevalidate: false is not a duration; .*; 0 switches it off\.$/],
  [{ staleIfError: false }, /staleIfError: false is not a duration; .*; 0 switches it off\.$/],
  [{ staleIfError: -1 }, /staleIfError: -1 is not a duration; .* It is 0 or more;/],
  [{ staleIfError: true }, /staleIfError: true is not a duration/],
  [{ retryAfter: 0 }, /retryAfter: 0 is not allowed; allowed: a duration from '1ms' to '1h'/],
  [{ retryAfter: '2h' }, /retryAfter: .*2h.* is not allowed/],
  [{ loadTimeout: false }, /loadTimeout: false is not a duration; .*; 0 switches it off\.$/],
  [{ loadTimeout: -1 }, /loadTimeout: -1 is not a duration; .* It is 0 or more;/],
  [{ loadTimeout: '1 week' }, /loadTimeout: .* is not a duration/],
  [{ loadTimeout: Number.NaN }, /loadTimeout: NaN is not a duration/],
  [{ nullTtl: 0 }, /nullTtl: 0 is not allowed; allowed: a duration above 0/],
  [{ cacheUndefined: 'yes' }, /cacheUndefined: .*yes.* is not allowed; allowed: true or false/],
  [
    { refreshOnInvalidate: 5 },
    /refreshOnInvalidate: 5 is not allowed; allowed: true, false, or \{ within, concurrency, maxRefresh \}/,
  ],
  [{ refreshOnInvalidate: [] }, /refreshOnInvalidate: .* is not allowed/],
  [
    { refreshOnInvalidate: { width: '1s' } },
    /refreshOnInvalidate\.width: .* is not allowed; allowed: within, concurrency and maxRefresh/,
  ],
  [
    { refreshOnInvalidate: { within: '2h' } },
    /refreshOnInvalidate\.within: .*2h.* is not allowed; allowed: a duration from 0 to '1h'/,
  ],
  [
    { refreshOnInvalidate: { concurrency: 0 } },
    /refreshOnInvalidate\.concurrency: 0 is not allowed; allowed: a positive integer/,
  ],
  [{ refreshOnInvalidate: { maxRefresh: 1.5 } }, /refreshOnInvalidate\.maxRefresh: 1\.5 is not allowed/],
];

/** As the compiler does not see it. */
function unchecked(given: Given): LoadPolicies {
  return unsafeCast(given);
}

describe('the load policies', () => {
  it.each(REFUSED)('%o are refused by the module and by a region', (given, message) => {
    expect(() => resolveSettings(unchecked(given))).toThrow(InvalidOptionsError);
    expect(() => resolveSettings(unchecked(given))).toThrow(message);
    const ofRegion = (): unknown => resolveSettings({ regions: { products: unchecked(given) } });
    expect(ofRegion).toThrow(InvalidOptionsError);
    expect(ofRegion).toThrow(/ regions\.products\./);
  });

  it.each(REFUSED)('%o are refused by a call, which names the region and loads nothing', async (given, message) => {
    const region = startedCache().region('products');
    let loads = 0;
    const reads = [
      region.getOrLoad('1', () => (loads += 1), unchecked(given)),
      region.getOrLoadMany(['1'], () => new Map([['1', (loads += 1)]]), unchecked(given)),
    ];
    for (const read of reads) {
      const error = await failureOf(read);
      expect(error).toBeInstanceOf(InvalidOptionsError);
      expect(String(error)).toMatch(message);
      expect(String(error)).toContain("Region 'products': ");
    }
    expect(loads).toBe(0);
  });

  it.each(REFUSED)('%o are refused by @Cacheable when the class is defined', (given, message) => {
    const define = (): unknown => {
      class Products {
        @Cacheable(unchecked(given))
        async find(id: string): Promise<string> {
          return id;
        }
      }
      return Products;
    };
    expect(define).toThrow(message);
    expect(define).toThrow(/@Cacheable on Products\.find/);
  });

  it('have these defaults when they are switched on', () => {
    expect(policyOf({ refreshOnInvalidate: true }, NO_POLICY, '')).toEqual({
      ...NO_POLICY,
      retryAfter: 1_000,
      refreshOnInvalidate: { within: 1_000, concurrency: 4, maxRefresh: 100 },
    });
  });

  it('that a nearer place leaves open come from the one behind it', () => {
    const base = policyOf({ staleIfError: '1h', loadTimeout: '2s' }, NO_POLICY, '');
    expect(policyOf({ staleIfError: undefined }, base, '')).toBe(base);
    expect(policyOf({ loadTimeout: '1s' }, base, '')).toEqual({ ...base, loadTimeout: 1_000 });
  });

  it.each<[LoadPolicies, Partial<typeof NO_POLICY>]>([
    [{ staleWhileRevalidate: 0 }, { staleWhileRevalidate: 0 }],
    [{ staleIfError: 0 }, { staleIfError: 0 }],
    [{ loadTimeout: 0 }, { loadTimeout: Infinity }],
    [{ loadTimeout: Infinity }, { loadTimeout: Infinity }],
    [{ refreshAhead: false }, { refreshAhead: undefined }],
    [{ refreshOnInvalidate: false }, { refreshOnInvalidate: undefined }],
    [{ cacheUndefined: false }, { cacheUndefined: false }],
  ])('%o switch off what a place behind has switched on', (given, expected) => {
    const all = policyOf(
      {
        staleWhileRevalidate: '1m',
        staleIfError: '1m',
        loadTimeout: '1s',
        refreshAhead: 0.5,
        refreshOnInvalidate: true,
        cacheUndefined: true,
      },
      NO_POLICY,
      '',
    );
    expect(policyOf(given, all, '')).toEqual({ ...all, ...expected });
  });

  it('keep an expired entry for the longer of the two windows', () => {
    expect(policyOf({ staleWhileRevalidate: '1m', staleIfError: '1h' }, NO_POLICY, '').keptFor).toBe(3_600_000);
    expect(policyOf({ staleWhileRevalidate: '1m' }, NO_POLICY, '').keptFor).toBe(60_000);
  });
});
