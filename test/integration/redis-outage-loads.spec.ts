import { expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { Moments } from '../support/common/moments.js';
import { instances, logOf } from '../support/instances/instances.js';
import { usingRedisPerTest } from '../support/redis/using-redis.js';

const redis = usingRedisPerTest();

const S = 3_000;
const SECOND = 1_000;
const KEYS = Array.from({ length: 300 }, (_, index) => String(index));

it('While Redis is dead, readers wait for no load, and the most loads in any second are at most 3 × the mean over maxStaleness', async () => {
  const { a } = await instances(1).on(redis).with({ maxStaleness: S, ttl: Infinity }).connected();
  const region = a.region('products');
  let loads = new Moments();
  const load = (): string => {
    loads.add(performance.now());
    return 'value';
  };
  const readAll = (): Promise<unknown> => Promise.all(KEYS.map((key) => region.getOrLoad(key, load)));
  await readAll();
  expect(loads.count).toBe(KEYS.length);
  loads = new Moments();
  await redis.kill();

  await eventually(async () => {
    await readAll();
    // All of them once, at least, and all leases that Redis has renewed are over.
    expect(loads.count).toBeGreaterThan(1.5 * KEYS.length);
  });

  expect(a.status().state).toBe('disconnected');
  expect(a.stats().regions['products']).toMatchObject({ misses: KEYS.length });
  expect(loads.mostWithin(SECOND)).toBeLessThanOrEqual((3 * KEYS.length * SECOND) / S);
  expect(logOf(a).lines.filter(({ message }) => message.startsWith('The lease has ended'))).toHaveLength(1);
});
