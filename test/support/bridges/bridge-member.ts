import type { Clock } from '../../../libs/distributed-cache/src/common/clock.js';
import { Peers } from '../../../libs/distributed-cache/src/coherence/peers.js';
import type { BridgeMember, SyncRequest } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import type { Member } from '../../../libs/distributed-cache/src/protocol/member.js';
import { ManualClock } from '../../../libs/distributed-cache/src/testing/manual-clock.js';

/** The part of a sync that is about other instances, of one that knows none. */
export const NOBODY_ELSE: Pick<SyncRequest, 'remembered' | 'wantsMembers'> = { remembered: [], wantsMembers: false };

/** An instance with the documented defaults, and what the test wants otherwise. */
export function memberWith(settings: Partial<Member> = {}): Member {
  return { instanceId: 'shop:1:1', maxStaleness: 10_000, whenDisconnected: 'reload', exceptions: [], ...settings };
}

/** The same as a bridge is told of it. */
export function bridgeMember(settings: Partial<BridgeMember> = {}): BridgeMember {
  return { ...memberWith(), namespace: 'shop', logLength: 4_096, minReplicas: 0, ...settings };
}

/** What such an instance knows of others before it has met any. */
export function peersOf(member: Member = memberWith(), clock: Clock = new ManualClock()): Peers {
  return new Peers(member, clock, () => undefined);
}
