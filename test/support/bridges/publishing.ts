import { newBridgeCounts, type BridgeCounts } from '../../../libs/distributed-cache/src/coherence/bridge-stats.js';
import type { BridgeRefusal } from '../../../libs/distributed-cache/src/protocol/invalidation-bridge.js';
import { decodeInvalidation } from '../../../libs/distributed-cache/src/protocol/invalidation-message.js';
import type { Invalidation, InvalidationTarget } from '../../../libs/distributed-cache/src/protocol/invalidation.js';
import { Publisher, type PublisherSettings } from '../../../libs/distributed-cache/src/coherence/publish/publisher.js';
import { ManualClock } from '../../../libs/distributed-cache/src/testing/manual-clock.js';
import { noopLogger } from '../../../libs/distributed-cache/src/common/logger.js';
import { Operations } from '../../../libs/distributed-cache/src/common/operations.js';
import { memberWith, peersOf } from './bridge-member.js';
import { ScriptedLink } from './scripted-bridge.js';

export const PUBLISH_TIMEOUT = 1_000;

/** A publisher, a link that answers when the test says so, and what was sent on it. */
export interface Publishing {
  readonly clock: ManualClock;
  readonly publisher: Publisher;
  readonly link: ScriptedLink;
  readonly stats: BridgeCounts;
  readonly refusals: BridgeRefusal[];
  readonly causes: Error[];
  /** The link's first sync is complete. */
  connected(): void;
  /** The names of each message, in the order in which they were sent. */
  sent(): InvalidationTarget[][];
  /** As {@link sent}, of the messages that every instance has to acknowledge. */
  askedFor(): InvalidationTarget[][];
}

/** @param operations - record the course of what is published; default: nobody reads it */
export function publishing(
  settings: Partial<PublisherSettings> = {},
  operations = new Operations(noopLogger),
): Publishing {
  const clock = new ManualClock(0);
  const stats = newBridgeCounts();
  const link = new ScriptedLink();
  const refusals: BridgeRefusal[] = [];
  const causes: Error[] = [];
  const publisher = new Publisher(
    {
      member: memberWith({ instanceId: 'a' }),
      outboxLimit: 10_000,
      onUndelivered: 'queue',
      publishTimeout: PUBLISH_TIMEOUT,
      minReplicas: 0,
      ...settings,
    },
    {
      clock,
      stats,
      operations,
      peers: peersOf(memberWith({ instanceId: 'a' })),
      events: {
        refused: (refusal) => refusals.push(refusal),
        gaveUp: (cause) => causes.push(cause),
        overdueChanged: () => {},
        bridgeName: () => 'the scripted bridge',
      },
    },
  );
  return {
    clock,
    publisher,
    link,
    stats,
    refusals,
    causes,
    connected: () => publisher.resume(link),
    sent: () => link.publishes.map(({ payload }) => namesOf(payload)),
    askedFor: () => link.publishesToMembers.map(({ payload }) => namesOf(payload)),
  };
}

export function key(name: string, region = 'products'): InvalidationTarget {
  return { kind: 'key', region, key: name };
}

function namesOf(payload: string): InvalidationTarget[] {
  const decoded = decodeInvalidation(payload);
  if (!decoded.ok) throw new Error(`not an invalidation: ${decoded.reason}`);
  return [...names(decoded.message.invalidation)];
}

function* names({ everything, regions, tags, keys }: Invalidation): Iterable<InvalidationTarget> {
  if (everything) yield { kind: 'everything' };
  for (const [region, ofRegion] of keys) for (const name of ofRegion) yield { kind: 'key', region, key: name };
  for (const region of regions) yield { kind: 'region', region };
  for (const tag of tags) yield { kind: 'tag', tag };
}
