import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { canonicalKey } from '../../keys/canonical-key.js';
import type { LocalCache } from '../local-cache.js';
import type { Region } from '../region.js';
import { unsafeCast } from '../../common/unsafe-cast.js';

/**
 * A region as a store for Keyv, and so for cache-manager: what is set stays in this instance, what is deleted is evicted in every one.
 *
 * @internal
 */
export class KeyvLocalStore implements KeyvStoreAdapter {
  readonly opts = {};
  readonly namespace = undefined;
  readonly #cache: LocalCache;
  readonly #region: Region;

  constructor(cache: LocalCache, region: Region) {
    this.#cache = cache;
    this.#region = region;
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const canonical = canonicalKey(key);
    const entry = this.#cache.servable(this.#region.state, canonical);
    if (!entry) {
      this.#cache.miss(this.#region.state, canonical);
      return undefined;
    }
    const value = unsafeCast<Value>(this.#cache.hit(this.#region.state, entry));
    // Keyv deletes what it finds expired, by the wall clock: it must never find that, or it would evict in every instance.
    return { value, expires: Date.now() + Math.max(1_000, entry.expiresAt - this.#cache.clock.now()) };
  }

  /** @param stored - Keyv wraps the value together with its expiry */
  async set(key: string, stored: unknown, ttl?: number): Promise<boolean> {
    const value = typeof stored === 'object' && stored !== null && 'value' in stored ? stored.value : stored;
    this.#region.setLocally(key, value, ttl);
    return true;
  }

  async delete(key: string): Promise<boolean> {
    await this.#region.evict(key);
    return true;
  }

  async deleteMany(keys: string[]): Promise<boolean> {
    await this.#region.evictMany(keys);
    return true;
  }

  async has(key: string): Promise<boolean> {
    return this.#cache.servable(this.#region.state, canonicalKey(key)) !== undefined;
  }

  clear(): Promise<void> {
    return this.#region.clear();
  }

  /** Keyv asks every store for its errors; this one has none of its own. */
  on(): this {
    return this;
  }
}
