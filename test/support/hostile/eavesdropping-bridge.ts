import type {
  BridgeMember,
  Doorbell,
  InvalidationBridge,
  InvalidationLink,
  LinkListener,
} from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';

/** Passes everything on and notes which message made its listener throw, which a listener never may, and how often is synced. */
export class EavesdroppingBridge implements InvalidationBridge {
  readonly #bridge: InvalidationBridge;
  readonly #threw: (doorbell: Doorbell, error: unknown) => void;
  /** How many syncs were asked for. */
  syncs = 0;

  constructor(bridge: InvalidationBridge, threw: (doorbell: Doorbell, error: unknown) => void) {
    this.#bridge = bridge;
    this.#threw = threw;
  }

  get target(): string {
    return this.#bridge.target;
  }

  isAfter(id: string, other: string): boolean {
    return this.#bridge.isAfter(id, other);
  }

  async dial(member: BridgeMember, listener: LinkListener, signal: AbortSignal): Promise<InvalidationLink> {
    const heard = (doorbell: Doorbell): void => {
      try {
        listener.heard(doorbell);
      } catch (error) {
        this.#threw(doorbell, error);
      }
    };
    const eavesdropper: LinkListener = {
      heard,
      acknowledged: (token, instanceId) => listener.acknowledged(token, instanceId),
      broken: (cause) => listener.broken(cause),
    };
    const link = await this.#bridge.dial(member, eavesdropper, signal);
    return {
      ...link,
      sync: (request) => {
        this.syncs += 1;
        return link.sync(request);
      },
    };
  }
}
