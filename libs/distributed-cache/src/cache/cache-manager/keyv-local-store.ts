import type { KeyvStoreAdapter, StoredData } from 'keyv';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { canonicalKey } from '../../keys/canonical-key.js';
import { setEntryLocally } from '../loading/put.js';
import type { LocalCache } from '../local-cache.js';
import type { Region } from '../region.js';
import { canonicalTags, ttlOf } from '../store-options.js';
import type { Entry } from '../../store/entry.js';

/** In an entry whose value Keyv has serialised: the text, which only Keyv can read. */
const SERIALISED = 'serialised by Keyv';

/**
 * A region as a store of Keyv, and so of cache-manager: `set` stays in this instance, `delete` and `clear` evict in every instance.
 *
 * Each Keyv needs a store of its own, since it writes its namespace into it.
 *
 * @internal
 */
export class KeyvLocalStore implements KeyvStoreAdapter {
  /** Keyv iterates only over stores that say they are one of those that it knows, or whose URL names one. It writes here as well. */
  readonly opts = { dialect: 'redis', url: '' };
  /** Written by Keyv: what {@link clear} is limited to. `undefined`: the whole region. */
  namespace: string | undefined = undefined;
  readonly #cache: LocalCache;
  readonly #region: Region;

  constructor(cache: LocalCache, region: Region) {
    this.#cache = cache;
    this.#region = region;
  }

  async get<Value>(key: string): Promise<StoredData<Value> | undefined> {
    const canonical = canonicalKey(key);
    const { copies } = this.#cache;
    const entry = copies.hit(this.#region.state, canonical);
    if (entry) return unsafeCast(this.#storedForm(entry));
    copies.miss(this.#region.state, canonical);
    return undefined;
  }

  /**
   * @param stored - Keyv wraps the value together with its expiry, and may serialise both
   * @param ttl - ms; `undefined`: the region's
   */
  async set(key: string, stored: unknown, ttl?: number): Promise<boolean> {
    const where = `Region '${this.#region.name}' as a Keyv store`;
    setEntryLocally(this.#cache, {
      where,
      region: this.#region.state,
      key: canonicalKey(key),
      value: typeof stored === 'string' ? { [SERIALISED]: stored } : valueIn(stored),
      ttl: ttlOf(ttl ?? undefined, where),
      tags: this.#tags(),
    });
    return true;
  }

  /** @returns whether this instance had it */
  async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  /** @returns whether this instance had all of them */
  async deleteMany(keys: string[]): Promise<boolean> {
    const had = keys.map((key) => this.#has(key));
    await this.#region.evictMany(keys);
    return had.every(Boolean);
  }

  async has(key: string): Promise<boolean> {
    return this.#has(key);
  }

  async clear(): Promise<void> {
    const [tag] = this.#tags();
    if (tag === undefined) await this.#region.clear();
    else await this.#cache.evict([{ kind: 'tag', tag }]);
  }

  /** The keys that this instance holds, with what {@link get} gives for each. @param namespace - only keys that begin with it and a colon */
  async *iterator<Value>(namespace?: string): AsyncGenerator<(string | Awaited<Value> | undefined)[], void> {
    const { copies } = this.#cache;
    const { state } = this.#region;
    const prefix = namespace === undefined ? '' : `${namespace}:`;
    for (const key of state.store.keys()) {
      const entry = key.startsWith(prefix) ? copies.find(state, key) : undefined;
      if (entry) yield [key, unsafeCast<Awaited<Value>>(this.#storedForm(entry))];
    }
  }

  /** Keyv listens to the `error` event of its store; this store emits none. */
  on(): this {
    return this;
  }

  #has(key: string): boolean {
    return this.#cache.copies.find(this.#region.state, canonicalKey(key)) !== undefined;
  }

  /** By its tag, `clear` reaches the entries of the namespace in every instance, whatever their keys are. */
  #tags(): readonly string[] {
    return this.namespace === undefined ? [] : canonicalTags(`keyv namespace:${this.namespace}`);
  }

  /** What Keyv expects to have stored. */
  #storedForm(entry: Entry): unknown {
    const value = this.#cache.copies.valueOf(this.#region.state, entry);
    if (typeof value === 'object' && value !== null && SERIALISED in value) return value[SERIALISED];
    // Keyv deletes a value that it finds expired by the wall clock. It must never find one: a delete evicts in every instance.
    return { value, expires: Date.now() + Math.max(1_000, entry.expiresAt - this.#cache.clock.now()) };
  }
}

function valueIn(stored: unknown): unknown {
  return typeof stored === 'object' && stored !== null && 'value' in stored ? stored.value : stored;
}
