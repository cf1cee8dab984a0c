import { describe, expect, it } from 'vitest';
import * as dashboard from './dashboard/index.js';
import * as api from './index.js';
import * as testing from './testing/index.js';

describe('The package', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(api).toSorted()).toEqual([
      'BridgeRefusal',
      'CACHE_MANAGER',
      'CacheClosedError',
      'CacheEvict',
      'CacheNotInjectedError',
      'CachePut',
      'Cacheable',
      'CacheableMany',
      'Caching',
      'DistributedCache',
      'DistributedCacheError',
      'DistributedCacheModule',
      'HoldEvictions',
      'InjectDistributedCache',
      'InvalidConnectionStringError',
      'InvalidKeyError',
      'InvalidOptionsError',
      'InvalidationNotConfirmedError',
      'InvalidationNotDeliveredError',
      'LoadTimeoutError',
      'RedisUnavailableError',
      'Region',
      'defaultKey',
      'duration',
      'getDistributedCacheToken',
      'holdingEvictions',
    ]);
  });

  it('gives every error its own code', () => {
    const errors = [
      new api.CacheClosedError(''),
      new api.CacheNotInjectedError(''),
      new api.InvalidConnectionStringError(''),
      new api.InvalidKeyError(''),
      new api.InvalidOptionsError(''),
      new api.InvalidationNotConfirmedError(''),
      new api.InvalidationNotDeliveredError(''),
      new api.RedisUnavailableError(''),
    ];
    expect(new Set(errors.map(({ code }) => code)).size).toBe(errors.length);
    for (const error of errors) {
      expect(error).toBeInstanceOf(api.DistributedCacheError);
      expect(error).toHaveProperty('name', error.constructor.name);
    }
  });
});

describe('The sub-path /testing', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(testing).toSorted()).toEqual([
      'AuditNotPossibleError',
      'ForgottenEvictionsError',
      'InMemoryInvalidationBridge',
      'ManualClock',
      'auditNow',
      'bridgeContract',
      'provideTestCache',
      'withTestCache',
    ]);
  });
});

describe('The sub-path /dashboard', () => {
  it('exports this value and no others', () => {
    expect(Object.keys(dashboard)).toEqual(['DistributedCacheDashboardModule']);
  });
});
