import { Injectable } from '@nestjs/common';
import { Cacheable, CachePut } from 'nestjs-distributed-cache';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startInstance, startInstances, type Instance } from '../support/instances/application.js';
import { startRedisServer, type RedisServer } from '../support/redis/redis-server.js';

interface Price {
  readonly amount: number;
}

/** The source of truth that all instances share. */
const source = { amount: 1, loads: 0 };

@Injectable()
class Prices {
  @Cacheable({ region: 'prices', key: (id) => id })
  async find(_id: string): Promise<Price> {
    source.loads += 1;
    return { amount: source.amount };
  }

  @CachePut({ region: 'prices', key: (id) => id })
  async change(_id: string, amount: number): Promise<Price> {
    source.amount = amount;
    return { amount };
  }
}

describe('instances that share one Redis', () => {
  let redis: RedisServer;
  let instances: Instance[];

  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    source.loads = 0;
    instances = await startInstances(
      3,
      { redisConnectionString: redis.connectionString, namespace: `n${Math.random()}` },
      [Prices],
    );
  });
  afterEach(() => Promise.all(instances.map((instance) => instance.close())));

  const prices = (): Prices[] => instances.map((instance) => instance.get(Prices));

  it('are coherent once they have booted', () => {
    expect(instances.map(({ cache }) => cache.status().state)).toEqual(['coherent', 'coherent', 'coherent']);
  });

  it('each load a value once and serve it from memory', async () => {
    for (const service of [...prices(), ...prices()]) await service.find('1');
    expect(source.loads).toBe(3);
  });

  it('serve the new value once one of them has put it', async () => {
    for (const service of prices()) await service.find('1');
    await prices()[0]?.change('1', 42);
    await vi.waitFor(() =>
      expect(instances.map(({ cache }) => cache.region('prices').getSync('1'))).toEqual([
        { amount: 42 },
        undefined,
        undefined,
      ]),
    );
    for (const service of prices()) expect(await service.find('1')).toEqual({ amount: 42 });
  });

  it('drop what was evicted while their connections were cut', async () => {
    for (const service of prices()) await service.find('1');
    const client = redis.client();
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await instances[0]?.cache.region('prices').evict('1');
    await vi.waitFor(
      () =>
        expect(instances.map(({ cache }) => cache.region('prices').getSync('1'))).toEqual([
          undefined,
          undefined,
          undefined,
        ]),
      { timeout: 5000 },
    );
    await vi.waitFor(
      () => expect(instances.map(({ cache }) => cache.status().state)).toEqual(['coherent', 'coherent', 'coherent']),
      { timeout: 5000 },
    );
  });

  it('boot within a second without Redis and become coherent when it comes', async () => {
    await redis.kill();
    const started = performance.now();
    const late = await startInstance({ redisConnectionString: redis.connectionString });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(late.cache.status().state).toBe('disconnected');
    await redis.restart();
    await vi.waitFor(() => expect(late.cache.status().state).toBe('coherent'), { timeout: 10_000 });
    await late.close();
  });
});
