import { createCache, type Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { KeyvLocalStore } from './keyv-local-store.js';
import type { LoadContext } from '../loading/load-context.js';
import type { LocalCache } from '../local-cache.js';
import type { Region } from '../region.js';
import { unsafeCast } from '../../common/unsafe-cast.js';
import { ttlOf } from '../store-options.js';

type Ttl<T> = number | ((value: T) => number | undefined) | undefined;

interface WrapOptions<T> {
  readonly ttl?: Ttl<T>;
  readonly raw?: boolean;
}

/** `region` as a cache-manager `Cache`. @internal */
export function createCacheManager(cache: LocalCache, region: Region): Cache {
  const keyv = new KeyvOverRegion(cache, region);
  // Values stay in this process: no serialisation is needed.
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  const base = createCache({ stores: [keyv] });

  const wrap = async <T>(
    key: string,
    load: () => T | Promise<T>,
    ttlOrOptions?: Ttl<T> | WrapOptions<T>,
  ): Promise<unknown> => {
    const { ttl, raw } = isWrapOptions(ttlOrOptions) ? ttlOrOptions : { ttl: ttlOrOptions, raw: false };
    const fixed = typeof ttl === 'function' ? undefined : lifetime(ttl, 'wrap');
    const value = await region.getOrLoad(key, async (context: LoadContext) => {
      const loaded = await load();
      const milliseconds = typeof ttl === 'function' ? lifetime(ttl(loaded), 'wrap') : fixed;
      if (milliseconds !== undefined) context.setTtl(milliseconds);
      return loaded;
    });
    // A fenced result is not stored: then no entry tells when it expires.
    return raw ? ((await keyv.get(key, { raw: true })) ?? { value, expires: undefined }) : value;
  };

  return {
    ...base,
    set: async (key, value, ttl) => base.set(key, value, lifetime(ttl, 'set')),
    mset: async (list) => base.mset(list.map((item) => ({ ...item, ...withTtl(item.ttl) }))),
    // One body behind three overloads.
    wrap: unsafeCast<Cache['wrap']>(wrap),
  };
}

/** The Keyv of the cache-manager `Cache`, on a whole region. */
class KeyvOverRegion extends Keyv {
  readonly #storeForAnother: () => KeyvLocalStore;

  constructor(cache: LocalCache, region: Region) {
    const newStore = (): KeyvLocalStore => new KeyvLocalStore(cache, region);
    // Without a name, or Keyv takes 'keyv', and `clear` would be limited to that.
    super({ store: newStore(), namespace: '', useKeyPrefix: false, throwOnErrors: true });
    this.#storeForAnother = newStore;
  }

  /** A store for another Keyv over the region: each needs one of its own. Keyv itself reads `opts.store`. */
  override get store(): KeyvLocalStore {
    return this.#storeForAnother();
  }
}

/**
 * The TTL of a call of cache-manager in ms, where 0 is "for ever"; `undefined`: the region's; less than 0: it has expired already. A text
 * with a unit is taken as well, as a region does.
 *
 * @throws {InvalidOptionsError} when it is not a number of milliseconds
 */
function lifetime(ttl: number | null | undefined, method: string): number | undefined {
  if (ttl === undefined || ttl === null) return undefined;
  if (ttl === 0) return Infinity;
  const milliseconds = ttlOf(ttl, `cacheManager.${method}`);
  // A TTL of 0 is no TTL for Keyv, and one that is less has to stay so.
  return milliseconds === 0 ? ttl : milliseconds;
}

function withTtl(ttl: number | undefined): { ttl?: number } {
  const milliseconds = lifetime(ttl, 'mset');
  return milliseconds === undefined ? {} : { ttl: milliseconds };
}

function isWrapOptions<T>(value: Ttl<T> | WrapOptions<T>): value is WrapOptions<T> {
  return typeof value === 'object' && value !== null;
}
