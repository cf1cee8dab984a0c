/** How long the keys of a namespace are kept after its last instance has left in good order, in ms. @internal */
export const KEPT_FOR = 86_400_000;

/** The keys and channels of one namespace. The braces put all of them into one slot of a Redis Cluster. @internal */
export interface RedisNames {
  /** The stream that holds the invalidations. */
  readonly log: string;
  /** The sorted set of instances. */
  readonly members: string;
  /** The channel that carries each invalidation as it is written. */
  readonly channel: string;
  /** The channel for acknowledgements that all instances share; {@link acksOf} names those of one instance. Only instances may publish there: a forged acknowledgement would end a wait too early. */
  readonly acks: string;
  /** The channel on which observers ask all instances; {@link answersOf} names where the answers go. */
  readonly questions: string;
}

/** The channel for acknowledgements that only the instance with this address listens to. @internal */
export function acksOf({ acks }: RedisNames, address: string): string {
  return `${acks}:${address}`;
}

/** The channel for the answers to the question with this id. @internal */
export function answersOf({ questions }: RedisNames, id: string): string {
  return `${questions.replace(/questions$/, 'answers')}:${id}`;
}

/** @param prefix - `channelPrefix` of the connection string @internal */
export function redisNames(prefix: string, namespace: string): RedisNames {
  const tag = `${prefix}{${namespace}}`;
  return {
    log: `${tag}:log`,
    members: `${tag}:members`,
    channel: `${tag}:invalidations`,
    acks: `${tag}:acks`,
    questions: `${tag}:questions`,
  };
}
