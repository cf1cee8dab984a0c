/** For tests of applications that use the cache, and of bridges that somebody else writes. */
export { provideTestCache, withTestCache, type TestCacheOptions } from './test-cache.js';
export { auditNow, AuditNotPossibleError, ForgottenEvictionsError, type AuditResult } from './audit-now.js';
export type { ForgottenEviction } from '../cache/auditing/audits.js';
export {
  InMemoryInvalidationBridge,
  type InstanceRef,
  type InstanceWithStatus,
} from './in-memory-invalidation-bridge.js';
export {
  bridgeContract,
  type BridgeContractCase,
  type BridgeContractOptions,
} from './bridge-contract/bridge-contract.js';
export type { BridgeHarness } from './bridge-contract/bridge-under-test.js';
export { ManualClock } from './manual-clock.js';
