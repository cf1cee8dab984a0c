import { createCache, type Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { KeyvLocalStore } from './keyv-local-store.js';
import type { LoadContext } from '../loading/load-context.js';
import type { LocalCache } from '../local-cache.js';
import type { Region } from '../region.js';
import { unsafeCast } from '../../common/unsafe-cast.js';

type Ttl<T> = number | ((value: T) => number) | undefined;

interface WrapOptions<T> {
  readonly ttl?: Ttl<T>;
  readonly raw?: boolean;
}

/** `region` as a cache-manager `Cache`. @internal */
export function createCacheManager(cache: LocalCache, region: Region): Cache {
  const keyv = new Keyv({ store: new KeyvLocalStore(cache, region), useKeyPrefix: false, throwOnErrors: true });
  // Values stay in this process: no serialisation is needed.
  keyv.serialize = undefined;
  keyv.deserialize = undefined;
  const base = createCache({ stores: [keyv] });

  const wrap = async <T>(
    key: string,
    load: () => T | Promise<T>,
    ttlOrOptions?: Ttl<T> | WrapOptions<T>,
  ): Promise<unknown> => {
    const { ttl, raw } = typeof ttlOrOptions === 'object' ? ttlOrOptions : { ttl: ttlOrOptions, raw: false };
    const value = await region.getOrLoad(key, async (context: LoadContext) => {
      const loaded = await load();
      const milliseconds = lifetime(typeof ttl === 'function' ? ttl(loaded) : ttl);
      if (milliseconds !== undefined) context.setTtl(milliseconds);
      return loaded;
    });
    // A fenced result is not stored: then no entry tells when it expires.
    return raw ? ((await keyv.get(key, { raw: true })) ?? { value, expires: undefined }) : value;
  };

  return {
    ...base,
    set: (key, value, ttl) => base.set(key, value, lifetime(ttl)),
    mset: (list) => base.mset(list.map((item) => ({ ...item, ...withTtl(item.ttl) }))),
    // One body behind three overloads.
    wrap: unsafeCast<Cache['wrap']>(wrap),
  };
}

/** cache-manager's TTL 0 is "for ever". */
function lifetime(ttl: number | undefined): number | undefined {
  return ttl === 0 ? Infinity : ttl;
}

function withTtl(ttl: number | undefined): { ttl?: number } {
  const milliseconds = lifetime(ttl);
  return milliseconds === undefined ? {} : { ttl: milliseconds };
}
