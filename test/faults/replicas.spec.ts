import { describe, expect, it, onTestFinished } from 'vitest';
import { copies, fill } from '../support/instances/copies.js';
import { instances } from '../support/instances/instances.js';
import { namesInRedis } from '../support/redis/names-in-redis.js';
import { RedisPair } from '../support/redis/redis-pair.js';

const PUBLISH_TIMEOUT = 500;

describe('an eviction with minReplicas', () => {
  const startedPair = async (): Promise<RedisPair> => {
    const pair = await RedisPair.start();
    onTestFinished(() => pair.stop());
    await pair.untilReplicating();
    return pair;
  };

  it('resolves once the replica has it', async () => {
    const { primary, replica } = await startedPair();
    const options = { publishTimeout: PUBLISH_TIMEOUT, minReplicas: 1, onUndelivered: 'throw' } as const;
    const { a } = await instances(1).on(primary).with(options).connected();
    await a.region('products').evict('1');

    const [newest] = await replica.admin.xrevrange(namesInRedis().log, '+', '-', 'COUNT', 1);
    expect(newest?.[0]).toBe(a.status().position);
  });

  it('resolves together with 2 000 others that are made at once', async () => {
    const { primary } = await startedPair();
    const options = { publishTimeout: '20s', minReplicas: 1, onUndelivered: 'throw' } as const;
    const { a } = await instances(1).on(primary).with(options).connected();
    const keys = Array.from({ length: 2_000 }, (_, index) => `${index}`);
    await Promise.all(keys.map((key) => a.region('products').evict(key)));
    expect(a.status().outbox).toBe(0);
  });

  it.each(['queue', 'throw'] as const)(
    "and onUndelivered: '%s' waits for a replica that hangs until publishTimeout, by when the peers have applied it",
    async (onUndelivered) => {
      const { primary, replica } = await startedPair();
      const both = await instances(1).on(primary).with({ publishTimeout: PUBLISH_TIMEOUT }).connected();
      const { a: b } = both;
      const a = await both.joinedBy({ minReplicas: 1, onUndelivered });
      await fill('1', 'old', a, b);
      replica.pause();

      const startedAt = performance.now();
      const outcome = await a
        .region('products')
        .evict('1')
        .then(
          () => 'resolved',
          (error: Error) => error.message,
        );
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(PUBLISH_TIMEOUT - 5);
      expect(outcome).toMatch(onUndelivered === 'queue' ? 'resolved' : /the log has it|publishTimeout/);
      expect(copies('1', b)).toEqual([undefined]);
      expect(a.status().outbox).toBe(0);
      replica.resume();
    },
  );
});
