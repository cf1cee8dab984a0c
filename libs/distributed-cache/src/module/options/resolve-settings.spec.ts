import { NO_POLICY } from '../../cache/policies/load-policies.js';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../common/clock.js';
import type { InvalidationBridge } from '../../protocol/invalidation-bridge.js';
import { InvalidOptionsError } from '../../errors.js';
import type { DistributedCacheOptions } from './distributed-cache.options.js';
import { resolveSettings } from './resolve-settings.js';

const bridge: InvalidationBridge = {
  target: 'nowhere',
  isAfter: () => false,
  dial: () => Promise.reject(new Error('not in this test')),
};

const sizeOf = (): number => 1;

/** Passes options that the compiler would refuse, as they may come from a configuration file or from JavaScript. */
function resolveUntyped(options: unknown, name?: unknown): unknown {
  return Reflect.apply(resolveSettings, undefined, [options, { name }]);
}

describe('resolveSettings', () => {
  it('fills in every default', () => {
    expect(resolveSettings({})).toEqual({
      namespace: 'distributed-cache',
      enabled: true,
      ttl: 300_000,
      ttlJitter: 0.05,
      maxEntries: 10_000,
      maxSize: undefined,
      sizeOf: undefined,
      maxStaleness: 10_000,
      values: 'shared',
      whenDisconnected: 'reload',
      regions: new Map(),
      onUndelivered: 'queue',
      invalidationLogLength: 4_096,
      outboxLimit: 10_000,
      publishTimeout: 1_000,
      commandTimeout: 2_000,
      drainTimeout: 1_000,
      minReplicas: 0,
      reevictAfter: undefined,
      policy: NO_POLICY,
      audit: undefined,
      remembersLoaders: false,
      answers: 'all',
      tracePropagation: false,
    });
  });

  it('takes undefined as not given', () => {
    const options: DistributedCacheOptions = {
      ttl: undefined,
      regions: undefined,
      enabled: undefined,
      redis: undefined,
    };
    expect(resolveSettings(options)).toEqual(resolveSettings({}));
  });

  it('takes the given options, with durations in milliseconds', () => {
    const settings = resolveSettings(
      {
        namespace: 'shop:production',
        enabled: false,
        ttl: Infinity,
        ttlJitter: 0,
        maxEntries: 1,
        maxSize: 5,
        sizeOf,
        maxStaleness: '300ms',
        values: 'cloned',
        whenDisconnected: 'bypass',
        onUndelivered: 'throw',
        invalidationLogLength: 10,
        outboxLimit: 20,
        publishTimeout: 0,
        commandTimeout: 750,
        drainTimeout: '1m',
        minReplicas: 2,
        reevictAfter: '3s',
        observability: { answers: 'stats', tracePropagation: true },
      },
      undefined,
    );
    expect(settings).toEqual({
      namespace: 'shop:production',
      enabled: false,
      ttl: Infinity,
      ttlJitter: 0,
      maxEntries: 1,
      maxSize: 5,
      sizeOf,
      maxStaleness: 300,
      values: 'cloned',
      whenDisconnected: 'bypass',
      policy: NO_POLICY,
      audit: undefined,
      remembersLoaders: false,
      regions: new Map(),
      onUndelivered: 'throw',
      invalidationLogLength: 10,
      outboxLimit: 20,
      publishTimeout: 0,
      commandTimeout: 750,
      drainTimeout: 60_000,
      minReplicas: 2,
      reevictAfter: 3_000,
      answers: 'stats',
      tracePropagation: true,
    });
  });

  it('accepts the options that are no settings: redis, bridge and clock', () => {
    const client = new Redis({ lazyConnect: true });
    const accepted: DistributedCacheOptions[] = [
      {
        redisConnectionString: 'redis://localhost',
        redis: { db: 1, credentials: () => Promise.resolve({ password: 'x' }) },
      },
      { redisConnectionString: '', bridge },
      { redis: client },
      { clock: systemClock, abortConnect: true, cacheManager: false },
    ];
    for (const options of accepted) expect(resolveSettings(options)).toEqual(resolveSettings({}));
  });

  describe('regions', () => {
    it('inherit the settings of the module that they leave open', () => {
      const { regions } = resolveSettings(
        {
          ttl: '1m',
          ttlJitter: 0.5,
          maxEntries: 100,
          values: 'frozen',
          whenDisconnected: 'bypass',
          regions: {
            products: { ttl: '1s', maxEntries: 10 },
            prices: { values: 'cloned', whenDisconnected: 'reload' },
            stock: undefined,
          },
        },
        undefined,
      );
      expect(Object.fromEntries(regions)).toEqual({
        products: {
          ttl: 1_000,
          ttlJitter: 0.5,
          maxEntries: 10,
          values: 'frozen',
          whenDisconnected: 'bypass',
          policy: NO_POLICY,
          audit: undefined,
          remembersLoaders: false,
        },
        prices: {
          ttl: 60_000,
          ttlJitter: 0.5,
          maxEntries: 100,
          values: 'cloned',
          whenDisconnected: 'reload',
          policy: NO_POLICY,
          audit: undefined,
          remembersLoaders: false,
        },
        stock: {
          ttl: 60_000,
          ttlJitter: 0.5,
          maxEntries: 100,
          values: 'frozen',
          whenDisconnected: 'bypass',
          policy: NO_POLICY,
          audit: undefined,
          remembersLoaders: false,
        },
      });
    });

    it('take the audit of the module, have one of their own, or none', () => {
      const { audit, regions } = resolveSettings({
        audit: { sample: 0.1, olderThan: '1m' },
        regions: { products: { ttl: '1m' }, prices: { audit: { sample: 1 } }, stock: { audit: false } },
      });
      expect(audit).toEqual({ sample: 0.1, olderThan: 60_000, equals: undefined });
      expect(regions.get('products')?.audit).toEqual(audit);
      expect(regions.get('prices')).toMatchObject({ audit: { sample: 1, olderThan: 0 }, remembersLoaders: true });
      expect(regions.get('stock')?.audit).toBeUndefined();
    });

    it('are bounded by the maxEntries of the module', () => {
      const { regions } = resolveSettings({ maxEntries: 10, regions: { products: { maxEntries: 1_000 } } });
      expect(regions.get('products')?.maxEntries).toBe(10);
    });

    it('may have any name, also that of a property of every object', () => {
      const regions: DistributedCacheOptions['regions'] = JSON.parse(
        '{"__proto__":{"ttl":"1s"},"constructor":{"ttl":"2s"}}',
      );
      const settings = resolveSettings({ regions });
      expect(settings.regions.get('__proto__')?.ttl).toBe(1_000);
      expect(settings.regions.get('constructor')?.ttl).toBe(2_000);
    });
  });

  describe('the namespace', () => {
    it('of a named cache is made of its name', () => {
      expect(resolveSettings({}, { name: 'sessions' }).namespace).toBe('distributed-cache:sessions');
    });

    it('is the given one, whatever the name of the cache is', () => {
      expect(resolveSettings({ namespace: 'shop' }, { name: 'two words' }).namespace).toBe('shop');
    });

    it.each(['', '{shop}', 'shop}', 'a shop', 'a\tshop', 'shop\u0000', 'shop\ud800', 'x'.repeat(201), 7, null])(
      'is not %j',
      (namespace) => {
        expect(() => resolveUntyped({ namespace })).toThrow(InvalidOptionsError);
        expect(() => resolveUntyped({ namespace })).toThrow(
          /namespace: .* is not allowed; allowed: 1 to 200 characters/s,
        );
      },
    );

    it.each(['', 'two words', '{x}', 7])('cannot be made of the name %j', (name) => {
      expect(() => resolveUntyped({}, name)).toThrow(/name \(the namespace is made of it\): .* is not allowed/);
    });
  });

  describe('commandTimeout', () => {
    it('is that of the option, else of the connection string, else 2 s', () => {
      expect(resolveSettings({ commandTimeout: '1s' }, { commandTimeout: 700 }).commandTimeout).toBe(1_000);
      expect(resolveSettings({}, { commandTimeout: 700 }).commandTimeout).toBe(700);
      expect(resolveSettings({}, { commandTimeout: undefined }).commandTimeout).toBe(2_000);
    });

    it('in the connection string has the same bounds', () => {
      expect(() => resolveSettings({}, { commandTimeout: 0 })).toThrow(
        /asyncTimeout or syncTimeout .*: 0 is not allowed/,
      );
    });
  });

  it.each<[unknown, RegExp]>([
    [{ ttl: 0 }, /ttl: 0 is not allowed; allowed: a duration above 0.*enabled: false/],
    [{ ttl: '0s' }, /ttl: '0s' is not allowed/],
    [{ ttl: -1 }, /ttl: -1 is not a duration; allowed/],
    [{ ttl: Number.NaN }, /ttl: NaN is not a duration/],
    [{ ttl: '5 minutes' }, /ttl: '5 minutes' is not a duration/],
    [{ ttl: null }, /ttl: null is not a duration/],
    [{ ttlJitter: 1 }, /ttlJitter: 1 is not allowed; allowed: a number of at least 0 and below 1/],
    [{ ttlJitter: -0.1 }, /ttlJitter: -0.1 is not allowed/],
    [{ ttlJitter: Number.NaN }, /ttlJitter: NaN is not allowed/],
    [{ ttlJitter: '5%' }, /ttlJitter: '5%' is not allowed/],
    [{ maxEntries: 0 }, /maxEntries: 0 is not allowed; allowed: an integer from 1 to 16777216/],
    [{ maxEntries: 1.5 }, /maxEntries: 1.5 is not allowed/],
    [{ maxEntries: Infinity }, /maxEntries: Infinity is not allowed.*always bounded/],
    [{ maxEntries: '10' }, /maxEntries: '10' is not allowed/],
    [{ maxEntries: 1e9 }, /maxEntries: 1000000000 is not allowed/],
    [{ maxSize: 10 }, /maxSize: it needs sizeOf/],
    [{ sizeOf: () => 1 }, /sizeOf: it needs maxSize/],
    [{ maxSize: 0, sizeOf: () => 1 }, /maxSize: 0 is not allowed; allowed: a positive integer/],
    [{ maxSize: 1, sizeOf: 'length' }, /sizeOf: 'length' is not allowed; allowed: a function/],
    [{ maxStaleness: 299 }, /maxStaleness: 299 is not allowed; allowed: a duration from '300ms' to '1h', or Infinity/],
    [{ maxStaleness: '61m' }, /maxStaleness: '61m' is not allowed/],
    [{ maxStaleness: 0 }, /maxStaleness: 0 is not allowed/],
    [{ whenDisconnected: 'ignore' }, /whenDisconnected: 'ignore' is not allowed; allowed: 'reload', 'bypass'/],
    [{ values: 'copied' }, /values: 'copied' is not allowed; allowed: 'shared', 'frozen', 'cloned'/],
    [{ onUndelivered: 'drop' }, /onUndelivered: 'drop' is not allowed; allowed: 'queue', 'throw'/],
    [{ enabled: 'false' }, /enabled: 'false' is not allowed; allowed: true or false/],
    [{ abortConnect: 1 }, /abortConnect: 1 is not allowed/],
    [{ cacheManager: null }, /cacheManager: null is not allowed/],
    [{ invalidationLogLength: 0 }, /invalidationLogLength: 0 is not allowed/],
    [{ outboxLimit: -1 }, /outboxLimit: -1 is not allowed/],
    [
      { publishTimeout: Infinity },
      /publishTimeout: Infinity is not allowed; allowed: a duration from 0 \(do not wait\) to '1h'/,
    ],
    [{ commandTimeout: 0 }, /commandTimeout: 0 is not allowed; allowed: a duration from '1ms' to '1h'/],
    [{ minReplicas: -1 }, /minReplicas: -1 is not allowed/],
    [{ minReplicas: 1.5 }, /minReplicas: 1.5 is not allowed/],
    [{ reevictAfter: 0 }, /reevictAfter: 0 is not allowed/],
    [{ reevictAfter: '2h' }, /reevictAfter: '2h' is not allowed/],
    [{ drainTimeout: '2h' }, /drainTimeout: '2h' is not allowed/],
    [
      { observability: { answers: 'some' } },
      /observability\.answers: 'some' is not allowed; allowed: 'none', 'stats', 'all'/,
    ],
    [{ observability: true }, /observability: true is not allowed; allowed: an object/],
    [{ observability: { tracing: true } }, /observability\.tracing: there is no such option/],
    [{ observability: { tracePropagation: 'yes' } }, /observability\.tracePropagation: 'yes' is not allowed/],
    [{ regions: [] }, /regions: a list is not allowed/],
    [{ regions: new Map() }, /regions: an object is not allowed/],
    [{ regions: null }, /regions: null is not allowed/],
    [{ regions: { '': {} } }, /regions: the name '' is not allowed; allowed: names that are not empty/],
    [{ regions: { products: '5m' } }, /regions\.products: '5m' is not allowed; allowed: an object/],
    [{ regions: { products: { ttl: 0 } } }, /regions\.products\.ttl: 0 is not allowed/],
    [{ regions: { products: { maxEntries: -1 } } }, /regions\.products\.maxEntries: -1 is not allowed/],
    [{ regions: { products: { values: 'x' } } }, /regions\.products\.values: 'x' is not allowed/],
    [{ regions: { products: { whenDisconnected: null } } }, /regions\.products\.whenDisconnected: null is not allowed/],
    [{ regions: { products: { tll: 1 } } }, /regions\.products\.tll: there is no such option. Did you mean ttl\?/],
    [{ regions: { products: { ttlJitter: 0 } } }, /regions\.products\.ttlJitter: there is no such option/],
    [{ maxEntrys: 5 }, /maxEntrys: there is no such option. Did you mean maxEntries\?/],
    [{ colour: 'red' }, /colour: there is no such option. The options are: .*ttl, /],
    [{ isGlobal: false }, /isGlobal: there is no such option. With forRootAsync\(\) it goes beside useFactory/],
    [
      { bridge: {} },
      /bridge: a value of type object is not allowed; allowed: an InvalidationBridge, an object with dial\(\)/,
    ],
    [{ bridge: { target: 'x', dial: () => undefined } }, /an object with dial\(\), isAfter\(\)/],
    [{ clock: { now: () => 0 } }, /clock: a value of type object is not allowed; allowed: a Clock/],
    [{ audit: true }, /audit: true is not allowed; allowed: false, or \{ sample, olderThan, equals \}/],
    [{ audit: null }, /audit: null is not allowed/],
    [{ audit: {} }, /audit\.sample is missing; allowed: a number above 0 and at most 1, .*, for example 0\.01\.$/],
    [
      { audit: { sample: 1 }, regions: { products: { audit: { olderThan: '1m' } } } },
      /regions\.products\.audit\.sample is missing; .* The audit of a region replaces that of the module as a whole\.$/,
    ],
    [{ audit: { sample: 0 } }, /audit\.sample: 0 is not allowed/],
    [{ audit: { sample: 1.01 } }, /audit\.sample: 1.01 is not allowed/],
    [{ audit: { sample: Number.NaN } }, /audit\.sample: NaN is not allowed/],
    [{ audit: { sample: '1%' } }, /audit\.sample: '1%' is not allowed/],
    [{ audit: { sample: 1, olderThan: 'x' } }, /audit\.olderThan: 'x' is not a duration/],
    [{ audit: { sample: 1, olderThan: Infinity } }, /audit\.olderThan: Infinity is not allowed/],
    [{ audit: { sample: 1, equals: true } }, /audit\.equals: true is not allowed; allowed: a function/],
    [{ audit: { sample: 1, every: 5 } }, /audit\.every: 5 is not allowed; allowed: sample, olderThan and equals/],
    [{ regions: { products: { audit: { sample: 2 } } } }, /regions\.products\.audit\.sample: 2 is not allowed/],
    [undefined, /the options: undefined is not allowed; allowed: an object/],
    [[], /the options: a list is not allowed/],
  ])('refuses %o, saying what is allowed', (options, message) => {
    expect(() => resolveUntyped(options)).toThrow(InvalidOptionsError);
    expect(() => resolveUntyped(options)).toThrow(message);
  });

  it('does not compile with a wrong unit, value or name', () => {
    const wrong: DistributedCacheOptions[] = [
      // @ts-expect-error weeks are no unit
      { ttl: '2w' },
      // @ts-expect-error one of three
      { values: 'copied' },
      // @ts-expect-error no such option
      { maxEntrys: 1 },
      // @ts-expect-error no such option of a region
      { regions: { products: { maxStaleness: '1s' } } },
    ];
    for (const options of wrong) expect(() => resolveSettings(options)).toThrow(InvalidOptionsError);
  });

  it('refuses a bridge together with Redis', () => {
    expect(() => resolveSettings({ bridge, redis: {} })).toThrow(/bridge and redis contradict each other/);
    const withString = { bridge, redisConnectionString: 'redis://:secret@localhost' };
    expect(() => resolveSettings(withString)).toThrow(/bridge and redisConnectionString contradict each other/);
    expect(() => resolveSettings(withString)).not.toThrow(/secret/);
  });

  it.each([
    { redisConnectionString: ['redis://:secret@localhost'] },
    { redisConnectionString: { password: 'secret' } },
    { redis: 'redis://:secret@localhost' },
    { redis: ['secret'] },
    { redis: { password: 'secret', credentials: 'secret' } },
    { bridge: 'redis://:secret@localhost' },
    'redis://:secret@localhost',
  ])('repeats no possible secret when it refuses an option about Redis', (options) => {
    expect(() => resolveUntyped(options)).toThrow(InvalidOptionsError);
    expect(() => resolveUntyped(options)).not.toThrow(/secret/);
  });

  it('names the cache of a refused option', () => {
    expect(() => resolveSettings({ ttl: 0 })).toThrow(/^DistributedCacheModule: ttl/);
    expect(() => resolveSettings({ ttl: 0 }, { name: 'sessions' })).toThrow(
      /^DistributedCacheModule, cache 'sessions': ttl/,
    );
  });
});
