import type { DistributedCache } from 'nestjs-distributed-cache';

/** Age of the lease in ms, as a number that can be compared: `Infinity` before the first sync. */
export function leaseAgeOf(cache: Pick<DistributedCache, 'status'>): number {
  return cache.status().leaseAge ?? Infinity;
}
