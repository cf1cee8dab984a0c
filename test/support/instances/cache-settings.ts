import type { CacheSettings, RegionSettings } from '../../../libs/distributed-cache/src/cache/settings.js';
import { resolveSettings } from '../../../libs/distributed-cache/src/module/options/resolve-settings.js';

/** No jitter, so that a test can say when an entry expires. */
export const WITHOUT_JITTER = { namespace: 'shop', ttlJitter: 0 } as const;

const DEFAULTS = resolveSettings(WITHOUT_JITTER);

/** The documented defaults, without jitter, and what the test wants otherwise. */
export function cacheSettings(settings: Partial<CacheSettings> = {}): CacheSettings {
  return { ...DEFAULTS, ...settings };
}

/** Settings of one region: the cache's own, and what the test wants otherwise. */
export function regionSettings(settings: Partial<RegionSettings>): RegionSettings {
  return { ...DEFAULTS, ...settings };
}
