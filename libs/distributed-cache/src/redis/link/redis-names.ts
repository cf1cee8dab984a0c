/** For how long what a namespace keeps outlives its last instance, in ms. @internal */
export const KEPT_FOR = 86_400_000;

/** The keys and channels of one namespace. In braces: all in one Redis Cluster slot. @internal */
export interface RedisNames {
  readonly log: string;
  readonly members: string;
  readonly channel: string;
  /** On which instances acknowledge. Only instances may publish there: a forged one would end a wait too early. */
  readonly acks: string;
}

/** @param prefix - `channelPrefix` of the connection string @internal */
export function redisNames(prefix: string, namespace: string): RedisNames {
  const tag = `${prefix}{${namespace}}`;
  return { log: `${tag}:log`, members: `${tag}:members`, channel: `${tag}:invalidations`, acks: `${tag}:acks` };
}
