import { channel } from 'node:diagnostics_channel';
import { tracingOf, type CacheTrace } from '../../common/tracing-channels.js';
import type { Invalidation } from '../../protocol/invalidation.js';

/** A sync: `nestjs-distributed-cache:sync`. @publicApi */
export interface SyncTrace extends CacheTrace {
  /** How many entries of the log the channel should have brought before; set at the end. */
  missed?: number | undefined;
}

/** Another instance has evicted something, and this one has applied it: the channel `nestjs-distributed-cache:invalidation`. @publicApi */
export interface InvalidationTrace extends Omit<CacheTrace, 'error'> {
  /** The `instanceId` of the other instance; `''`: a third party. */
  readonly from: string;
  readonly invalidation: Invalidation;
  /** The trace context of the eviction, with `tracePropagation: true` in the other instance. */
  readonly traceparent: string | undefined;
}

/** @internal */
export const syncTracing = tracingOf<SyncTrace>('sync');

/** @internal */
export const invalidationChannel = channel('nestjs-distributed-cache:invalidation');
