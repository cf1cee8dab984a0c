import { expect } from 'vitest';
import type { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { eventually } from '../common/eventually.js';

/** Loads `value` under `key` of region `'products'` into every cache, and makes sure that it is there. */
export async function fill(key: string, value: unknown, ...caches: readonly DistributedCache[]): Promise<void> {
  for (const cache of caches) await cache.region('products').getOrLoad(key, () => value);
  expect(copies(key, ...caches)).toEqual(caches.map(() => value));
}

/** What each cache holds under `key` of region `'products'`. */
export function copies(key: string, ...caches: readonly DistributedCache[]): unknown[] {
  return caches.map((cache) => cache.region('products').getSync(key));
}

/** Waits until none of the caches holds `key` of region `'products'`. */
export async function untilDropped(key: string, ...caches: readonly DistributedCache[]): Promise<void> {
  await eventually(() => expect(copies(key, ...caches)).toEqual(caches.map(() => undefined)));
}

/** Waits until every cache is coherent. */
export async function untilCoherent(...caches: readonly DistributedCache[]): Promise<void> {
  await eventually(() => expect(caches.map((cache) => cache.status().state)).toEqual(caches.map(() => 'coherent')));
}
