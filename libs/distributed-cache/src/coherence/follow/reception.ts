import { shortened } from '../../common/describe-value.js';
import type { Operations } from '../../common/operations.js';
import { beginningOfMessages, decodeInvalidation } from '../../protocol/invalidation-message.js';
import { isNoOp, type Invalidation } from '../../protocol/invalidation.js';
import type { AppliedInvalidations } from '../applied-invalidations.js';
import type { BridgeCounts } from '../bridge-stats.js';
import { describeInvalidation } from '../describe-invalidation.js';
import type { OpenGroup } from './open-group.js';
import { invalidationChannel, type InvalidationTrace } from './tracing.js';

/** @internal */
export interface ReceptionParts {
  readonly namespace: string;
  readonly instanceId: string;
  readonly applied: AppliedInvalidations;
  readonly group: OpenGroup;
  readonly stats: BridgeCounts;
  /** Logs the course of what is received at `debug`. */
  readonly operations: Operations;
  readonly events: ReceptionEvents;
}

/** @internal */
export interface ReceptionEvents {
  /** Another instance, `from`, or a third party, `''`, has published the invalidation. */
  applyInvalidation(invalidation: Invalidation, from: string): void;
  /** A message of this instance came back. */
  heardOwn(id: string): void;
  /** The payload is not a message. */
  malformed(reason: string): void;
}

/** Applies the messages of the other instances, whichever way they arrive. Never throws: anybody may write anything. @internal */
export class Reception {
  readonly #parts: ReceptionParts;
  /** How this instance's own messages begin. They need not be decoded, and after a burst they are very many. */
  readonly #ownBeginning: string;

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    this.#ownBeginning = beginningOfMessages(parts.instanceId);
  }

  /**
   * @param id - of the log entry; `undefined`: the payload was published without being written to the log
   * @returns the id of an entry that the channel did not carry, if the message names one
   */
  apply(payload: string, id: string | undefined): string | undefined {
    const { namespace, instanceId, applied, group, stats, operations, events } = this.#parts;
    if (payload.startsWith(this.#ownBeginning)) {
      if (id !== undefined) events.heardOwn(id);
      return undefined;
    }
    const decoded = decodeInvalidation(payload);
    if (!decoded.ok) {
      stats.malformed += 1;
      events.malformed(decoded.reason);
      return undefined;
    }
    const { from, invalidation, token, hasMore = false, unannounced, traceparent } = decoded.message;
    // This instance applied its own eviction when it was asked for. Applied again, it would drop what was loaded since.
    if (from === instanceId || isNoOp(invalidation)) return unannounced;
    const operation = id === undefined ? operations.begin('unlogged') : operations.named(id);
    operation?.step('Invalidation received', { from: shortened(from) });
    stats.received += 1;
    const isPart = id !== undefined && group.part(from, id, hasMore);
    applied.record(invalidation);
    events.applyInvalidation(invalidation, from);
    if (invalidationChannel.hasSubscribers) {
      const trace: InvalidationTrace = { namespace, instanceId, from, invalidation, traceparent };
      invalidationChannel.publish(trace);
    }
    operation?.step('Invalidation applied', describeInvalidation(invalidation));
    // Acknowledged only when the copies are really gone. A part that is in no log comes again, together with the others.
    if (token !== undefined && (id !== undefined || !hasMore)) group.applied(token, isPart, operation);
    return unannounced;
  }
}
