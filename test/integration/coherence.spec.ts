import { Injectable } from '@nestjs/common';
import { Cacheable, CachePut } from 'nestjs-distributed-cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { startApplication, startApplications, type Application } from '../support/instances/application.js';
import { testNamespace } from '../support/redis/names-in-redis.js';
import { usingRedis } from '../support/redis/using-redis.js';

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
  const redis = usingRedis();
  let applications: Application[];

  beforeEach(async () => {
    source.loads = 0;
    const options = { redisConnectionString: redis.connectionString, namespace: testNamespace() };
    applications = await startApplications(3, options, [Prices]);
  });

  const prices = (): Prices[] => applications.map((application) => application.get(Prices));
  const copies = (): unknown[] => applications.map(({ cache }) => cache.region('prices').getSync('1'));
  const states = (): string[] => applications.map(({ cache }) => cache.status().state);

  it('are coherent when they have booted', () => {
    expect(states()).toEqual(['coherent', 'coherent', 'coherent']);
  });

  it('each load a value once and serve it from memory', async () => {
    for (const service of [...prices(), ...prices()]) await service.find('1');
    expect(source.loads).toBe(3);
  });

  it('serve the new value once one of them has put it', async () => {
    for (const service of prices()) await service.find('1');
    await prices()[0]?.change('1', 42);
    await eventually(() => expect(copies()).toEqual([{ amount: 42 }, undefined, undefined]), 1_000);
    for (const service of prices()) expect(await service.find('1')).toEqual({ amount: 42 });
  });

  it('drop a value that was evicted while their connections were killed', async () => {
    for (const service of prices()) await service.find('1');
    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await redis.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await applications[0]?.cache.region('prices').evict('1');
    await eventually(() => expect(copies()).toEqual([undefined, undefined, undefined]), 5_000);
    await eventually(() => expect(states()).toEqual(['coherent', 'coherent', 'coherent']), 5_000);
  });

  it('boot without Redis in about a second and become coherent when it comes', async () => {
    await redis.kill();
    const started = performance.now();
    const { cache: late } = await startApplication({ redisConnectionString: redis.connectionString });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(late.status().state).toBe('disconnected');
    await redis.restart();
    await eventually(() => expect(late.status().state).toBe('coherent'));
  });
});
