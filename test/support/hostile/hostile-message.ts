import { LARGE_MUTATIONS, MUTATIONS, type Mutation } from './mutations.js';
import { realDoorbell, realMember, realPayload } from './real-messages.js';
import type { Random } from '../../../tools/random.mjs';

/** A message that was real once, and what was done to it. */
export interface HostileMessage {
  /** What the channel carries. */
  readonly text: string;
  readonly mutations: readonly string[];
}

const ORDINARY = Object.entries(MUTATIONS);
const LARGE = Object.entries(LARGE_MUTATIONS);

/** One in so many messages is a large one. */
const BETWEEN_LARGE = 2_000;

export function hostileMessage(random: Random): HostileMessage {
  const isLarge = random.below(BETWEEN_LARGE) === 0;
  const chosen: (readonly [string, Mutation])[] = isLarge ? [random.pick(LARGE)] : [];
  // Mostly one change, since what is spoiled in many places is refused in the first.
  const changes = random.chance(0.7) ? 1 : 2 + random.below(3);
  while (chosen.length < changes) chosen.push(random.pick(ORDINARY));

  const real = (): string => (random.chance(0.4) ? realDoorbell(random) : realPayload(random));
  let text = real();
  for (const [, mutate] of chosen) text = mutate(text, random, real());
  return { text, mutations: chosen.map(([name]) => name) };
}

const CONNECTION_STRINGS = [
  'redis://user:pass%40word@redis.example:6379/2?channelPrefix=live:',
  'rediss://:secret@shop.redis.cache.windows.net:6380/0',
  'redis+sentinel://:secret@s1.example:26379,s2.example/main/1',
  'shop.redis.cache.windows.net:6380,password=abc=,ssl=True,abortConnect=False',
  'a:1,b:2,c,[::1]:6380,user=u,password=p,connectTimeout=500,keepAlive=5,sslProtocols=tls12|tls13',
  's1,s2,serviceName=main,sentinelUser=su,sentinelPassword=sp,defaultDatabase=3,protocol=resp3',
  '!/var/run/redis.sock,name=web,channelPrefix={live},asyncTimeout=100,syncTimeout=200',
];

/** A connection string that was right once. */
export function hostileConnectionString(random: Random): string {
  return spoiled(random, () => random.pick(CONNECTION_STRINGS));
}

/** An entry of the list of members that was real once. */
export function hostileMember(random: Random): string {
  return spoiled(random, () => realMember(random));
}

function spoiled(random: Random, real: () => string): string {
  let text = real();
  const changes = 1 + random.below(4);
  for (let change = 0; change < changes; change += 1) {
    const [, mutate] = random.pick(ORDINARY);
    text = mutate(text, random, real());
  }
  return text;
}
