import type { OnUndelivered } from '../coherence/publish/delivery.js';
import type { WhenDisconnected } from '../protocol/when-disconnected.js';

export type { WhenDisconnected };

/** @publicApi */
export type ValuesPolicy = 'shared' | 'frozen' | 'cloned';

/** What a cache works with once its options are validated: every default filled in, every duration in milliseconds. @internal */
export interface CacheSettings extends RegionSettings {
  readonly namespace: string;
  readonly enabled: boolean;
  readonly maxSize: number | undefined;
  readonly sizeOf: ((value: unknown, key: string) => number) | undefined;
  readonly maxStaleness: number;
  readonly regions: ReadonlyMap<string, RegionSettings>;
  readonly onUndelivered: OnUndelivered;
  readonly invalidationLogLength: number;
  readonly outboxLimit: number;
  readonly publishTimeout: number;
  readonly commandTimeout: number;
  readonly drainTimeout: number;
  readonly minReplicas: number;
  /** ms; `undefined`: not a second time */
  readonly reevictAfter: number | undefined;
}

/** The settings of one region; `regions` in {@link CacheSettings} holds them with the cache's own already filled in. @internal */
export interface RegionSettings {
  /** ms, `Infinity` for "until evicted" */
  readonly ttl: number;
  /** share of the TTL that may be taken off */
  readonly ttlJitter: number;
  readonly maxEntries: number;
  readonly values: ValuesPolicy;
  readonly whenDisconnected: WhenDisconnected;
}
