/** The public API of nestjs-distributed-cache. The sub-paths `/testing` and `/redis` have their own page. */

export { DistributedCacheModule, type DistributedCacheExtras } from './module/distributed-cache.module.js';
export { CACHE_MANAGER } from './module/boot-checks/sole-cache-manager.js';
export type {
  DistributedCacheOptions,
  DistributedCacheOptionsFactory,
  ObservabilityOptions,
  RegionOptions,
} from './module/options/distributed-cache.options.js';

export { Cacheable } from './decorators/cacheable.decorator.js';
export { CacheableMany } from './decorators/cacheable-many.decorator.js';
export { CachePut } from './decorators/cache-put.decorator.js';
export { CacheEvict } from './decorators/cache-evict.decorator.js';
export { Caching } from './decorators/caching.decorator.js';
export { HoldEvictions } from './decorators/hold-evictions.decorator.js';
export {
  holdingEvictions,
  type HoldableAdapter,
  type HoldingEvictionsOptions,
} from './decorators/holding-evictions.js';
export { InjectDistributedCache } from './decorators/inject-distributed-cache.decorator.js';
export type { CachingOptions } from './decorators/caching.options.js';
export type { CacheableOptions } from './decorators/cacheable.options.js';
export type {
  CacheableManyOptions,
  IdOfEach,
  KeyOfEach,
  PerIdAttributes,
} from './decorators/cacheable-many.options.js';
export type { CachePutOptions, PutByKey, PutByResult } from './decorators/cache-put.options.js';
export type {
  CacheEvictOptions,
  EvictAfter,
  EvictBefore,
  EvictByResult,
  EvictKey,
  EvictKeys,
  EvictOnError,
  EvictRegion,
} from './decorators/cache-evict.options.js';
export type {
  AfterEach,
  BeforeEach,
  BulkCacheDecorator,
  BulkId,
  BulkRest,
  BulkValue,
} from './decorators/bulk-method-types.js';
export type { HoldEvictionsOptions } from './decorators/hold-evictions.options.js';
export type {
  AfterMethod,
  AnyMethod,
  BeforeMethod,
  CacheDecorator,
  CacheKeys,
  ResultOf,
  Tags,
} from './decorators/method-types.js';

export { DistributedCache } from './cache/distributed-cache.js';
export type { CacheStatus } from './cache/status.js';
export type { EvictTrace, LoadManyTrace, LoadTrace, PutTrace } from './cache/tracing.js';
export type { CacheTrace } from './common/tracing-channels.js';
export type { InvalidationTrace, SyncTrace } from './coherence/follow/tracing.js';
export type { CacheHealth } from './cache/health.js';
export { getDistributedCacheToken } from './cache/distributed-cache.token.js';
export { Region } from './cache/region.js';
export type { CacheKey } from './keys/canonical-key.js';
export type { LoadContext, Loader } from './cache/loading/load-context.js';
export type { EvictOptions, Everywhere } from './cache/everywhere.js';
export type { LoadOptions, StoreOptions } from './cache/store-options.js';
export type { BulkListOptions, BulkLoadOptions } from './cache/loading/bulk-attributes.js';
export type { BulkResult } from './cache/loading/bulk-result.js';
export type { LoadPolicies, RefreshOnInvalidate } from './cache/policies/load-policies.js';
export type { AuditOptions } from './cache/auditing/audit-options.js';
export type { FlushReason } from './coherence/follow/log-follower.js';
export type { CacheEvents, CacheListener, LoadEvent } from './cache/events.js';
export type { CacheStats, RegionStats } from './cache/stats.js';
export type { ValuesPolicy, WhenDisconnected } from './cache/settings.js';
export { defaultKey } from './keys/default-key.js';
export { duration, type Duration } from './common/duration.js';

export {
  BridgeRefusal,
  type BridgeMember,
  type Doorbell,
  type InvalidationBridge,
  type InvalidationLink,
  type LinkListener,
  type LinkNotice,
  type LogEntry,
  type MembersReply,
  type SyncReply,
  type SyncRequest,
} from './protocol/invalidation-bridge.js';
export type { ObservableBridge, Observation, ObservationListener, ObservedNamespace } from './protocol/observation.js';
export type { Position } from './protocol/position.js';
export type { Invalidation, InvalidationTarget } from './protocol/invalidation.js';
export type { ListedMember, Member, MemberSettings } from './protocol/member.js';
export type { Evicted } from './coherence/publish/evicted.js';
export type { BridgeCounts, BridgeStats } from './coherence/bridge-stats.js';
export type { TimeSummary } from './common/recent-times.js';
export type { CoherenceState } from './coherence/coherence.js';
export type { Answers } from './coherence/answering.js';
export type { OnUndelivered } from './coherence/publish/delivery.js';
export type { CancelTimer, Clock, TimerOptions } from './common/clock.js';
export type { RedisClientOptions, RedisCredentials } from './redis/dial/credentials.js';

export {
  CacheClosedError,
  CacheNotInjectedError,
  DistributedCacheError,
  InvalidationNotConfirmedError,
  InvalidationNotDeliveredError,
  InvalidConnectionStringError,
  InvalidKeyError,
  InvalidOptionsError,
  LoadTimeoutError,
  RedisUnavailableError,
} from './errors.js';
