import { beforeAll, expect, it } from 'vitest';
import { type SampleApplication, startSample } from '../support/instances/sample-application.js';
import { type CacheStatus, readManyTimes, request } from '../support/instances/sample-client.js';
import { usingRedis } from '../support/redis/using-redis.js';

const redis = usingRedis();
let sample: SampleApplication;

beforeAll(async () => {
  sample = await startSample({
    redisConnectionString: redis.connectionString,
    environment: { SOURCE_LATENCY_MS: '200' },
  });
  return () => sample.stop();
});

it('a product that is not cached is loaded once on each instance for 10 000 reads at the same time', async () => {
  const codes = await readManyTimes(`${sample.frontDoor}/products/42`, 10_000, 500);

  expect([...codes]).toEqual([[200, 10_000]]);
  const answers = await Promise.all(
    sample.instances.map((instance) => request<CacheStatus>('GET', `${instance}/cache/status`)),
  );
  expect(answers.map(({ body }) => body.stats.regions['products']?.loads)).toEqual([1, 1, 1]);
});
