import { answersOf, redisNames } from './link/redis-names.js';

/** The instances that the rule is for. @publicApi */
export interface AclRuleOptions {
  /** As the option `namespace` of the module. Default: `'distributed-cache'`. */
  readonly namespace?: string | undefined;
  /** As `channelPrefix` of the connection string. Default: none. */
  readonly channelPrefix?: string | undefined;
  /** As `defaultDatabase` of the connection string: `SELECT` is needed for any other than 0. Default: 0. */
  readonly database?: number | undefined;
  /** As the option `minReplicas` of the module: `WAIT` is needed for it. Default: 0. */
  readonly minReplicas?: number | undefined;
  /**
   * Whether the user also observes, as `npx nestjs-distributed-cache status` does: `XLEN` and `MEMORY USAGE` tell how large the log is,
   * and all else is told without them. Default: `false`.
   */
  readonly observer?: boolean | undefined;
  /** `false`: the rule names no channels. Servers before 6.2 do not know them, nor does Azure Cache for Redis. Default: `true`. */
  readonly channels?: boolean | undefined;
}

/**
 * What the user of an instance must be allowed in Redis, and no more: the part of `ACL SETUSER` behind name and password. The user leaves no
 * entries in `ACL LOG`. docs/message-format.md says which rules are optional.
 *
 * @example
 * `ACL SETUSER shop on >… ${aclRule({ namespace: 'shop' })}`
 *
 * @publicApi
 */
export function aclRule(options: AclRuleOptions = {}): string {
  const {
    namespace = 'distributed-cache',
    channelPrefix = '',
    database = 0,
    minReplicas = 0,
    observer = false,
    channels = true,
  } = options;
  const names = redisNames(channelPrefix, namespace);
  const { log, members, channel, acks, questions } = names;
  return [
    ...[log, members].map((key) => `~${pattern(key)}`),
    ...(channels
      ? [pattern(channel), pattern(acks), `${pattern(acks)}:*`, pattern(questions), pattern(answersOf(names, '')) + '*']
      : []
    ).map((name) => `&${name}`),
    ...COMMANDS,
    ...(database === 0 ? [] : ['+select']),
    ...(minReplicas === 0 ? [] : ['+wait']),
    ...(observer ? ['+unsubscribe', '+xlen', '+memory|usage'] : []),
  ].join(' ');
}

/** As {@link aclRule}, for the user that an instance has at the sentinels. @publicApi */
export function sentinelAclRule(): string {
  return ['+sentinel|master', '+sentinel|get-master-addr-by-name', '+client|setname'].join(' ');
}

const COMMANDS = [
  // The connections.
  '+evalsha',
  '+eval',
  '+subscribe',
  '+client|setname',
  '+cluster|slots',
  // The script that publishes.
  '+xrevrange',
  '+xadd',
  '+publish',
  // The script that syncs.
  '+time',
  '+zadd',
  '+zremrangebyscore',
  '+zrangebyscore',
  '+persist',
  '+xrange',
  '+info',
  // Leaving.
  '+zrem',
  '+pexpire',
];

/** The name as a pattern that matches nothing else; a rule cannot hold white space, so there it matches any one character. */
function pattern(name: string): string {
  return name.replaceAll(/[*?[\\]/g, String.raw`\$&`).replaceAll(/\s/g, '?');
}
