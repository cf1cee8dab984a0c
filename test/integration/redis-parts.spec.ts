import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DistributedCache } from 'nestjs-distributed-cache';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/common/eventually.js';
import { instances } from '../support/instances/instances.js';
import { pageOfProduct } from '../support/instances/page-of-product.js';
import { listedUntil } from '../support/redis/member-list.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { proxyTo, usingRedis } from '../support/redis/using-redis.js';

/** Names so long that they take several messages. */
const longNames = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i).padStart(70, '.'));

/** Reads again and again, until `done` has settled. */
async function readUntil(done: Promise<unknown>, read: () => Promise<string>): Promise<void> {
  const watched = { isSettled: false };
  const settled = (): void => void (watched.isSettled = true);
  void done.then(settled, settled);
  while (!watched.isSettled) {
    await read();
    await nextTurn();
  }
  await done;
}

describe('an eviction of several messages on Redis takes effect as one', () => {
  const redis = usingRedis();

  /** Resolves when an instance, at this position, has applied the whole log. */
  const untilApplied = async (position: () => string | undefined): Promise<void> =>
    eventually(async () => {
      const [newest] = await redis.admin.xrevrange(namesInRedis().log, '+', '-', 'COUNT', 1);
      expect(position()).toBe(newest?.[0]);
    });

  /** Until when the server lists this instance, which each of its syncs puts off. */
  const syncOf = async (cache: DistributedCache): Promise<number | undefined> => {
    const listed = [...(await listedUntil(redis.admin, namesInRedis().members))];
    return listed.find(([member]) => member.includes(cache.status().instanceId))?.[1];
  };

  it('although the server has forgotten its scripts, and learns one again meanwhile', async () => {
    const proxy = await proxyTo(redis);
    const settings = { maxStaleness: '1m', commandTimeout: '20s', publishTimeout: '20s' } as const;
    const { a, b, c } = await instances(3).on(proxy, redis).with(settings).connected();
    const atB = pageOfProduct(b);
    await a.region('others').evict('1');
    await atB.page();
    await redis.admin.script('FLUSH');
    await redis.admin.config('RESETSTAT');
    proxy.slow({ bytesPerSecond: 100_000 }, { role: 'commands' });
    atB.source.price = 'new';
    const evicted = a.region('products').evictMany(['1', ...longNames(2_499)]);
    void a.region('pages').evict('1');
    const taught = eventually(async () => expect(await redis.admin.info('errorstats')).toContain('NOSCRIPT')).then(() =>
      c.region('others').evict('1'),
    );
    await readUntil(Promise.all([evicted, taught]), atB.page);
    await eventually(() => expect(a.status().outbox).toBe(0));
    await untilApplied(() => b.status().position);
    await expect(atB.product()).resolves.toBe('new');
    await expect(atB.page()).resolves.toBe('page of new');
  });

  it.each([false, true])(
    'although its last message waits for the subscription to acknowledgements (another eviction follows: %s)',
    async (follows) => {
      const proxy = await proxyTo(redis);
      const { a, b } = await instances(2).on(proxy, redis).with({ maxStaleness: '1m' }).connected();
      proxy.slow({ latency: 300 }, { role: 'subscriber' });
      const atB = pageOfProduct(b);
      await atB.page();
      atB.source.price = 'new';
      void a.region('pages').evictMany(['1', ...longNames(149)]);
      const evicted = a.region('products').evict('1', { everywhere: { timeout: '2s' } });
      // In a later tick.
      await nextTurn();
      if (follows) void a.region('others').evict('1');
      await readUntil(
        evicted.catch(() => undefined),
        atB.page,
      );
      await untilApplied(() => b.status().position);
      await expect(atB.product()).resolves.toBe('new');
      await expect(atB.page()).resolves.toBe('page of new');
    },
  );

  it('although the late reply to a sync brings an older message again', async () => {
    const [ofA, ofB] = [await proxyTo(redis), await proxyTo(redis)];
    const settings = { maxStaleness: '3s', ttl: '1d', commandTimeout: '20s', publishTimeout: '20s' } as const;
    const { a, b } = await instances(2).on(ofA, ofB).with(settings).connected();
    const atB = pageOfProduct(b);
    await atB.page();
    // The next sync of B is handled after that message was written, and its reply is held up.
    ofB.stall({ role: 'commands', direction: 'requests' });
    await eventually(() => expect(b.status().leaseAge).toBeGreaterThan(1_500));
    const before = await syncOf(b);
    await a.region('others').evict('1');
    ofB.stall({ role: 'commands', direction: 'answers' });
    await eventually(async () => expect(await syncOf(b)).not.toBe(before));

    ofA.slow({ bytesPerSecond: 200_000 }, { role: 'commands' });
    atB.source.price = 'new';
    const began = new Promise((resolve) => b.on('invalidation', resolve));
    void a.region('pages').evictMany(['1', ...longNames(1_999)]);
    const evicted = a.region('products').evict('1');
    await began;
    ofB.restore();
    await readUntil(evicted, atB.page);
    await untilApplied(() => b.status().position);
    await expect(atB.product()).resolves.toBe('new');
    await expect(atB.page()).resolves.toBe('page of new');
  });
});
