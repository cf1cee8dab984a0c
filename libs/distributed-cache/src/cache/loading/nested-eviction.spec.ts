import { describe, expect, it } from 'vitest';
import { instances, type InstancesInMemory } from '../../../../../test/support/instances/instances.js';
import { deferred } from '../../../../../test/support/common/deferred.js';
import type { DistributedCache } from '../distributed-cache.js';

const FILLERS = Array.from({ length: 300 }, (_, index) => `filler-${index}`);

/** A page that is made of a cached product, as an application has it. */
function shop(cache: DistributedCache, source: { price: number }) {
  const products = cache.region<number>('products');
  const pages = cache.region<string>('pages');
  const product = (): Promise<number> => products.getOrLoad('1', () => source.price);
  const page = (): Promise<string> => pages.getOrLoad('1', async () => `price ${await product()}`);
  return { product, page };
}

async function heldByB(both: InstancesInMemory) {
  const source = { price: 1 };
  const { a, b } = await both.connected();
  const atB = shop(b, source);
  await atB.page();
  const pages: Promise<string>[] = [];
  return {
    a,
    b,
    atB,
    pages,
    source,
    /** B reads the page again each time that something is applied. */
    readsAfterEachMessage: () => b.on('invalidation', () => void pages.push(atB.page())),
  };
}

describe('what leaves in several messages takes effect as one: a page that is made anew between them of a product that a later one evicts', () => {
  it('is not stored after evictMany', async () => {
    const both = instances(2);
    const { a, b, atB, pages, source, readsAfterEachMessage } = await heldByB(both);
    const stop = readsAfterEachMessage();
    source.price = 2;
    const all = [...FILLERS.map((key) => ({ region: 'others', key })), { region: 'products', key: '1' }];
    await Promise.all([a.region('pages').evict('1'), ...all.map(({ region, key }) => a.region(region).evict(key))]);
    await both.clock.advance(0);
    stop();
    // The old product was served meanwhile, which is allowed.
    await expect(pages[0]).resolves.toBe('price 1');
    expect(b.region('pages').getSync('1')).not.toBe('price 1');
    await expect(atB.page()).resolves.toBe('price 2');
  });

  it('is not stored when the link is lost between the messages', async () => {
    const both = instances(2);
    const { a, atB, source, b } = await heldByB(both);
    source.price = 2;
    // B's link is cut by the first message it applies.
    const stop = b.on('invalidation', () => {
      stop();
      both.bridge.cut(b);
    });
    void a.region('pages').evict('1');
    for (const key of FILLERS) void a.region('others').evict(key);
    void a.region('products').evict('1');
    await both.clock.advance(0);
    await expect(atB.page()).resolves.toBe('price 1');
    both.bridge.heal(b);
    await both.clock.advance('3s');
    await expect(atB.page()).resolves.toBe('price 2');
  });

  it('is not stored when the sender has to send a part again later', async () => {
    const both = instances(2);
    const { a, atB, source, b } = await heldByB(both);
    source.price = 2;
    const stop = b.on('invalidation', () => {
      stop();
      both.bridge.refuse('retry');
    });
    void a.region('pages').evict('1');
    for (const key of FILLERS) void a.region('others').evict(key);
    void a.region('products').evict('1');
    await both.clock.advance(0);
    void atB.page();
    await both.clock.advance(0);
    both.bridge.refuse();
    await both.clock.advance('3s');
    await expect(atB.page()).resolves.toBe('price 2');
  });

  it('is not given to a reader that comes after the last message', async () => {
    const both = instances(2);
    const { a, b, source } = await heldByB(both);
    const slow = deferred<void>();
    const page = (): Promise<string> =>
      b.region<string>('pages').getOrLoad('1', async () => {
        const price = await b.region<number>('products').getOrLoad('1', () => source.price);
        await slow.promise;
        return `price ${price}`;
      });
    const pages: Promise<string>[] = [];
    const stop = b.on('invalidation', () => {
      stop();
      pages.push(page());
    });
    source.price = 2;
    void a.region('pages').evict('1');
    for (const key of FILLERS) void a.region('others').evict(key);
    await a.region('products').evict('1');
    await both.clock.advance(0);
    const late = page();
    slow.resolve();
    await expect(pages[0]).resolves.toBe('price 1');
    await expect(late).resolves.toBe('price 2');
  });

  it('is stored when the group does not evict the page: what is evicted elsewhere costs nothing', async () => {
    const both = instances(2);
    const { a, b, atB, readsAfterEachMessage } = await heldByB(both);
    b.region('pages')
      .evict('1')
      .catch(() => {});
    await both.clock.advance(0);
    readsAfterEachMessage();
    for (const key of FILLERS) void a.region('others').evict(key);
    await both.clock.advance(0);
    expect(b.region('pages').getSync('1')).toBe('price 1');
    await expect(atB.page()).resolves.toBe('price 1');
  });
});

it('a page that is made anew between two chunks of a replay, of a product that a later one evicts, is not stored', async () => {
  const both = instances(2);
  const { a, b, atB, source, readsAfterEachMessage } = await heldByB(both);
  both.bridge.cut(b);
  source.price = 2;
  await a.region('pages').evict('1');
  for (let index = 0; index < 600; index += 1) await a.region('others').evict(String(index));
  await a.region('products').evict('1');
  both.bridge.heal(b);
  const stop = readsAfterEachMessage();
  await both.clock.advance('3s');
  stop();
  await expect(atB.page()).resolves.toBe('price 2');
});

it('an instance acknowledges the parts of an eviction only after the last one has taken effect', async () => {
  const both = instances(2);
  const { a, b, atB, source } = await heldByB(both);
  const pages: Promise<string>[] = [];
  const stop = b.on('invalidation', () => void pages.push(atB.page()));
  source.price = 2;
  const keys = ['1', ...FILLERS];
  const everywhere = { everywhere: true } as const;
  await Promise.all([
    a.region('pages').evict('1', everywhere),
    a.region('products').evictMany(FILLERS, everywhere),
    a.region('products').evictMany(keys, everywhere),
  ]);
  stop();
  await expect(atB.page()).resolves.toBe('price 2');
});
