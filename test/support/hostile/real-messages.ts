import { encodeInvalidation, encodeNoOp } from '../../../libs/distributed-cache/src/protocol/invalidation-message.js';
import { encodeMember } from '../../../libs/distributed-cache/src/protocol/member.js';
import type { InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import { HOSTILE_NAMES } from './hostile-names.js';
import type { Random } from '../../../tools/random.mjs';

/** Those that the instances of the simulation cache under, among others that nobody has. */
const ORDINARY_NAMES = ['products', 'prices', '1', '2', '42', 'category:7', 'list', 'x', ''];

/** A payload as an instance or a third party writes it. */
export function realPayload(random: Random): string {
  const from = random.chance(0.3) ? '' : `web-${random.below(5)}:${random.below(9_999)}:${random.below(2 ** 31)}`;
  if (random.chance(0.05)) return encodeNoOp(from, `${random.next()}`);
  if (random.chance(0.02)) return JSON.stringify({ v: 1, n: 'x', u: `${1_000_000 + random.below(10_000_000)}-0` });
  const names = Array.from({ length: 1 + random.below(random.chance(0.05) ? 100 : 4) }, () => invalidationName(random));
  return encodeInvalidation(from, names, random.chance(0.2) ? `token-${random.below(2 ** 31)}` : undefined);
}

/** An entry of the list of members, as an instance writes it. */
export function realMember(random: Random): string {
  return encodeMember({
    instanceId: `web-${random.below(5)}:${random.below(9_999)}:${random.below(2 ** 31)}`,
    maxStaleness: random.chance(0.1) ? Infinity : 300 + random.below(3_600_000),
    whenDisconnected: random.chance(0.5) ? 'bypass' : 'reload',
    exceptions: Array.from({ length: random.below(3) }, () => name(random)),
  });
}

/** The text that the channel carries for an entry of the log. */
export function realDoorbell(random: Random): string {
  const milliseconds = 1_000_000 + random.below(10_000_000);
  const sequence = random.below(100);
  const previousId = random.chance(0.05) ? '-' : `${milliseconds - random.below(1_000)}-${sequence}`;
  return `${previousId} ${milliseconds}-${sequence + 1} ${realPayload(random)}`;
}

export function name(random: Random): string {
  return random.chance(0.5) ? random.pick(ORDINARY_NAMES) : random.pick(HOSTILE_NAMES);
}

function invalidationName(random: Random): InvalidationTarget {
  const kind = random.next();
  if (kind < 0.02) return { kind: 'everything' };
  if (kind < 0.1) return { kind: 'region', region: name(random) };
  if (kind < 0.3) return { kind: 'tag', tag: name(random) };
  return { kind: 'key', region: name(random), key: name(random) };
}
