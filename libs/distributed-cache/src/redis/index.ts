/** What speaks to Redis, for those who wire it themselves or write messages from elsewhere. */
export { aclRule, sentinelAclRule, type AclRuleOptions } from './acl-rule.js';
export { parseRedisConnectionString } from './connection-string/connection-string.js';
export type {
  RedisAddressFamily,
  RedisConnectionSettings,
  RedisMode,
  RedisProtocol,
  RedisTlsSettings,
  RedisTlsVersion,
} from './connection-string/settings.js';
export type { RedisEndpoint, RedisNetworkEndpoint, RedisSocketEndpoint } from './endpoint.js';
export { RedisInvalidationBridge, type RedisInvalidationBridgeOptions } from './redis-invalidation-bridge.js';
export type { RedisClientOptions, RedisCredentials } from './dial/credentials.js';
export {
  decodeInvalidation,
  encodeInvalidation,
  MESSAGE_VERSION,
  type DecodedMessage,
  type InvalidationMessage,
} from '../protocol/invalidation-message.js';
export type { Invalidation, InvalidationTarget } from '../protocol/invalidation.js';
