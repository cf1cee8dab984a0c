/** What an instance of namespace `shop` asks of Redis. Each is tested to be needed, and nothing else is. docs/message-format.md says the same. */
export const KEYS_AND_CHANNEL = ['~{shop}:log', '~{shop}:members', '&{shop}:invalidations'];

export const COMMANDS = [
  // The two connections.
  '+evalsha',
  '+eval',
  '+subscribe',
  // Within the script that publishes.
  '+xrevrange',
  '+xadd',
  '+publish',
  // Within the script that syncs.
  '+time',
  '+zadd',
  '+zremrangebyscore',
  '+zrangebyscore',
  '+persist',
  '+xrange',
];

/** What an eviction everywhere asks for beside that, and that an instance be off the list of those who are waited for when it leaves. */
export const ACKS = ['&{shop}:acks', '&{shop}:acks:*'];
export const EVERYWHERE = [...ACKS, '+zrem'];

/** Lets the last instance that leaves give the keys of its namespace an expiry. */
export const PEXPIRE = '+pexpire';
/** What is only spared entries in `ACL LOG`, unless the server is a cluster: it is asked for its nodes. */
export const QUIET = ['+client|setname', '+cluster|slots'];

/** Lets an instance tell whether the server is still the one it was; without it, every reconnect counts as another server. */
export const INFO = '+info';

/** What it asks of sentinels. */
export const OF_SENTINELS = ['+sentinel|master', '+sentinel|get-master-addr-by-name'];
