import type { ManualClock } from '../../../libs/distributed-cache/src/testing/manual-clock.js';
import type {
  BridgeMember,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
  MembersReply,
  SyncReply,
} from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import type { InstancesInMemory } from '../instances/instances.js';

/** How a request goes: `send` brings it to the server, and resolves with the answer. */
type Way<Reply> = (member: BridgeMember, send: () => Promise<Reply>, payload: string) => Promise<Reply>;

/** A network on which the test holds requests up before they reach the server, or answers before they come back. */
export class HeldBridge implements InvalidationBridge {
  readonly target = 'held';
  readonly #inner: InvalidationBridge;
  publish: Way<string> = (_, send) => send();
  publishToMembers: Way<MembersReply> = (_, send) => send();
  sync: Way<SyncReply> = (_, send) => send();

  constructor(inner: InvalidationBridge) {
    this.#inner = inner;
  }

  isAfter(id: string, other: string): boolean {
    return this.#inner.isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    const link = await this.#inner.dial(member, listener, signal);
    return {
      ...link,
      publish: (payload) => this.publish(member, () => link.publish(payload), payload),
      publishToMembers: (payload) => this.publishToMembers(member, () => link.publishToMembers(payload), payload),
      sync: (request) => this.sync(member, () => link.sync(request), ''),
    };
  }
}

/** Puts such a network between the instances and their bridge. */
export function heldBridge(all: InstancesInMemory): HeldBridge {
  const held = new HeldBridge(all.bridge);
  all.with({ bridge: held });
  return held;
}

/** Resolves when the clock has moved on by so many ms. */
export function later(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, ms));
}
