import type { DistributedCache } from 'nestjs-distributed-cache';
import { beforeEach, describe, expect, it } from 'vitest';
import { heapInUse } from '../support/hostile/heap.js';
import { eventually } from '../support/common/eventually.js';
import { copies, fill, untilCoherent } from '../support/instances/copies.js';
import { instances, logOf, type Instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { usingRedis } from '../support/redis/using-redis.js';

const MB = 1 << 20;
const PIPELINED = 500;

/** What the stranger says, `number` by `number`; `position` is where the instances stand. */
type Flood = (number: number, position: string) => string;

const payload = (number: number): string => `{"v":1,"f":"stranger","t":["tag-${number}"],"k":[["other","${number}"]]}`;
const afterPosition = (position: string, number: number): string => {
  const [milliseconds = '0', sequence = '0'] = position.split('-');
  return `${milliseconds}-${Number(sequence) + 1 + number}`;
};

describe('A flood of valid messages from a stranger', () => {
  const redis = usingRedis();
  let both: Instances;
  let a: DistributedCache;
  let b: DistributedCache;

  beforeEach(async () => {
    both = await instances(2).on(redis).connected();
    ({ a, b } = both);
    await a.region('products').evict('0');
    await redis.admin.config('RESETSTAT');
  });

  /** Every sync registers its instance: one ZADD each. */
  const syncs = async (): Promise<number> =>
    Number(/cmdstat_zadd:calls=(\d+)/.exec(await redis.admin.info('commandstats'))?.[1] ?? 0);

  /** Sends `count` messages and, in between, has the instances evict and read. Gives how long an eviction took at most, in ms. */
  async function flooded(count: number, flood: Flood, pipelined = PIPELINED): Promise<number> {
    const { channel } = namesInRedis();
    let slowest = 0;
    for (let sent = 0; sent < count; sent += pipelined) {
      const key = `${sent}`;
      await fill(key, 'one', a, b);
      const batch = redis.admin.pipeline();
      const position = a.status().position ?? '1-0';
      for (let number = sent; number < sent + pipelined; number += 1) batch.publish(channel, flood(number, position));
      const published = batch.exec();
      const evictedAt = performance.now();
      await a.region('products').evict(key);
      await eventually(() => expect(copies(key, b)).toEqual([undefined]));
      slowest = Math.max(slowest, performance.now() - evictedAt);
      await published;
    }
    return slowest;
  }

  it.each<[string, Flood]>([
    ['without ids', (number) => payload(number)],
    [
      'whose ids continue the log',
      (number, position) => `${position} ${afterPosition(position, number)} ${payload(number)}`,
    ],
    ['whose ids are those of entries to come', (number) => `${number}-0 99999999999${number}-0 ${payload(number)}`],
    ['whose ids are long past', (number) => `1-${number} 1-${number + 1} ${payload(number)}`],
    ['that say they begin the log', (number) => `- 9999999999999-${number} ${payload(number)}`],
    ['that want to be acknowledged', (number) => payload(number).replace('"v":1', `"v":1,"a":"token-${number}"`)],
    ['all one and the same', () => `5-0 18446744073709551615-18446744073709551615 ${payload(1)}`],
  ])('of thirty thousand %s does not keep evictions from the other instance', async (_, flood) => {
    const startedAt = performance.now();
    const heap = await heapInUse();
    const slowest = await flooded(30_000, flood);

    await untilCoherent(a, b);
    const seconds = (performance.now() - startedAt) / 1_000;
    // Ten a second and instance because of gaps, and one for the heartbeat.
    expect(await syncs()).toBeLessThanOrEqual(2 * (11 * seconds + 2));
    // It waits for what was said before it, nothing else.
    expect(slowest).toBeLessThan(5_000);
    expect((await heapInUse()) - heap).toBeLessThan(16 * MB);
    // Where the flood makes the log look broken, an instance says once a minute that it starts empty.
    const ofConnecting = both.log.lines.filter(({ message }) => !message.startsWith('Starting empty'));
    expect(ofConnecting).toHaveLength(2);
    expect(both.log.lines.length).toBeLessThanOrEqual(4);
    expect(b.stats().bridge).toMatchObject({ malformed: 0, missed: 0, reconnects: 0 });
  });

  it('is without effect when it is over: no extra syncs, no gap, copies are kept', async () => {
    await flooded(2_000, (number) => `${number}-0 99999999999${number}-0 ${payload(number)}`);
    await untilCoherent(a, b);
    await eventually(async () => {
      await redis.admin.config('RESETSTAT');
      const { position, state } = b.status();
      await a.region('products').evict('quiet');
      expect(state).toBe('coherent');
      // Moved by the doorbell alone.
      await eventually(() => expect(b.status().position).not.toBe(position), 200);
      expect(await syncs()).toBe(0);
    });
    await fill('kept', 'one', a, b);
    await eventually(async () => expect(await syncs()).toBeGreaterThanOrEqual(2), 15_000);
    expect(copies('kept', a, b)).toEqual(['one', 'one']);
  });

  it.each<[string, Flood]>([
    ['without ids', (number) => `{"v":1,"t":["tag-${number}"],"x":"${'x'.repeat(MB - 100)}"}`],
    [
      'with forged ids',
      (number) => `${number}-0 99999999999${number}-0 {"v":1,"t":["t"],"x":"${'x'.repeat(MB - 100)}"}`,
    ],
    ['too large to be taken apart', (number) => `{"v":1,"t":["tag-${number}"],"x":"${'x'.repeat(2 * MB)}"}`],
  ])('of three hundred of a megabyte %s does not keep evictions from the other instance', async (_, flood) => {
    const heap = await heapInUse();
    await flooded(300, flood, 10);
    await untilCoherent(a, b);
    await eventually(async () => expect((await heapInUse()) - heap).toBeLessThan(24 * MB));

    await fill('after', 'one', a, b);
    await b.region('products').evict('after');
    await eventually(() => expect(copies('after', a)).toEqual([undefined]));
    // Redis itself drops a listener that it has 32 MB to say to: a line when the link is lost and a line when it is back.
    // It may have lost its listener once more, and be dialling.
    await untilCoherent(a, b);
    for (const cache of [a, b]) {
      expect(logOf(cache).lines.length).toBeLessThanOrEqual(1 + 2 * cache.stats().bridge.reconnects);
    }
  });
});
