import { beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { type SampleApplication, startSample } from '../support/instances/sample-application.js';
import { type CacheStatus, type Product, request } from '../support/instances/sample-client.js';
import { usingRedis } from '../support/redis/using-redis.js';

const PASSWORD = 's3cret-of-the-sample';

const redis = usingRedis({ password: PASSWORD });
let sample: SampleApplication;
beforeAll(async () => {
  sample = await startSample({ redisConnectionString: redis.connectionString, instances: 2 });
  return () => sample.stop();
});

it('an application prints neither the password of its Redis nor a cached value, also when Redis refuses the password and dies', async () => {
  const { body } = await request<Product>('GET', `${sample.frontDoor}/products/1`);
  await request('PUT', `${sample.frontDoor}/products/1`, { name: 'v4lue-in-the-catalogue' });
  for (const instance of sample.instances) await request('GET', `${instance}/products/1`);

  const states = async (): Promise<string[]> =>
    Promise.all(
      sample.instances.map(
        async (instance) => (await request<CacheStatus>('GET', `${instance}/cache/status`)).body.status.state,
      ),
    );
  const { admin } = redis;
  await admin.config('SET', 'requirepass', 's3cret-rotated');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await eventually(() => expect(sample.output).toContain('WRONGPASS'), 30_000);
  await redis.kill();
  await eventually(async () => expect(await states()).toEqual(['disconnected', 'disconnected']), 30_000);
  await request('PUT', `${sample.frontDoor}/products/1`, { name: 'v4lue-said-while-cut-off' });

  expect(sample.output).toContain('redis://***@127.0.0.1');
  expect(sample.output).not.toMatch(/s3cret-|v4lue-/);
  expect(sample.output).not.toContain(body.name);
});
