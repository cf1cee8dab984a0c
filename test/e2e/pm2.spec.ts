import { describe, expect, it } from 'vitest';
import { inRepository } from '../../tools/repository.mjs';
import { eventually } from '../support/common/eventually.js';
import { Pm2 } from '../support/instances/pm2.js';
import { type CacheStatus, type Product, request } from '../support/instances/sample-client.js';
import { usingRedisPerTest } from '../support/redis/using-redis.js';

const LOG = '{distributed-cache}:log';

const redis = usingRedisPerTest();

const changePrice = (pm2: Pm2): Promise<unknown> => request('PUT', `${pm2.address}/products/1`, { price: 1 });

/** Waits until PM2 says that the process has ended by itself: 1.6 s after SIGINT it would have been killed. */
async function untilEnded(pm2: Pm2): Promise<void> {
  await eventually(async () => expect(await pm2.told()).toContain('exited with code [0] via signal [SIGINT]'));
  expect(await pm2.told()).not.toContain('SIGKILL');
}

describe('the last evictions of a process that PM2 ends', () => {
  it.each([
    ['stop', 'fork'],
    ['restart', 'fork'],
    ['reload', 'cluster'],
  ] as const)('with pm2 %s arrive if Redis answers within drainTimeout', async (command, mode) => {
    const pm2 = await Pm2.start({ redisConnectionString: redis.connectionString, mode });
    redis.pause();
    await changePrice(pm2);
    const ended = pm2.end(command);
    await eventually(async () => expect(await pm2.logged()).toContain('Shutting down: delivering'), 20_000);
    redis.resume();
    await ended;
    await untilEnded(pm2);

    expect(JSON.stringify(await redis.admin.xrange(LOG, '-', '+'))).toContain('products');
    expect(await pm2.logged()).not.toContain('not delivered');
  });

  it.each([
    ['stop', 'fork'],
    ['reload', 'cluster'],
  ] as const)('with pm2 %s are told as lost if Redis is gone, before PM2 kills the process', async (command, mode) => {
    const pm2 = await Pm2.start({ redisConnectionString: redis.connectionString, mode });
    await redis.kill();
    await changePrice(pm2);
    await pm2.end(command);
    await untilEnded(pm2);

    await eventually(async () => {
      const logged = await pm2.logged();
      expect(logged).toMatch(/Shutting down: delivering the invalidations that wait.*[^]*waiting: [1-9]/);
      expect(logged).toMatch(/Shut down with invalidations that were not delivered.*[^]*undelivered: [1-9]/);
    });
  });
});

describe('the ecosystem file in deploy/pm2', () => {
  /** Asks until so many instances have answered: the processes share one port, and take turns. */
  async function instancesOf(pm2: Pm2, count: number): Promise<string[]> {
    const seen = new Set<string>();
    await eventually(async () => {
      const answer = await fetch(`${pm2.address}/cache/status`, { headers: { connection: 'close' } });
      const { status }: CacheStatus = JSON.parse(await answer.text());
      seen.add(status.instanceId);
      if (seen.size < count) throw new Error(`${seen.size} instances have answered.`);
    });
    return [...seen].toSorted();
  }

  /** The price of a product, through any of the processes. */
  async function price(pm2: Pm2): Promise<number> {
    const answer = await fetch(`${pm2.address}/products/1`, { headers: { connection: 'close' } });
    const product: Product = JSON.parse(await answer.text());
    return product.price;
  }

  it('runs instances behind one port that evict in each other, and a reload loses no request', async () => {
    const pm2 = await Pm2.startFile(inRepository('deploy/pm2/ecosystem.config.cjs'), redis.connectionString);
    const before = await instancesOf(pm2, 2);
    for (let read = 0; read < 4; read += 1) await price(pm2);
    await changePrice(pm2);
    await eventually(async () => {
      const prices = [await price(pm2), await price(pm2), await price(pm2), await price(pm2)];
      expect(new Set(prices)).toEqual(new Set([1]));
    });

    const reload = { isRunning: true };
    const reloaded = pm2.end('reload').finally(() => (reload.isRunning = false));
    const codes = new Set<number>();
    while (reload.isRunning) {
      const answer = await fetch(`${pm2.address}/health`, { headers: { connection: 'close' } });
      await answer.arrayBuffer();
      codes.add(answer.status);
    }
    await reloaded;
    expect(codes).toEqual(new Set([200]));
    for (const instance of await instancesOf(pm2, 2)) expect(before).not.toContain(instance);
    await untilEnded(pm2);
  });
});
