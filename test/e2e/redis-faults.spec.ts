import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { freePort } from '../../tools/ports.mjs';
import { type SampleApplication, startSample } from '../support/instances/sample-application.js';
import { type CacheStatus, type Product, request } from '../support/instances/sample-client.js';
import { usingRedisPerTest } from '../support/redis/using-redis.js';

const SOURCE_LATENCY = 40;
/** What an answer may take beyond what the source takes, in ms. */
const BEYOND_SOURCE = 100;
const PUBLISH_TIMEOUT = 1_000;

const redis = usingRedisPerTest();
let sample: SampleApplication;

beforeEach(async () => {
  sample = await startSample({
    redisConnectionString: redis.connectionString,
    environment: { SOURCE_LATENCY_MS: `${SOURCE_LATENCY}` },
  });
  onTestFinished(() => sample.stop());
  // The first request of a process compiles code and opens connections; it is not what is measured here.
  await everywhere(({ instance }) => request('PUT', `${instance}/products/1`, { price: 1 }));
});

afterEach(() => redis.resume());

function everywhere<Result>(action: (at: { instance: string }) => Promise<Result>): Promise<Result[]> {
  return Promise.all(sample.instances.map((instance) => action({ instance })));
}

async function prices(id: number): Promise<number[]> {
  const answers = await everywhere(({ instance }) => request<Product>('GET', `${instance}/products/${id}`));
  return answers.map(({ body }) => body.price);
}

async function states(): Promise<string[]> {
  const answers = await everywhere(({ instance }) => request<CacheStatus>('GET', `${instance}/cache/status`));
  return answers.map(({ body }) => body.status.state);
}

/** How long one instance takes until it serves, in ms. */
async function bootTime(redisConnectionString: string): Promise<number> {
  const startedAt = performance.now();
  const application = await startSample({ redisConnectionString, instances: 1 });
  const took = performance.now() - startedAt;
  await application.stop();
  return took;
}

describe('an instance of the sample whose Redis connection is killed', () => {
  it('answers with a change that was made meanwhile within a second', async () => {
    const client = redis.admin;
    const subscribers = String(await client.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    const addresses = [...subscribers.matchAll(/ addr=(\S+)/g)].map(([, address]) => String(address));
    expect(addresses.length).toBeGreaterThanOrEqual(sample.instances.length);

    let price = 100;
    for (const address of addresses) {
      await prices(2);
      price += 1;
      await client.call('CLIENT', 'KILL', 'ADDR', address);
      await request('PUT', `${sample.frontDoor}/products/2`, { price });
      await vi.waitFor(async () => expect(await prices(2)).toEqual([price, price, price]), { timeout: 1_000 });
    }
  });
});

describe('the sample without Redis', () => {
  it('answers reads and writes within 100 ms of what the source takes', async () => {
    await prices(3);
    await redis.kill();
    for (const instance of sample.instances) {
      const hit = await request('GET', `${instance}/products/3`);
      expect(hit.cache).toBe('HIT');
      expect(hit.took).toBeLessThan(BEYOND_SOURCE);
      const miss = await request('GET', `${instance}/products/4`);
      expect(miss.took).toBeLessThan(SOURCE_LATENCY + BEYOND_SOURCE);
      const write = await request('PUT', `${instance}/products/5`, { price: 5 });
      expect(write.code).toBe(200);
      expect(write.took).toBeLessThan(SOURCE_LATENCY + BEYOND_SOURCE);
    }
  });

  it('is coherent again by itself once Redis is back, with the changes that were made meanwhile', async () => {
    await prices(6);
    await redis.kill();
    await vi.waitFor(async () => expect(await states()).toEqual(Array(3).fill('disconnected')), { timeout: 15_000 });
    await request('PUT', `${sample.instances[0]}/products/6`, { price: 66 });

    await redis.restart();

    await vi.waitFor(async () => expect(await states()).toEqual(Array(3).fill('coherent')), { timeout: 15_000 });
    await vi.waitFor(async () => expect(await prices(6)).toEqual([66, 66, 66]), { timeout: 5_000 });
    await request('PUT', `${sample.frontDoor}/products/6`, { price: 67 });
    expect(await prices(6)).toEqual([67, 67, 67]);
  });

  it('starts at most a second later than with Redis', async () => {
    const withRedis = await bootTime(redis.connectionString);
    const without = await bootTime(`redis://127.0.0.1:${await freePort()}`);
    // The third of a second is for the scheduling of a busy machine: both are measured through new processes.
    expect(without - withRedis).toBeLessThan(1_000 + 300);
  });

  it('starts and prints that its Redis cannot be reached', async () => {
    const port = await freePort();
    const application = await startSample({ redisConnectionString: `redis://127.0.0.1:${port}`, instances: 1 });
    await application.untilPrinted('Redis cannot be reached.');
    expect((await request('GET', `${application.frontDoor}/products/1`)).code).toBe(200);
    await application.stop();
  });
});

describe('the sample whose Redis is frozen', () => {
  it('answers reads as fast as ever and writes at most publishTimeout later', async () => {
    await prices(7);
    redis.pause();
    for (const instance of sample.instances) {
      const hit = await request('GET', `${instance}/products/7`);
      expect(hit.took).toBeLessThan(BEYOND_SOURCE);
      const write = await request('PUT', `${instance}/products/8`, { price: 8 });
      expect(write.code).toBe(200);
      expect(write.took).toBeLessThan(SOURCE_LATENCY + PUBLISH_TIMEOUT + BEYOND_SOURCE);
      const miss = await request('GET', `${instance}/products/9`);
      expect(miss.took).toBeLessThan(SOURCE_LATENCY + BEYOND_SOURCE);
    }
  });
});
