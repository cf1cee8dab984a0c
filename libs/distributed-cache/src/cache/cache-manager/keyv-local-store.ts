import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { canonicalKey } from '../../keys/canonical-key.js';
import type { LocalCache } from '../local-cache.js';
import type { Region } from '../region.js';
import { unsafeCast } from '../../common/unsafe-cast.js';

/**
 * A region as a store of Keyv, and so of cache-manager: `set` stays in this instance, `delete` and `clear` evict in every instance.
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
    const { copies, clock } = this.#cache;
    const entry = copies.hit(this.#region.state, canonical);
    if (!entry) {
      copies.miss(this.#region.state, canonical);
      return undefined;
    }
    const value = unsafeCast<Value>(copies.valueOf(this.#region.state, entry));
    // Keyv deletes a value that it finds expired by the wall clock. It must never find one: a delete evicts in every instance.
    return { value, expires: Date.now() + Math.max(1_000, entry.expiresAt - clock.now()) };
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
    return this.#cache.copies.find(this.#region.state, canonicalKey(key)) !== undefined;
  }

  async clear(): Promise<void> {
    await this.#region.clear();
  }

  /** Keyv listens to the `error` event of its store; this store emits none. */
  on(): this {
    return this;
  }
}
