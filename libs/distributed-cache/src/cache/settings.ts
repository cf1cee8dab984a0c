import type { Answers } from '../coherence/answering.js';
import type { OnUndelivered } from '../coherence/publish/delivery.js';
import type { AuditSettings } from './auditing/audit-options.js';
import type { LoadPolicy } from './policies/load-policies.js';
import type { Member } from '../protocol/member.js';
import type { WhenDisconnected } from '../protocol/member.js';

export type { WhenDisconnected };

/** How a region hands out its values: the stored reference, a reference to a frozen value, or a clone per read. @publicApi */
export type ValuesPolicy = 'shared' | 'frozen' | 'cloned';

/** The validated options of a cache: every default is filled in, every duration is in milliseconds. @internal */
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
  /** What an observer is told. */
  readonly answers: Answers;
  /** Whether messages carry the trace context of the eviction. */
  readonly tracePropagation: boolean;
  /** ms; `undefined`: nothing is evicted a second time */
  readonly reevictAfter: number | undefined;
}

/** The settings of one region; what its options leave open comes from the cache. @internal */
export interface RegionSettings {
  /** ms, `Infinity` for "until evicted" */
  readonly ttl: number;
  /** share of the TTL that may be taken off */
  readonly ttlJitter: number;
  readonly maxEntries: number;
  readonly values: ValuesPolicy;
  readonly whenDisconnected: WhenDisconnected;
  readonly policy: LoadPolicy;
  /** `undefined`: nothing is audited */
  readonly audit: AuditSettings | undefined;
  /** Whether every entry remembers how it was loaded, so that all can be audited: in tests, and where every hit may be audited. */
  readonly remembersLoaders: boolean;
}

/** How the other instances know an instance with these settings. @internal */
export function memberOf({ maxStaleness, whenDisconnected, regions }: CacheSettings, instanceId: string): Member {
  const exceptions = [...regions].filter(([, settings]) => settings.whenDisconnected !== whenDisconnected);
  return { instanceId, maxStaleness, whenDisconnected, exceptions: exceptions.map(([name]) => name) };
}
