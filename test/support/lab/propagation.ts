import type { DistributedCache } from 'nestjs-distributed-cache';

/** How long each of `count` evictions by `from`, one after the other, took to be applied by `to`, in ms. */
export async function propagation(from: DistributedCache, to: DistributedCache, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await onePropagation(from, to, `probe-${i}`));
  return times;
}

function onePropagation(from: DistributedCache, to: DistributedCache, key: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const evictedAt = performance.now();
    const remove = to.on('invalidation', ({ invalidation }) => {
      if (!invalidation.keys.get('probes')?.has(key)) return;
      remove();
      resolve(performance.now() - evictedAt);
    });
    from.region('probes').evict(key).catch(reject);
  });
}
