import type { BridgeStats } from '../bridge-stats.js';
import { decodeInvalidation } from '../../protocol/invalidation-message.js';
import { isNoOp, type Invalidation } from '../../protocol/invalidation.js';
import type { AppliedInvalidations } from '../applied-invalidations.js';

/** @internal */
export interface ReceptionEvents {
  /** Another instance, `from`, or a third party, `''`, says that something is no longer true. */
  applyInvalidation(invalidation: Invalidation, from: string): void;
  /** It is applied; its sender waits to hear so. */
  applied(token: string): void;
  malformed(reason: string): void;
}

/** Takes in what the others say, whichever way it came. Never throws: anybody may write anything. @internal */
export class Reception {
  readonly #instanceId: string;
  readonly #applied: AppliedInvalidations;
  readonly #stats: BridgeStats;
  readonly #events: ReceptionEvents;

  constructor(instanceId: string, applied: AppliedInvalidations, stats: BridgeStats, events: ReceptionEvents) {
    this.#instanceId = instanceId;
    this.#applied = applied;
    this.#stats = stats;
    this.#events = events;
  }

  apply(payload: string): void {
    const decoded = decodeInvalidation(payload);
    if (!decoded.ok) {
      this.#stats.malformed += 1;
      this.#events.malformed(decoded.reason);
      return;
    }
    const { from, invalidation, token } = decoded.message;
    // Applied when it was evicted here. Applied again, it would drop what was loaded since.
    if (from === this.#instanceId || isNoOp(invalidation)) return;
    this.#stats.received += 1;
    this.#applied.record(invalidation);
    this.#events.applyInvalidation(invalidation, from);
    // Only now: what is acknowledged is really gone.
    if (token !== undefined) this.#events.applied(token);
  }
}
