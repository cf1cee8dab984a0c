import type { BridgeMember } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import type { Member } from '../../../libs/distributed-cache/src/protocol/member.js';

/** An instance with the documented defaults, and what the test wants otherwise. */
export function memberWith(settings: Partial<Member> = {}): Member {
  return { instanceId: 'shop:1:1', maxStaleness: 10_000, whenDisconnected: 'reload', exceptions: [], ...settings };
}

/** The same as a bridge is told of it. */
export function bridgeMember(settings: Partial<BridgeMember> = {}): BridgeMember {
  return { ...memberWith(), namespace: 'shop', logLength: 4_096, minReplicas: 0, ...settings };
}
