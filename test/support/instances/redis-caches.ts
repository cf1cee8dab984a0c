import { expect, vi } from 'vitest';
import { DistributedCache } from '../../../libs/distributed-cache/src/cache/distributed-cache.js';
import { chooseBridge } from '../../../libs/distributed-cache/src/module/bridge/choose-bridge.js';
import type { DistributedCacheOptions } from '../../../libs/distributed-cache/src/module/options/distributed-cache.options.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';
import { RecordedLogger } from './recorded-logger.js';

/** A cache as the module starts it, without the application around it. */
export interface CacheOnRedis {
  readonly cache: DistributedCache;
  readonly log: RecordedLogger;
}

/** So that a copy that is gone was dropped, and is not merely out of its lease. */
const LONG_LEASE = { maxStaleness: '1h' } as const;

/** The caches that a test starts; closed together when it is over. */
export class RedisCaches {
  readonly #caches = new Set<DistributedCache>();

  /** Starts a cache and does not wait for anything. */
  start(options: DistributedCacheOptions): CacheOnRedis {
    const log = new RecordedLogger();
    const cache = new DistributedCache(resolveSettings({ ...LONG_LEASE, ...options }, undefined), { logger: log });
    const { bridge, commandTimeout } = chooseBridge(options, () => undefined);
    cache.start(bridge, commandTimeout);
    this.#caches.add(cache);
    return { cache, log };
  }

  /** Starts a cache and waits until it is coherent. Rejects with the reason why it could not become so at once. */
  async connect(options: DistributedCacheOptions): Promise<CacheOnRedis> {
    const started = this.start(options);
    await started.cache.firstSync(1);
    return started;
  }

  async closeAll(): Promise<void> {
    await Promise.all(Array.from(this.#caches, (cache) => cache.close()));
    this.#caches.clear();
  }
}

/** Waits for a condition that other processes bring about. */
export function eventually<T>(condition: () => T | Promise<T>, timeout = 10_000): Promise<T> {
  return vi.waitFor(condition, { timeout, interval: 5 });
}

/** Waits until every cache is coherent. */
export async function untilCoherent(...caches: readonly DistributedCache[]): Promise<void> {
  await eventually(() => expect(caches.map((cache) => cache.status().state)).toEqual(caches.map(() => 'coherent')));
}

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
