import { describe, expect, it } from 'vitest';
import { ForeignContexts, garbageCollected } from '../support/common/foreign-contexts.js';
import { eventually } from '../support/common/eventually.js';
import { fill, untilCoherent, untilDropped } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { usingRedis } from '../support/redis/using-redis.js';

const REQUESTS = 50;

const redis = usingRedis();

describe('requests of the application, with a real Redis', () => {
  it('are not held in memory by the connections, by evictions or by evictions everywhere', async () => {
    const requests = new ForeignContexts();
    // An instance that the young list of members may lack stops serving within a second, so an eviction everywhere does not take long.
    const shop = instances(2).on(redis).with({ maxStaleness: '1s', whenDisconnected: 'bypass' });
    requests.run(() => shop.started());
    const { a, b } = shop;
    await untilCoherent(a, b);
    for (let i = 0; i < REQUESTS; i += 1) {
      await requests.run(async (request) => {
        const products = a.region('products');
        for (let read = 0; read < 3; read += 1) await products.getOrLoad(`${request}`, async () => 'value');
        await products.evict(`${request}`);
        await products.evict(`${request}+`, { everywhere: { timeout: '20s' } });
      });
    }
    await garbageCollected();
    expect(requests.held).toBe(0);
  });

  it('are seen neither by the connections nor by the listeners of an instance whose link one of them has lost', async () => {
    const requests = new ForeignContexts();
    const dialledIn: (number | undefined)[] = [];
    const heardIn: (number | undefined)[] = [];
    const credentials = async (): Promise<{ password: string }> => {
      dialledIn.push(requests.current);
      return { password: '' };
    };
    const { a, b } = await instances(2)
      .on(redis)
      .with({ redis: { credentials }, commandTimeout: 300, publishTimeout: 100 })
      .connected();
    a.on('invalidation', () => void heardIn.push(requests.current));
    await fill('1', 'one', a, b);

    redis.pause();
    await requests.run(async (request) => void (await a.region('products').evict(`${request}`)));
    await eventually(() => expect(a.status().state).toBe('disconnected'));
    redis.resume();
    await untilCoherent(a, b);
    await b.region('products').evict('1');
    await untilDropped('1', a);

    expect(dialledIn.length).toBeGreaterThan(2);
    expect(new Set(dialledIn)).toEqual(new Set([undefined]));
    expect(new Set(heardIn)).toEqual(new Set([undefined]));
    await garbageCollected();
    expect(requests.held).toBe(0);
  });
});
