import type { RedisOptions } from 'ioredis';

/**
 * What the connections of a link have in common, whatever the application configured: Coherence dials again, not ioredis, because a
 * link that was gone must begin with a sync; and nothing may wait in a queue that the outbox does not know of.
 *
 * @internal
 */
export const LINK_OPTIONS = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  // It asks INFO, which the ACL may forbid; a server that is still loading says so by itself.
  enableReadyCheck: false,
  // How long an answer may take, Coherence decides.
  commandTimeout: undefined,
  socketTimeout: undefined,
  enableAutoPipelining: false,
  readOnly: false,
  // The scripts publish on names that ioredis cannot prefix, so none may be.
  keyPrefix: '',
  // Which server is the primary is found out before a connection is made.
  sentinels: undefined,
  // Lists as lists, whichever protocol is spoken.
  replyMapping: 'legacy',
} as const satisfies RedisOptions;
