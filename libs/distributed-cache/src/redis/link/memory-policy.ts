import type { LinkNotice } from '../../protocol/invalidation-bridge.js';

/**
 * What is to be said about the memory policy of the server. Under `allkeys-*` it evicts any key once its memory is full, and the log of a
 * namespace is one key. The other policies spare keys without an expiry.
 *
 * @param info - the answer to `INFO memory`. Where a managed service leaves the policy out, nothing is known, and nothing is said.
 *
 * @internal
 */
export function memoryNotice(info: string): LinkNotice | undefined {
  const [setting] = /^maxmemory_policy:allkeys-[a-z]+/m.exec(info) ?? [];
  if (setting === undefined) return undefined;
  return {
    severity: 'warn',
    message:
      'Redis may evict the log of invalidations when its memory is full, and every instance then starts empty: ' +
      'use a maxmemory-policy of volatile-* or noeviction, or a Redis of its own',
    cause: setting,
  };
}
