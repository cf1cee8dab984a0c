import { EventEmitter } from 'node:events';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';
import { describe, expect, it } from 'vitest';
import { RedisInvalidationBridge } from '../redis-invalidation-bridge.js';
import { refuseStandIn, refuseStandInOfPackage } from './stand-ins.js';

/** As ioredis-mock 8 makes it. */
class RedisMock extends EventEmitter {
  readonly options = { host: 'localhost', port: 6379, db: 0 };
  readonly connected = true;
  get(): string {
    return '';
  }
  duplicate(): RedisMock {
    return new RedisMock();
  }
}

describe('A stand-in', () => {
  it.each([
    ['ioredis-mock', new RedisMock()],
    ['a mock with duplicate alone', { duplicate: () => ({}) }],
    [
      'a client over HTTP without duplicate',
      { get: (): null => null, eval: (): null => null, url: 'https://a.example' },
    ],
  ])('is refused with what to use instead: %s', (_, redis) => {
    expect(() => refuseStandIn(redis)).toThrow(/no client of ioredis, but a stand-in.*InMemoryInvalidationBridge/);
  });

  it('of another package is refused by its name: node-redis', () => {
    const nodeRedis = { isOpen: false, duplicate: () => ({}), get: () => undefined };
    expect(() => refuseStandIn(nodeRedis)).toThrow(/client of the package 'redis'.*Pass a client of ioredis/);
  });

  it('in the place of the package is refused, too', () => {
    expect(() => refuseStandInOfPackage(new RedisMock())).toThrow(/The package ioredis is replaced by a stand-in/);
  });

  it('is refused by the bridge', () => {
    const redis = Object.assign(new Redis({ lazyConnect: true }), { status: undefined });
    expect(() => new RedisInvalidationBridge({ redis: Object.assign(redis, {}) })).toThrow(/stand-in/);
  });
});

describe('No stand-in', () => {
  it.each([
    ['a client of ioredis 6', new Redis({ lazyConnect: true })],
    ['a client of ioredis 5', new Redis5({ lazyConnect: true })],
    ['a Cluster', new Cluster([{ host: 'a.example', port: 6379 }], { lazyConnect: true })],
    ['options', { host: 'a.example', credentials: () => Promise.resolve({ password: 'x' }) }],
  ])('is %s', (_, redis) => {
    expect(() => refuseStandIn(redis)).not.toThrow();
  });
});
