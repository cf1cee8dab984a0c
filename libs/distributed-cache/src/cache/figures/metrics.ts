import { COHERENCE_STATES } from '../../coherence/coherence.js';
import { FLUSH_REASONS } from '../../coherence/follow/log-follower.js';
import type { CacheFigures, RegionFigures } from './cache-figures.js';

/** What every metric has. @internal */
export interface Metric {
  /** In words that are joined by `_`, without a prefix and without the unit. */
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  /** What is counted, in the singular, or `s` for seconds; `1`: nothing in particular. */
  readonly unit: string;
  /** One sentence for operators. */
  readonly help: string;
  /** The label beside `cache` (and `region`). */
  readonly label?: string | undefined;
}

/** A value, and what {@link Metric.label} is for it. @internal */
export interface Sample {
  readonly label?: string | undefined;
  readonly value: number;
}

/** @internal */
export interface RegionMetric extends Metric {
  samples(this: void, figures: RegionFigures): readonly Sample[];
}

/** @internal */
export interface CacheMetric extends Metric {
  samples(this: void, figures: CacheFigures): readonly Sample[];
}

const CAUSES = ['invalidated', 'expired', 'replaced', 'evicted'] as const;
/** @internal */
export const MS_PER_SECOND = 1_000;

/** The duration of a load, in seconds: a histogram, which is made of the events `load` and `loadError`. @internal */
export const LOAD_DURATION = {
  name: 'load_duration',
  unit: 's',
  help: 'How long loads took that have ended; outcome says whether they gave a result.',
  label: 'outcome',
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
} as const;

/** What is measured of each region. @internal */
export const REGION_METRICS: readonly RegionMetric[] = [
  count('hits', 'hit', 'Reads that were served from memory.', ({ hits }) => hits),
  count('misses', 'miss', 'Reads that found nothing to serve.', ({ misses }) => misses),
  count('loads', 'load', 'Loads that were started.', ({ loads }) => loads),
  count('load_errors', 'load', 'Loads that failed, or took longer than loadTimeout.', (region) => region.loadErrors),
  count(
    'stale_served',
    'hit',
    'Hits by an expired entry, which a load policy allowed.',
    (region) => region.staleServed,
  ),
  count(
    'fenced',
    'result',
    'Results that were not stored, since an invalidation overtook them.',
    ({ fenced }) => fenced,
  ),
  {
    name: 'removals',
    kind: 'counter',
    unit: 'entry',
    help: 'Entries that were removed, by cause; "evicted" is by a bound.',
    label: 'cause',
    samples: (region) => CAUSES.map((cause) => ({ label: cause, value: region[cause] })),
  },
  count(
    'rejected',
    'value',
    'Values that were not stored, since they are too large or not worth it.',
    (region) => region.rejected,
  ),
  count(
    'forgotten',
    'entry',
    'Entries that an audit found to be untrue, although nothing had evicted them.',
    (region) => region.forgotten,
  ),
  gauge('entries', 'entry', 'Entries that are held now.', ({ entries }) => entries),
  gauge('size', '1', 'The sum of what sizeOf gave for the entries that are held now.', ({ size }) => size),
];

/** What is measured of each cache. @internal */
export const CACHE_METRICS: readonly CacheMetric[] = [
  count(
    'messages_published',
    'message',
    'Messages of this instance that the log accepted.',
    ({ bridge }) => bridge.published,
  ),
  count(
    'messages_received',
    'message',
    'Messages of other instances that were applied.',
    ({ bridge }) => bridge.received,
  ),
  count(
    'messages_missed',
    'message',
    'Messages that a sync brought, although the channel should have brought them.',
    ({ bridge }) => bridge.missed,
  ),
  count('messages_duplicate', 'message', 'Messages that the channel brought again.', ({ bridge }) => bridge.duplicates),
  count(
    'messages_malformed',
    'message',
    'Payloads that are no message, and were ignored.',
    ({ bridge }) => bridge.malformed,
  ),
  count('messages_replayed', 'message', 'Log entries that a sync brought.', ({ bridge }) => bridge.replayed),
  count('gaps', 'gap', 'How often the channel skipped an entry of the log.', ({ bridge }) => bridge.gaps),
  count('reconnects', 'link', 'Links to Redis that were opened after the first.', ({ bridge }) => bridge.reconnects),
  {
    name: 'flushes',
    kind: 'counter',
    unit: 'flush',
    help: 'How often all entries were dropped, by the reason; "first-sync" is an ordinary start.',
    label: 'reason',
    samples: ({ flushes }) => FLUSH_REASONS.map((reason) => ({ label: reason, value: flushes.get(reason) ?? 0 })),
  },
  gauge('outbox', 'target', 'What was evicted here and is not in the log yet.', ({ outbox }) => outbox),
  gauge('outbox_age', 's', 'How long the oldest of that has waited.', ({ outboxAge }) => outboxAge / MS_PER_SECOND),
  {
    name: 'lease_age',
    kind: 'gauge',
    unit: 's',
    help: 'How long ago the last complete sync was sent. There is no value before the first.',
    samples: ({ leaseAge }) => (leaseAge === null ? [] : [{ value: leaseAge / MS_PER_SECOND }]),
  },
  {
    name: 'state',
    kind: 'gauge',
    unit: '1',
    help: '1 for the state of the instance, 0 for the others.',
    label: 'state',
    samples: ({ state }) => COHERENCE_STATES.map((label) => ({ label, value: label === state ? 1 : 0 })),
  },
  {
    name: 'members',
    kind: 'gauge',
    unit: 'instance',
    help: 'Instances that Redis had listed lately, this one among them. There is no value without a connection.',
    samples: ({ members }) => (members === undefined ? [] : [{ value: members }]),
  },
  {
    name: 'propagation',
    kind: 'gauge',
    unit: 's',
    help: 'How long messages of this instance took in the last minute until it heard them; quantile 1 is the longest.',
    label: 'quantile',
    samples: ({ bridge: { propagation } }) =>
      [
        { label: '0.5', time: propagation.p50 },
        { label: '0.99', time: propagation.p99 },
        { label: '1', time: propagation.max },
      ].flatMap(({ label, time }) => (time === null ? [] : [{ label, value: time / MS_PER_SECOND }])),
  },
];

function count<F>(
  name: string,
  unit: string,
  help: string,
  value: (figures: F) => number,
): Metric & { samples(this: void, figures: F): readonly Sample[] } {
  return { name, kind: 'counter', unit, help, samples: (figures) => [{ value: value(figures) }] };
}

function gauge<F>(
  name: string,
  unit: string,
  help: string,
  value: (figures: F) => number,
): Metric & { samples(this: void, figures: F): readonly Sample[] } {
  return { name, kind: 'gauge', unit, help, samples: (figures) => [{ value: value(figures) }] };
}
